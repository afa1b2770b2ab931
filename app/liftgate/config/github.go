package config

// App is a GitHub App and the file of its private key.
type App struct {
	AppID          int64  `yaml:"app_id" jsonschema:"minimum=1" jsonschema_description:"Number of the GitHub App."`
	PrivateKeyFile string `yaml:"private_key_file" jsonschema_description:"File of the App's private key (PEM)."`
}

// GitHub is the App that does the work, and where GitHub is.
type GitHub struct {
	App
	WebhookSecretFiles []string `yaml:"webhook_secret_files" jsonschema_description:"Files that hold one webhook secret each; two while one is being replaced."`
	API                string   `yaml:"api" jsonschema:"default=https://api.github.com/" jsonschema_description:"Base URL of the REST API."`
	Git                string   `yaml:"git" jsonschema:"default=https://github.com/" jsonschema_description:"Base URL of git over HTTP."`
}

func (s Server) validateGitHub(d *document) {
	s.GitHub.App.validate(d, "github")
	validateFiles(d, "github.webhook_secret_files", s.GitHub.WebhookSecretFiles)
	if len(s.GitHub.WebhookSecretFiles) == 0 {
		d.problem("github.webhook_secret_files", "name at least one file with a webhook secret")
	}
	validateBase(d, "github.api", s.GitHub.API, "https://api.github.com/")
	validateBase(d, "github.git", s.GitHub.Git, "https://github.com/")
	if s.Lifter != nil {
		s.Lifter.validate(d, "lifter")
		if s.Lifter.AppID == s.GitHub.AppID && s.Lifter.AppID != 0 {
			d.problem("lifter.app_id", "the lifter must be another App than github's, or be left out")
		}
	}
}

func (a App) validate(d *document, path string) {
	if a.AppID <= 0 {
		d.problem(path+".app_id", "give the number of the GitHub App")
	}
	if a.PrivateKeyFile == "" {
		d.problem(path+".private_key_file", "name the file with the App's private key")
	}
}

// WebhookSecrets reads the secrets that GitHub signs webhooks with.
func (g GitHub) WebhookSecrets() ([][]byte, error) {
	return readSecrets("webhook secret", g.WebhookSecretFiles)
}

// PrivateKey reads the App's private key, in PEM.
func (a App) PrivateKey() ([]byte, error) { return readSecret("private key", a.PrivateKeyFile) }

// githubSecrets reads what GitHub needs, and lists the files.
func (s Server) githubSecrets() (files []string, problems []error) {
	_, err := s.GitHub.WebhookSecrets()
	problems = append(problems, err)
	_, err = s.GitHub.PrivateKey()
	problems = append(problems, err)
	files = append([]string{s.GitHub.PrivateKeyFile}, s.GitHub.WebhookSecretFiles...)
	if s.Lifter != nil {
		_, err = s.Lifter.PrivateKey()
		problems, files = append(problems, err), append(files, s.Lifter.PrivateKeyFile)
	}
	return files, problems
}
