package config

import (
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/policy"
)

// Server is the operator's document. Its paths are as written until [LoadServer] makes them relative to the document.
type Server struct {
	Listen       string    `yaml:"listen" jsonschema:"default=127.0.0.1:8080" jsonschema_description:"Address and port of the web server."`
	Data         string    `yaml:"data" jsonschema:"default=./data" jsonschema_description:"Folder of the git stores, the default database and the keys."`
	Database     string    `yaml:"database" jsonschema_description:"Empty for SQLite in the data folder, sqlite:PATH, or a postgres:// URL without a password."`
	DatabaseFile string    `yaml:"database_file" jsonschema_description:"File that holds the postgres:// URL, password included."`
	Keys         Keys      `yaml:"keys" jsonschema_description:"Keys that encrypt embargoed text at rest. Created at the first start."`
	Log          Log       `yaml:"log"`
	GitHub       GitHub    `yaml:"github" jsonschema_description:"The GitHub App. Needed if a project is on GitHub."`
	Lifter       *App      `yaml:"lifter" jsonschema_description:"Optional second GitHub App, which alone can push to the public repositories."`
	GitLab       GitLab    `yaml:"gitlab" jsonschema_description:"Where GitLab is, and the tokens. Needed if a project is on GitLab."`
	CNA          CNA       `yaml:"cna" jsonschema_description:"The team's own CVE numbering authority. Needed if a project has its CVE numbers from it."`
	Committer    Committer `yaml:"committer" jsonschema_description:"Who the public commits name as their committer. Authors stay who they are."`
	Mail         Mail      `yaml:"mail" jsonschema_description:"The mail server that announcements leave by. Without one no mail is sent."`
	Projects     []Pair    `yaml:"projects" jsonschema_description:"Public repositories, each with its private mirror."`
}

// Keys are the files of the keyset and of the age identity that unwraps it. Empty means in the data folder.
type Keys struct {
	Keyset   string `yaml:"keyset" jsonschema:"default=data/keyset.age" jsonschema_description:"File of the wrapped keyset."`
	Identity string `yaml:"identity" jsonschema:"default=data/identity.txt" jsonschema_description:"File of the age identity that unwraps the keyset."`
}

// Log is how the server logs to standard error.
type Log struct {
	Format LogFormat `yaml:"format" jsonschema:"enum=text,enum=json,default=text"`
	Level  LogLevel  `yaml:"level" jsonschema:"enum=debug,enum=info,enum=warn,enum=error,default=info"`
}

// Pair is a public repository with its private mirror.
type Pair struct {
	Name   string `yaml:"name" jsonschema:"required" jsonschema_description:"Short name, unique on this server."`
	Prefix string `yaml:"prefix" jsonschema:"default=LSN" jsonschema_description:"Prefix of advisory ids: LSN gives LSN-2026-0007."`
	Forge  string `yaml:"forge" jsonschema:"enum=github,enum=gitlab,default=github" jsonschema_description:"Which forge the repositories are on."`
	Public string `yaml:"public" jsonschema:"required" jsonschema_description:"owner/name of the public repository; group/name, with any subgroups between them, on GitLab."`
	Mirror string `yaml:"mirror" jsonschema:"required" jsonschema_description:"owner/name of the private mirror, likewise."`
	// Notices is where the published record goes.
	Notices string `yaml:"notices" jsonschema_description:"owner/name of the public repository that holds the published notices. Empty means that none are published."`
	CVE     string `yaml:"cve" jsonschema:"enum=forge,enum=cna,enum=typed,default=forge" jsonschema_description:"Where CVE numbers come from. forge: asked for at the forge, as far as it gives them; cna: reserved by the server's own CNA; typed: people write them at the desk."`
	// RulesFile keeps the project's document on the server, where the repository is not to hold it: people and branches
	// are nobody's business then.
	RulesFile string `yaml:"rules_file" jsonschema_description:"File on the server that takes the place of .github/liftgate.yml (.gitlab/liftgate.yml) in the public repository."`
	// ReportLabel is for projects whose confidential issues are not all reports.
	ReportLabel string `yaml:"report_label" jsonschema_description:"On GitLab: only confidential issues with this label are reports. Empty means all of them."`
}

// DefaultServer is the server of an empty document.
func DefaultServer() Server {
	return Server{
		Listen:    "127.0.0.1:8080",
		Data:      "./data",
		Log:       Log{Format: "text", Level: "info"},
		GitHub:    GitHub{API: "https://api.github.com/", Git: "https://github.com/"},
		GitLab:    GitLab{API: "https://gitlab.com/api/v4/"},
		CNA:       CNA{URL: "https://cveawg.mitre.org/api/"},
		Committer: Committer{Name: "Liftgate", Email: nowhere},
		Mail:      Mail{TLS: string(mail.StartTLS)},
	}
}

