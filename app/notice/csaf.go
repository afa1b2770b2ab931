package notice

import (
	"strconv"
	"strings"
)

// The part of CSAF 2.0 that a notice fills, in the order of the alphabet, which the standard prefers.
type (
	csafAdvisory struct {
		Document        csafDocument        `json:"document"`
		Tree            csafTree            `json:"product_tree"`
		Vulnerabilities []csafVulnerability `json:"vulnerabilities"`
	}
	csafDocument struct {
		Category     string           `json:"category"`
		Version      string           `json:"csaf_version"`
		Distribution csafDistribution `json:"distribution"`
		Lang         string           `json:"lang"`
		Publisher    csafPublisher    `json:"publisher"`
		References   []csafReference  `json:"references"`
		Title        string           `json:"title"`
		Tracking     csafTracking     `json:"tracking"`
	}
	csafDistribution struct {
		TLP csafTLP `json:"tlp"`
	}
	csafTLP struct {
		Label string `json:"label"`
		URL   string `json:"url"`
	}
	csafPublisher struct {
		Category  string `json:"category"`
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	}
	csafReference struct {
		Category string `json:"category"`
		Summary  string `json:"summary"`
		URL      string `json:"url"`
	}
	csafTracking struct {
		Current string         `json:"current_release_date"`
		ID      string         `json:"id"`
		Initial string         `json:"initial_release_date"`
		History []csafRevision `json:"revision_history"`
		Status  string         `json:"status"`
		Version string         `json:"version"`
	}
	csafRevision struct {
		Date    string `json:"date"`
		Number  string `json:"number"`
		Summary string `json:"summary"`
	}
	csafVulnerability struct {
		Thanks       []csafThanks      `json:"acknowledgments,omitempty"`
		CVE          string            `json:"cve,omitempty"`
		CWE          *csafWeakness     `json:"cwe,omitempty"`
		Discovered   string            `json:"discovery_date,omitempty"`
		IDs          []csafID          `json:"ids,omitempty"`
		Notes        []csafNote        `json:"notes"`
		Status       csafStatus        `json:"product_status"`
		References   []csafReference   `json:"references,omitempty"`
		Released     string            `json:"release_date,omitempty"`
		Remediations []csafRemediation `json:"remediations,omitempty"`
		Scores       []csafScore       `json:"scores,omitempty"`
		Threats      []csafThreat      `json:"threats,omitempty"`
		Title        string            `json:"title"`
	}
	csafWeakness struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	csafID struct {
		System string `json:"system_name"`
		Text   string `json:"text"`
	}
	csafNote struct {
		Category string `json:"category"`
		Text     string `json:"text"`
		Title    string `json:"title"`
	}
	csafThreat struct {
		Category string `json:"category"`
		Details  string `json:"details"`
	}
	csafScore struct {
		V3       cveScore `json:"cvss_v3"`
		Products []string `json:"products"`
	}
	csafThanks struct {
		Names   []string `json:"names"`
		Summary string   `json:"summary"`
	}
)

// csaf writes a security advisory for CSAF's readers.
func csaf(r *Record, look Look) ([]byte, error) {
	if err := r.csafRefuses(); err != nil {
		return nil, err
	}
	tree := r.csafProducts()
	about := csafVulnerability{
		Title: r.summary(), CVE: r.CVE(), CWE: r.csafWeakness(), IDs: r.csafIDs(),
		Discovered: r.Lifecycle.Reported.instant(), Released: r.Lifecycle.Published.instant(),
		Notes: r.csafNotes(), Scores: r.Severity.csafScores(tree.status.Affected),
		Status: tree.status, Remediations: tree.remedies, References: r.csafReferences(look),
	}
	if strings.TrimSpace(r.Impact) != "" {
		about.Threats = []csafThreat{{"impact", english(r.Impact)[0].Value}}
	}
	for _, who := range r.Credits {
		about.Thanks = append(about.Thanks, csafThanks{[]string{or(who.Name, who.Email)}, who.part()})
	}
	return inJSON("csaf", csafAdvisory{
		Document: csafDocument{
			Category: "csaf_security_advisory", Version: "2.0", Distribution: csafDistribution{csafTLP{"WHITE", "https://www.first.org/tlp/"}},
			Lang: "en", Publisher: look.csafPublisher(), Title: r.summary(), Tracking: r.csafTracking(look),
			References: []csafReference{{"self", "This advisory in CSAF", look.csafURL(r)}, {"external", "This advisory as a page", look.page(r, ".html")}},
		},
		Tree: csafTree{[]csafBranch{{Category: "vendor", Name: look.Project, Branches: tree.branches}}}, Vulnerabilities: []csafVulnerability{about},
	})
}

func (l Look) csafPublisher() csafPublisher { return csafPublisher{"vendor", l.Project, l.Site} }

// csafTracking has a version for the day when the notice came out, and one for the fix if that came later.
func (r *Record) csafTracking(look Look) csafTracking {
	var history []csafRevision
	for i, revision := range r.history() {
		history = append(history, csafRevision{revision.Day.instant(), strconv.Itoa(i + 1), revision.Reason})
	}
	last := history[len(history)-1]
	return csafTracking{
		ID: look.Name(r), Initial: history[0].Date, Current: last.Date, History: history, Status: "final", Version: last.Number,
	}
}

// csafWeakness is the first one that has a name here: CSAF takes one, and no number without its name.
func (r *Record) csafWeakness() *csafWeakness {
	for _, id := range r.CWE {
		if name, known := weaknesses[id]; known {
			return &csafWeakness{id, name}
		}
	}
	return nil
}

// csafIDs are the numbers elsewhere, but for those of CVE.
func (r *Record) csafIDs() []csafID {
	var list []csafID
	for _, a := range r.References.Advisories {
		if a.Type != "CVE" {
			list = append(list, csafID{a.Type, a.String()})
		}
	}
	for _, b := range r.References.Bugs {
		list = append(list, csafID{b.Tracker, b.ID})
	}
	return unique(list)
}

// csafNotes are the description, and what CSAF 2.0 has no field for.
func (r *Record) csafNotes() []csafNote {
	notes := []csafNote{{"description", english(r.Description)[0].Value, "Description"}}
	if r.ByHand != "" {
		notes = append(notes, csafNote{"other", r.byHand(), "Versions"})
	}
	if len(r.CWE) > 1 || len(r.CWE) == 1 && r.csafWeakness() == nil {
		notes = append(notes, csafNote{"other", strings.Join(r.CWE, ", "), "Weaknesses"})
	}
	if r.Severity.CVSS40 != "" {
		notes = append(notes, csafNote{"other", r.Severity.CVSS40, "CVSS 4.0"})
	}
	for _, a := range r.References.Advisories {
		if a.Type == "CVE" && a.String() != r.CVE() {
			notes = append(notes, csafNote{"other", a.String(), "See also"})
		}
	}
	return notes
}

// csafScores rate the products that are affected.
func (s Severity) csafScores(affected []string) []csafScore {
	score := s.score31()
	if score == nil || len(affected) == 0 {
		return nil
	}
	return []csafScore{{*score, affected}}
}

// csafReferences are the links, and the changes that are the fix.
func (r *Record) csafReferences(look Look) []csafReference {
	var list []csafReference
	for i, link := range r.References.Links {
		list = append(list, csafReference{"external", "Reference " + strconv.Itoa(i+1), link})
	}
	for _, p := range r.Products {
		for _, sha := range p.changes(fixed) {
			list = append(list, csafReference{"external", "A change of the fix of " + p.Name, look.change(p, sha)})
		}
	}
	return append(list, r.csafFiles(look)...)
}
