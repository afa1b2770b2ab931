package notice

import (
	"net/url"
	"strings"
)

// The part of OpenVEX 0.2.0 that a notice fills.
type (
	vexDocument struct {
		Context    string         `json:"@context"`
		ID         string         `json:"@id"`
		Author     string         `json:"author"`
		Timestamp  string         `json:"timestamp"`
		Version    int            `json:"version"`
		Statements []vexStatement `json:"statements"`
	}
	vexStatement struct {
		Vulnerability vexVulnerability `json:"vulnerability"`
		Products      []vexProduct     `json:"products"`
		Status        string           `json:"status"`
		Action        string           `json:"action_statement,omitempty"`
	}
	vexVulnerability struct {
		ID          string   `json:"@id"`
		Name        string   `json:"name"`
		Description string   `json:"description"`
		Aliases     []string `json:"aliases,omitempty"`
	}
	vexProduct struct {
		ID          string         `json:"@id"`
		Identifiers vexIdentifiers `json:"identifiers"`
	}
	vexIdentifiers struct {
		PURL string `json:"purl"`
	}
)

// ErrNoRelease says that a format speaks of releases alone, and that the notice tells of none yet.
var ErrNoRelease error = &Error{"products", "no branch has a tag, and OpenVEX speaks of releases alone"}

// openVEX writes which releases are affected and which are fixed.
func openVEX(r *Record, look Look) ([]byte, error) {
	document := vexDocument{
		Context: "https://openvex.dev/ns/v0.2.0", ID: look.page(r, ".openvex.json"), Author: look.Project,
		Timestamp: r.updated().instant(), Version: r.Version(),
	}
	about := vexVulnerability{ID: look.page(r, ".html"), Name: look.Name(r), Description: r.summary()}
	if cve := r.CVE(); cve != "" {
		about.Name, about.Aliases = cve, []string{look.Name(r)}
	}
	for _, p := range r.Products {
		if affected := p.releases(p.tags(vulnerable)); len(affected) > 0 {
			document.Statements = append(document.Statements, vexStatement{about, affected, "affected", r.advice(p)})
		}
		if mended := p.releases(p.tags(fixed)); len(mended) > 0 {
			document.Statements = append(document.Statements, vexStatement{about, mended, "fixed", ""})
		}
	}
	if len(document.Statements) == 0 {
		return nil, ErrNoRelease
	}
	return inJSON("openvex", document)
}

// releases names tags by package URLs.
func (p *Product) releases(tags []string) []vexProduct {
	var list []vexProduct
	for _, tag := range tags {
		purl := p.purl(tag)
		list = append(list, vexProduct{purl, vexIdentifiers{purl}})
	}
	return list
}

// purl is the package URL of a release.
func (p *Product) purl(tag string) string {
	escape := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "pkg:generic/" + escape(p.Name) + "@" + escape(tag)
}

// advice is what to do about a product.
func (r *Record) advice(p Product) string {
	var parts []string
	if tags := p.tags(fixed); len(tags) > 0 {
		parts = append(parts, "Update to a release with the fix: "+strings.Join(tags, ", ")+".")
	}
	if around := words(r.Workaround); around != "" {
		parts = append(parts, around)
	}
	if len(parts) == 0 {
		return "There is no release with the fix yet."
	}
	return strings.Join(parts, " ")
}