// ParseServer reads a server's document and judges it by itself: it opens no file that the document names. The name is
// for error messages.
func ParseServer(name string, src []byte) (Server, error) {
	d, err := parse(name, src)
	if err != nil {
		return Server{}, err
	}
	s := DefaultServer()
	if err := d.decode(&s); err != nil {
		return Server{}, err
	}
	for i := range s.Projects {
		s.Projects[i].fill()
	}
	s.GitLab.fill()
	s.validate(d)
	if err := d.err(); err != nil {
		return Server{}, err
	}
	for _, base := range []*string{&s.GitHub.API, &s.GitHub.Git, &s.GitLab.API, &s.GitLab.Git, &s.CNA.URL} {
		*base = slashed(*base)
	}
	return s, nil
}

// On reports whether a project is on the forge.
func (s Server) On(forge string) bool {
	return slices.ContainsFunc(s.Projects, func(p Pair) bool { return p.Forge == forge })
}

// PolicyProjects are the projects as package policy knows them.
func (s Server) PolicyProjects() []policy.Project {
	projects := make([]policy.Project, len(s.Projects))
	for i, p := range s.Projects {
		projects[i] = policy.Project{Name: p.Name, Prefix: p.Prefix, Forge: p.Forge, Public: p.Public, Mirror: p.Mirror, Notices: p.Notices, CVE: p.CVE}
	}
	return projects
}

// fill gives a project what it leaves out. Lists have no defaults to decode over.
func (p *Pair) fill() {
	if p.Prefix == "" {
		p.Prefix = "LSN"
	}
	if p.Forge == "" {
		p.Forge = "github"
	}
	if p.CVE == "" {
		p.CVE = fromForge
	}
}

func (s Server) validate(d *document) {
	if host, port, err := net.SplitHostPort(s.Listen); err != nil || !validPort(port) || strings.ContainsAny(host, " /") {
		d.problem("listen", "want an address and a port, such as 127.0.0.1:8080")
	}
	if s.Data == "" {
		d.problem("data", "name a folder")
	}
	s.validateDatabase(d)
	if s.On("github") || d.has("github") || s.Lifter != nil {
		s.validateGitHub(d)
	}
	if s.On("gitlab") || d.has("gitlab") {
		s.GitLab.validate(d)
		s.validateRotation(d)
	}
	if d.has("cna") {
		s.CNA.validate(d)
	}
	s.Committer.validate(d)
	if d.has("mail") {
		s.Mail.validate(d)
	}
	s.validateProjects(d)
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n <= 65535
}

func (s Server) validateDatabase(d *document) {
	kind, rest, _ := strings.Cut(s.Database, ":")
	switch {
	case s.Database != "" && s.DatabaseFile != "":
		d.problem("database_file", "give either database or database_file")
	case s.Database == "":
	case kind == "sqlite" && rest != "":
	case kind == "postgres" || kind == "postgresql":
		u, err := url.Parse(s.Database)
		switch {
		case err != nil || !strings.HasPrefix(rest, "//"): // the parser's error would repeat the URL
			d.problem("database", "this is no URL; want postgres://user@host/name")
		case hasPassword(u):
			d.problem("database", "a password does not belong here; put the whole URL into a file that only the server can read, and name it in database_file")
		}
	default:
		d.problem("database", "want nothing (SQLite in the data folder), sqlite:PATH or postgres://user@host/name")
	}
}

func (s Server) onPostgres() bool {
	kind, _, _ := strings.Cut(s.Database, ":")
	return kind == "postgres" || kind == "postgresql"
}

