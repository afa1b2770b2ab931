package config

import (
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/cve"
	"github.com/liftgate/liftgate/policy"
)

// Where a project has its CVE numbers from.
const (
	fromForge = policy.CVEFromForge
	fromCNA   = policy.CVEFromCNA
	typed     = policy.CVETyped
)

// CNA is the team's own CVE numbering authority, with an account at CVE Services.
type CNA struct {
	URL     string `yaml:"url" jsonschema:"default=https://cveawg.mitre.org/api" jsonschema_description:"Base URL of the CVE Services API."`
	Org     string `yaml:"org" jsonschema_description:"Short name of the organization."`
	OrgID   string `yaml:"org_id" jsonschema_description:"UUID of the organization, which its records name."`
	User    string `yaml:"user" jsonschema_description:"User who asks for numbers. An account that nobody else uses: what it has reserved is Liftgate's."`
	KeyFile string `yaml:"key_file" jsonschema_description:"File that holds the user's API key. It is read at each use."`
}

var (
	uuid = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-4[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}$`) // as the CVE record format has it
	// plainName is what can stand in a header, and is no path of its own. There are CNAs with a space in their short name.
	plainName = regexp.MustCompile(`^[A-Za-z0-9@_+-][A-Za-z0-9@_.+&'() -]*[A-Za-z0-9@_.+)-]$`)
)

// On reports whether there is one.
func (c CNA) On() bool { return c.KeyFile != "" }

// Key reads the API key as it is now: a key is replaced while the server runs.
func (c CNA) Key() ([]byte, error) { return readToken("key for CVE Services", c.KeyFile) }

// Open leads to CVE Services, as the CNA where there is one. It asks nobody.
func (c CNA) Open(o cve.Options) (*cve.Services, error) {
	o.URL = c.URL
	if c.On() {
		o.CNA = cve.CNA{Org: c.Org, User: c.User, ID: c.OrgID, Key: c.Key}
	}
	return cve.New(o)
}

func (c CNA) validate(d *document) {
	validateBase(d, "cna.url", c.URL, "https://cveawg.mitre.org/api")
	if len(c.Org) < 2 || len(c.Org) > 32 || !plainName.MatchString(c.Org) {
		d.problem("cna.org", "want the short name of the organization at CVE Services, 2 to 32 characters")
	}
	if !uuid.MatchString(c.OrgID) {
		d.problem("cna.org_id", "want the UUID of the organization, such as 53f830b8-0a3f-465b-8143-3b8a9948e749")
	}
	if len(c.User) < 3 || len(c.User) > 128 || !plainName.MatchString(c.User) {
		d.problem("cna.user", "want the name of a user at CVE Services, such as liftgate@example.org")
	}
	if c.KeyFile == "" {
		d.problem("cna.key_file", "name the file with the user's API key")
	} else {
		validateFile(d, "cna.key_file", c.KeyFile)
	}
}

// usesCNA reports whether a project has its numbers from the CNA.
func (s Server) usesCNA() bool {
	return slices.ContainsFunc(s.Projects, func(p Pair) bool { return p.CVE == fromCNA })
}

func (p Pair) validateCVE(d *document, at string) {
	if sources := []string{fromForge, fromCNA, typed}; !slices.Contains(sources, p.CVE) {
		d.problem(at+".cve", "want one of %s", strings.Join(sources, ", "))
	}
	if p.CVE == fromCNA && !d.has("cna") {
		d.problem(at+".cve", "this server has no CNA; describe it in the section cna, or have the numbers from elsewhere")
	}
}
