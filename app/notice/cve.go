package notice

import (
	"slices"
	"strings"

	"github.com/pandatix/go-cvss/31"
	"github.com/pandatix/go-cvss/40"
)

// What the CVE Program's schema takes at most.
const (
	cveText       = 4096
	cveReferences = 512
)

// The part of the CNA container of CVE JSON 5.1 that a notice fills.
type (
	cveContainer struct {
		Provider     cveProvider    `json:"providerMetadata"`
		Title        string         `json:"title"`
		DatePublic   string         `json:"datePublic,omitempty"`
		Descriptions []cveWords     `json:"descriptions"`
		Workarounds  []cveWords     `json:"workarounds,omitempty"`
		Affected     []cveProduct   `json:"affected"`
		ProblemTypes []cveProblem   `json:"problemTypes,omitempty"`
		Metrics      []cveMetric    `json:"metrics,omitempty"`
		References   []cveReference `json:"references"`
		Credits      []cveCredit    `json:"credits,omitempty"`
	}
	cveProvider struct {
		Org string `json:"orgId"`
	}
	cveWords struct {
		Lang  string `json:"lang"`
		Value string `json:"value"`
	}
	cveProduct struct {
		Vendor   string       `json:"vendor"`
		Product  string       `json:"product"`
		Repo     string       `json:"repo"`
		Default  string       `json:"defaultStatus"`
		Versions []cveVersion `json:"versions,omitempty"`
	}
	cveVersion struct {
		Version  string `json:"version"`
		Status   string `json:"status"`
		Type     string `json:"versionType,omitempty"`
		LessThan string `json:"lessThan,omitempty"`
	}
	cveProblem struct {
		Descriptions []cveWeakness `json:"descriptions"`
	}
	cveWeakness struct {
		Lang        string `json:"lang"`
		Description string `json:"description"`
		CWE         string `json:"cweId"`
		Type        string `json:"type"`
	}
	cveMetric struct {
		V31 *cveScore `json:"cvssV3_1,omitempty"`
		V40 *cveScore `json:"cvssV4_0,omitempty"`
	}
	cveScore struct {
		Score    float64 `json:"baseScore"`
		Severity string  `json:"baseSeverity"`
		Vector   string  `json:"vectorString"`
		Version  string  `json:"version"`
	}
	cveReference struct {
		URL  string   `json:"url"`
		Tags []string `json:"tags,omitempty"`
	}
	cveCredit struct {
		Lang  string `json:"lang"`
		Value string `json:"value"`
		Type  string `json:"type"`
	}
)

// cve writes what a CNA submits for the notice's number.
func cve(r *Record, look Look) ([]byte, error) {
	if err := r.cveRefuses(look); err != nil {
		return nil, err
	}
	container := cveContainer{
		Provider: cveProvider{look.CNA}, Title: r.summary(), Descriptions: english(r.description() + "\n\n" + r.Impact),
		DatePublic: r.Lifecycle.Published.instant(), Metrics: r.Severity.metrics(),
	}
	if strings.TrimSpace(r.Workaround) != "" {
		container.Workarounds = english(r.Workaround)
	}
	for _, id := range unique(r.CWE) {
		container.ProblemTypes = append(container.ProblemTypes, cveProblem{[]cveWeakness{{"en", id, id, "CWE"}}})
	}
	for _, p := range r.Products {
		container.Affected = append(container.Affected, cveProduct{look.Project, p.Name, look.repository(p), "unknown", p.cveVersions()})
	}
	container.References = r.cveReferences(look)
	for _, who := range r.Credits {
		part := strings.ReplaceAll(strings.ToLower(roles[who.Role]), "_", " ")
		container.Credits = append(container.Credits, cveCredit{"en", or(who.Name, who.Email), part})
	}
	container.Credits = unique(container.Credits)
	return inJSON("cve", container)
}

