package notice

import (
	"net/url"
	"slices"
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
		Notes         string           `json:"status_notes,omitempty"`
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

// openVEX writes which releases are affected and which are fixed. It speaks of releases alone: without a tag there is nothing
// to say.
func openVEX(r *Record, look Look) ([]byte, error) {
	if r.Silent("openvex") {
		return nil, &Error{"products", "no branch has a tag, and OpenVEX speaks of releases alone"}
	}
	if err := r.contradiction(); err != nil {
		return nil, err
	}
	document := vexDocument{
		Context: "https://openvex.dev/ns/v0.2.0", ID: look.page(r, ".openvex.json"), Author: look.Project,
		Timestamp: r.updated().instant(), Version: r.Version(),
	}
	about := vexVulnerability{ID: look.page(r, ".html"), Name: look.Name(r), Description: r.summary()}
	if cve := r.CVE(); cve != "" {
		about.Name = cve
	}
	aliases, _ := r.aliases()
	about.Aliases = slices.DeleteFunc(append([]string{look.Name(r)}, aliases...), func(name string) bool { return name == about.Name })
	notes := ""
	if r.ByHand != "" {
		notes = r.byHand()
	}
	for _, p := range r.Products {
		if affected := p.releases(p.tags(vulnerable)); len(affected) > 0 {
			document.Statements = append(document.Statements, vexStatement{about, affected, "affected", notes, r.advice(p)})
		}
		if mended := p.releases(p.tags(fixed)); len(mended) > 0 {
			document.Statements = append(document.Statements, vexStatement{about, mended, "fixed", notes, ""})
		}
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
