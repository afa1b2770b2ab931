package config

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
)

// GitLab is where GitLab is, and what Liftgate is known by there.
type GitLab struct {
	API                 string   `yaml:"api" jsonschema:"default=https://gitlab.com/api/v4/" jsonschema_description:"Base URL of the REST API."`
	Git                 string   `yaml:"git" jsonschema_description:"Base URL of git over HTTP. Empty means where the API is: https://gitlab.com/ by default."`
	TokenFile           string   `yaml:"token_file" jsonschema_description:"File that holds the access token of a project, a group, a service account or a user. It is read at each use."`
	LiftTokenFile       string   `yaml:"lift_token_file" jsonschema_description:"File that holds a second token, which alone can push to the public repositories. Optional."`
	RotateTokens        bool     `yaml:"rotate_tokens" jsonschema:"default=false" jsonschema_description:"Have GitLab replace the tokens a week before they end, and write the new ones into their files. Needs the scope api or self_rotate, files and folders that the server can write, and SQLite."`
	WebhookTokenFiles   []string `yaml:"webhook_token_files" jsonschema_description:"Files that hold one secret token of a webhook each; two while one is being replaced."`
	WebhookSigningFiles []string `yaml:"webhook_signing_files" jsonschema_description:"Files that hold one signing token of a webhook (whsec_...) each, since GitLab 19.0. With any of them, every delivery has to be signed."`
}

// apiPath is what the API's base URL ends with. What is before it is GitLab itself.
const apiPath = "/api/v4"

// fill derives what is left out, so that the token of one's own GitLab never travels to gitlab.com.
func (g *GitLab) fill() {
	if base, found := strings.CutSuffix(strings.TrimRight(g.API, "/"), apiPath); found && g.Git == "" {
		g.Git = base + "/"
	}
}

func (g GitLab) validate(d *document) {
	validateBase(d, "gitlab.api", g.API, "https://gitlab.com/api/v4/")
	switch {
	case !strings.HasSuffix(strings.TrimRight(g.API, "/"), apiPath):
		d.problem("gitlab.api", "want the base URL of version 4 of the API, such as https://gitlab.com/api/v4/")
	case d.has("gitlab.git"): // else it follows from the other
		validateBase(d, "gitlab.git", g.Git, "https://gitlab.com/")
	}
	if g.TokenFile == "" {
		d.problem("gitlab.token_file", "name the file with the access token")
	} else {
		validateFile(d, "gitlab.token_file", g.TokenFile)
	}
	if g.LiftTokenFile != "" {
		validateFile(d, "gitlab.lift_token_file", g.LiftTokenFile)
		if g.LiftTokenFile == g.TokenFile {
			d.problem("gitlab.lift_token_file", "the lift's token must be another one than token_file's, or be left out")
		}
	}
	if len(g.WebhookTokenFiles)+len(g.WebhookSigningFiles) == 0 {
		d.problem("gitlab.webhook_token_files", "name at least one file with a webhook's secret, here or in webhook_signing_files")
	}
	validateFiles(d, "gitlab.webhook_token_files", g.WebhookTokenFiles)
	validateFiles(d, "gitlab.webhook_signing_files", g.WebhookSigningFiles)
}

// Token reads the access token as it is now: a token is replaced while the server runs.
func (g GitLab) Token() ([]byte, error) { return readToken("access token", g.TokenFile) }

// LiftToken reads the token that moves public branches, which is the access token if there is no other.
func (g GitLab) LiftToken() ([]byte, error) {
	if g.LiftTokenFile == "" {
		return g.Token()
	}
	return readToken("lift token", g.LiftTokenFile)
}

// WebhookTokens reads the secret tokens that webhooks bring along.
func (g GitLab) WebhookTokens() ([][]byte, error) {
	return readSecrets("webhook token", g.WebhookTokenFiles)
}

// WebhookSigningKeys reads the keys that webhooks are signed with.
func (g GitLab) WebhookSigningKeys() ([][]byte, error) {
	keys, err := readSecrets("webhook signing token", g.WebhookSigningFiles)
	if err != nil {
		return nil, err
	}
	for i, text := range keys {
		if keys[i] = signingKey(text); keys[i] == nil {
			return nil, fmt.Errorf("read webhook signing token: %s does not hold whsec_ and a key in base64", g.WebhookSigningFiles[i])
		}
	}
	return keys, nil
}

// signingKey is the key in a signing token as Standard Webhooks writes it, or nil. The bounds are those of that document.
func signingKey(token []byte) []byte {
	text, found := bytes.CutPrefix(token, []byte("whsec_"))
	key, err := base64.StdEncoding.DecodeString(string(text))
	if !found || err != nil || len(key) < 24 || len(key) > 64 {
		return nil
	}
	return key
}

// readToken reads a token, which ends in a header and in git's credentials.
func readToken(what, file string) ([]byte, error) {
	token, err := readSecret(what, file)
	if err != nil {
		return nil, err
	}
	for _, c := range token {
		if c <= ' ' || c >= 0x7f {
			return nil, fmt.Errorf("read %s: %s does not hold a token and nothing else", what, file)
		}
	}
	return token, nil
}

// secrets reads what GitLab needs, and lists the files.
func (g GitLab) secrets() (files []string, problems []error) {
	_, token := g.Token()
	problems, files = append(problems, token), append(files, g.TokenFile)
	if g.LiftTokenFile != "" {
		_, lift := g.LiftToken()
		problems, files = append(problems, lift), append(files, g.LiftTokenFile)
	}
	if g.RotateTokens {
		for _, file := range files {
			problems = append(problems, replaceable(file))
		}
	}
	_, tokens := g.WebhookTokens()
	_, keys := g.WebhookSigningKeys()
	problems, files = append(problems, tokens, keys), append(files, g.WebhookTokenFiles...)
	return append(files, g.WebhookSigningFiles...), problems
}