// cveReferences are the notice, the files of the fix, the links and the changes of the fix, each address once. Where there are
// more than a record takes, the last changes are left out: the notice has them all.
func (r *Record) cveReferences(look Look) []cveReference {
	list := append([]cveReference{{look.page(r, ".html"), []string{"vendor-advisory"}}}, r.cveFiles(look)...)
	for _, link := range r.References.Links {
		list = append(list, cveReference{URL: link})
	}
	for _, p := range r.Products {
		for _, sha := range p.changes(fixed) {
			list = append(list, cveReference{look.change(p, sha), []string{"patch"}})
		}
	}
	list = uniqueBy(list, func(reference cveReference) string { return reference.URL })
	return list[:min(len(list), cveReferences)]
}

// cveRefuses is what a CVE record can't say.
func (r *Record) cveRefuses(look Look) error {
	switch {
	case look.CNA == "":
		return &Error{"cna", "the look does not say which CNA submits the record; add its organization's UUID"}
	case r.CVE() == "":
		return &Error{"references.advisories", "there is no CVE number yet"}
	case len(r.Products) == 0:
		return &Error{"products", "a CVE record names at least one"}
	case len(english(r.description() + "\n\n" + r.Impact)[0].Value) > cveText:
		return &Error{"description", "with the impact it is longer than the 4096 bytes of a CVE record"}
	case len(english(r.Workaround)[0].Value) > cveText:
		return &Error{"workaround", "it is longer than the 4096 bytes of a CVE record"}
	}
	return r.unfollowable()
}

// english is a text in paragraphs.
func english(text string) []cveWords {
	var parts []string
	for _, p := range paragraphs(text) {
		parts = append(parts, words(p))
	}
	return []cveWords{{"en", strings.Join(parts, "\n\n")}}
}

// cveVersions are the releases, and on each branch what lies between a change that brought the bug and each one of its fix:
// who lacks part of a fix lies below that part. Where nothing is fixed, all that follows a change is affected; where another
// branch is, no more can be said of one without a fix than which change brought the bug.
func (p *Product) cveVersions() []cveVersion {
	var list, unfixed []cveVersion
	for _, tag := range p.tags(vulnerable) {
		list = append(list, cveVersion{Version: tag, Status: "affected"})
	}
	for _, tag := range p.tags(fixed) {
		list = append(list, cveVersion{Version: tag, Status: "unaffected"})
	}
	upTo := "*"
	if len(p.tags(fixed))+len(p.changes(fixed)) > 0 {
		upTo = ""
	}
	known := len(p.changes(vulnerable)) > 0
	for _, b := range p.Branches {
		bugs := b.Vulnerable.Changes
		if !known {
			bugs = []string{sinceEver}
		}
		for _, bug := range bugs {
			for _, fix := range b.Fixed.Changes {
				list = append(list, cveVersion{bug, "affected", "git", fix})
			}
			if !b.fixed() {
				unfixed = append(unfixed, cveVersion{bug, "affected", "git", upTo})
			}
		}
	}
	told := map[string]bool{}
	for _, version := range list {
		told[version.Version] = true
	}
	unfixed = slices.DeleteFunc(unfixed, func(v cveVersion) bool { return told[v.Version] || v.Version == sinceEver && upTo == "" })
	return unique(append(list, unfixed...))
}

// metrics are the vectors with their scores.
func (s Severity) metrics() []cveMetric {
	var list []cveMetric
	if score := s.score31(); score != nil {
		list = append(list, cveMetric{V31: score})
	}
	if v, err := gocvss40.ParseVector(s.CVSS40); err == nil { // Check has parsed it: else there is none
		score := v.Score()
		word, _ := gocvss40.Rating(score) // fails only outside of 0 to 10
		list = append(list, cveMetric{V40: &cveScore{score, word, s.CVSS40, "4.0"}})
	}
	return list
}

// score31 is the vector of CVSS 3.1 with its score, if there is one.
func (s Severity) score31() *cveScore {
	v, err := gocvss31.ParseVector(s.CVSS31)
	if err != nil { // Check has parsed it: there is none
		return nil
	}
	score := v.BaseScore()
	word, _ := gocvss31.Rating(score) // fails only outside of 0 to 10
	return &cveScore{score, word, s.CVSS31, "3.1"}
}