func hasPassword(u *url.URL) bool {
	_, inline := u.User.Password()
	return inline || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// validateFiles refuses a list of files that names none of them, or holds secrets where their files are meant: the text of
// the document, and the error about a file that is not there, would show them.
func validateFiles(d *document, path string, files []string) {
	for i, file := range files {
		validateFile(d, path+"["+strconv.Itoa(i)+"]", file)
	}
}

func validateFile(d *document, path, file string) {
	switch {
	case file == "":
		d.problem(path, "name a file")
	case knownSecret.MatchString(file):
		d.problem(path, "this is the secret itself; put it into a file that only the server can read, and name that")
	}
}

// validateBase refuses a base URL. Tokens travel to it, so it is encrypted unless it stays on this machine.
func validateBase(d *document, path, base, example string) {
	u, err := url.Parse(base)
	switch {
	case err != nil || u.Host == "" || u.RawQuery != "" || u.Fragment != "":
		d.problem(path, "want a base URL, such as %s", example)
	case u.User != nil:
		d.problem(path, "a user or password does not belong into this URL")
	case u.Scheme != "https" && (u.Scheme != "http" || !isLoopback(u.Hostname())):
		d.problem(path, "want https (http only on this machine's loopback address)")
	}
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || (err == nil && address.IsLoopback())
}

func slashed(base string) string { return strings.TrimRight(base, "/") + "/" }

func (s Server) validateProjects(d *document) {
	if len(s.Projects) == 0 {
		d.problem("projects", "name at least one project")
	}
	taken := unique{}
	for i, p := range s.Projects {
		at := "projects[" + strconv.Itoa(i) + "]"
		if !projectName.MatchString(p.Name) {
			d.problem(at+".name", "want a short name of lower-case letters, digits and dashes")
		}
		if !idPrefix.MatchString(p.Prefix) {
			d.problem(at+".prefix", "want 2 to 12 capital letters or digits, a letter first")
		}
		taken.claim(d, at+".name", "name", p.Name)
		taken.claim(d, at+".prefix", "prefix", p.Prefix) // ids of two projects must not collide
		p.validatePlaces(d, at)
		p.validateCVE(d, at)
		taken.claim(d, at+".public", "repository", p.Forge+" "+p.Public)
		if strings.EqualFold(p.Public, p.Mirror) {
			d.problem(at+".mirror", "the mirror is the public repository itself, so that everything embargoed would be public")
			continue
		}
		taken.claim(d, at+".mirror", "repository", p.Forge+" "+p.Mirror)
		if p.Notices != "" {
			taken.claim(d, at+".notices", "repository", p.Forge+" "+p.Notices)
		}
	}
}

// validatePlaces refuses what can't be repositories of the forge.
// Git is where the project's repositories are read, and public ones by everybody.
func (s Server) Git(p Pair) string {
	if p.Forge == "gitlab" {
		return s.GitLab.Git
	}
	return s.GitHub.Git
}

func (p Pair) validatePlaces(d *document, at string) {
	valid, want := validRepo, "want owner/name of a repository"
	switch p.Forge {
	case "github":
		if p.ReportLabel != "" {
			d.problem(at+".report_label", "on GitHub a report is a private report, whatever its labels; leave this out")
		}
	case "gitlab":
		valid, want = validProjectPath, "want the path of a project, such as group/name or group/subgroup/name"
		if p.ReportLabel != "" && !validLabel(p.ReportLabel) {
			d.problem(at+".report_label", "want one label, without a comma")
		}
	default:
		d.problem(at+".forge", "want github or gitlab")
		return
	}
	for _, repo := range []struct{ path, name string }{{at + ".public", p.Public}, {at + ".mirror", p.Mirror}, {at + ".notices", p.Notices}} {
		if repo.name == "" && repo.path == at+".notices" {
			continue
		}
		if !valid(repo.name) {
			d.problem(repo.path, "%s", want)
		}
	}
}

// unique remembers what must be there once on a server, and where it was first.
type unique map[string]string

func (u unique) claim(d *document, path, kind, value string) {
	key := kind + " " + strings.ToLower(value) // forges fold the case of owners and names
	if first, found := u[key]; found {
		d.problem(path, "this %s is already that of %s", kind, first)
		return
	}
	u[key] = path
}

// relativeTo makes every path relative to the folder of the document, and fills in those that follow from the data folder.
func (s *Server) relativeTo(dir string) {
	resolve := func(path *string) {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(dir, *path)
		}
	}
	resolve(&s.Data)
	for _, path := range []*string{&s.DatabaseFile, &s.Keys.Keyset, &s.Keys.Identity, &s.Committer.KeyFile, &s.GitHub.PrivateKeyFile, &s.GitLab.TokenFile, &s.GitLab.LiftTokenFile, &s.CNA.KeyFile} {
		resolve(path)
	}
	for _, path := range s.Mail.files() {
		resolve(path)
	}
	for _, files := range [][]string{s.GitHub.WebhookSecretFiles, s.GitLab.WebhookTokenFiles, s.GitLab.WebhookSigningFiles} {
		for i := range files {
			resolve(&files[i])
		}
	}
	for i := range s.Projects {
		resolve(&s.Projects[i].RulesFile)
	}
	if s.Lifter != nil {
		resolve(&s.Lifter.PrivateKeyFile)
	}
	if file, found := strings.CutPrefix(s.Database, "sqlite:"); found {
		resolve(&file)
		s.Database = "sqlite:" + file
	}
	if s.Database == "" && s.DatabaseFile == "" {
		s.Database = "sqlite:" + filepath.Join(s.Data, "liftgate.db")
	}
	if s.Keys.Keyset == "" {
		s.Keys.Keyset = filepath.Join(s.Data, "keyset.age")
	}
	if s.Keys.Identity == "" {
		s.Keys.Identity = filepath.Join(s.Data, "identity.txt")
	}
}
