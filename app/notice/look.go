package notice

import (
	"fmt"
	"net/url"
	"strings"
)

// Look says whose notices they are, and where the links go.
type Look struct {
	Project      string    `yaml:"project"`      // the name in titles
	Prefix       string    `yaml:"prefix"`       // before each number
	Repositories string    `yaml:"repositories"` // the URL that the names of repositories follow
	Links        Links     `yaml:"links"`        // what stands between a repository's URL and a name in it
	Site         string    `yaml:"site"`         // the URL where the notices are published
	Stylesheet   string    `yaml:"stylesheet"`   // its name below the site
	CNA          string    `yaml:"cna"`          // the UUID of the organization that submits CVE records, or ""
	Packages     []Package `yaml:"packages"`     // what registries have of the products
}

// Links are what a forge puts between a repository's URL and the name of a branch, of a tag, and of a change.
type Links struct {
	Branch string `yaml:"branch"`
	Tag    string `yaml:"tag"`
	Change string `yaml:"change"`
}

// Libvirt is the look of the founding project's notices.
func Libvirt() Look {
	return Look{
		Project: "Libvirt", Prefix: "LSN",
		Repositories: "https://gitlab.com/libvirt/", Links: Links{Branch: "/-/commits/", Tag: "/-/tags/", Change: "/-/commit/"},
		Site: "https://security.libvirt.org/", Stylesheet: "main.css",
	}
}

// Name is a notice's number with the prefix.
func (l Look) Name(r *Record) string { return l.Prefix + "-" + r.ID }

// title is what stands above a notice.
func (l Look) title(r *Record) string { return l.Project + " Security Notice: " + l.Name(r) }

// page is the address of a notice in one of its formats.
func (l Look) page(r *Record, ending string) string {
	return l.online(r.file() + ending)
}

// online is the address of a file of the site.
func (l Look) online(path string) string { return strings.TrimSuffix(l.Site, "/") + "/" + path }

// repository is the address of a product's repository on its forge.
func (l Look) repository(p Product) string {
	if strings.HasPrefix(p.Repository, "https://") {
		return strings.TrimSuffix(p.Repository, ".git")
	}
	return l.Repositories + strings.TrimSuffix(p.Repository, ".git")
}

// below is the address of something in a repository.
func (l Look) below(p Product, kind, name string) string {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return l.repository(p) + kind + strings.Join(parts, "/")
}

func (l Look) branch(p Product, name string) string { return l.below(p, l.Links.Branch, name) }
func (l Look) tag(p Product, name string) string    { return l.below(p, l.Links.Tag, name) }
func (l Look) change(p Product, sha string) string  { return l.below(p, l.Links.Change, sha) }

// Check says what is wrong with a look.
func (l Look) Check() error {
	c := &check{}
	c.line("project", l.Project, 80)
	if !prefixShape.MatchString(l.Prefix) {
		c.wrong("prefix", "want one to sixteen capital letters or digits")
	}
	c.base("repositories", l.Repositories)
	c.base("site", l.Site)
	if !strings.HasSuffix(l.Repositories, "/") {
		c.wrong("repositories", "end it with a slash")
	}
	for _, link := range []struct{ key, between string }{{"branch", l.Links.Branch}, {"tag", l.Links.Tag}, {"change", l.Links.Change}} {
		if !betweenShape.MatchString(link.between) {
			c.wrong("links."+link.key, "want a path that begins and ends with a slash, such as /commit/")
		}
	}
	if l.CNA != "" && !uuidShape.MatchString(l.CNA) {
		c.wrong("cna", "want the UUID of an organization, in small letters")
	}
	c.packages(l.Packages)
	if !sheetShape.MatchString(l.Stylesheet) {
		c.wrong("stylesheet", "want the name of a .css file in the site's own folder")
	}
	if err := c.err(); err != nil {
		return fmt.Errorf("check look: %w", err)
	}
	return nil
}
