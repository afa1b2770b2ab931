package notice

import (
	"slices"
	"strings"
)

// The part of OSV's schema 1.7 that a notice fills.
type (
	osvRecord struct {
		SchemaVersion string         `json:"schema_version"`
		ID            string         `json:"id"`
		Modified      string         `json:"modified"`
		Published     string         `json:"published,omitempty"`
		Aliases       []string       `json:"aliases,omitempty"`
		Related       []string       `json:"related,omitempty"`
		Summary       string         `json:"summary"`
		Details       string         `json:"details"`
		Severity      []osvSeverity  `json:"severity,omitempty"`
		Affected      []osvAffected  `json:"affected,omitempty"`
		References    []osvReference `json:"references"`
		Credits       []osvCredit    `json:"credits,omitempty"`
		Own           *osvOwn        `json:"database_specific,omitempty"`
	}
	osvOwn struct {
		ByHand string `json:"versions_by_hand"`
	}
	osvSeverity struct {
		Type  string `json:"type"`
		Score string `json:"score"`
	}
	osvAffected struct {
		Package  *osvPackage `json:"package,omitempty"`
		Ranges   []osvRange  `json:"ranges,omitempty"`
		Versions []string    `json:"versions,omitempty"`
	}
	osvPackage struct {
		Ecosystem string `json:"ecosystem"`
		Name      string `json:"name"`
	}
	osvRange struct {
		Type   string     `json:"type"`
		Repo   string     `json:"repo,omitempty"`
		Events []osvEvent `json:"events"`
	}
	osvEvent struct {
		Introduced string `json:"introduced,omitempty"`
		Fixed      string `json:"fixed,omitempty"`
	}
	osvReference struct {
		Type string `json:"type"`
		URL  string `json:"url"`
	}
	osvCredit struct {
		Name    string   `json:"name"`
		Contact []string `json:"contact,omitempty"`
		Type    string   `json:"type"`
	}
)

// osv writes the record that OSV's database imports.
func osv(r *Record, look Look) ([]byte, error) {
	if err := r.unfollowable(); err != nil {
		return nil, err
	}
	record := osvRecord{
		SchemaVersion: "1.7.0", ID: look.osvName(r), Modified: r.updated().instant(), Published: r.Lifecycle.Published.instant(),
		Summary: r.summary(), Details: r.details(),
		References: []osvReference{{"ADVISORY", look.page(r, ".html")}},
	}
	record.Aliases, record.Related = r.aliases()
	for _, s := range []osvSeverity{{"CVSS_V3", r.Severity.CVSS31}, {"CVSS_V4", r.Severity.CVSS40}} {
		if s.Score != "" {
			record.Severity = append(record.Severity, s)
		}
	}
	for _, link := range r.References.Links {
		record.References = append(record.References, osvReference{"WEB", link})
	}
	for _, p := range r.Products {
		record.Affected = append(record.Affected, osvAffected{Ranges: p.ranges(look), Versions: p.tags(vulnerable)})
		record.Affected = append(record.Affected, look.packages(p)...)
		for _, sha := range p.changes(fixed) {
			record.References = append(record.References, osvReference{"FIX", look.change(p, sha)})
		}
	}
	record.References = append(record.References, r.osvFiles(look)...)
	for _, who := range r.Credits {
		credit := osvCredit{Name: or(who.Name, who.Email), Type: roles[who.Role]}
		if mailShape.MatchString(who.Email) {
			credit.Contact = []string{who.mailto()}
		}
		record.Credits = append(record.Credits, credit)
	}
	if r.ByHand != "" {
		record.Own = &osvOwn{words(r.ByHand)}
	}
	return inJSON("osv", record)
}

// aliases are the notice's own CVE number and the project's advisory at its forge; what else it names is related.
func (r *Record) aliases() (aliases, related []string) {
	for _, a := range r.References.Advisories {
		if number := a.String(); number == r.CVE() || a.Type == "GHSA" {
			aliases = append(aliases, number)
		} else {
			related = append(related, number)
		}
	}
	return unique(aliases), unique(related)
}

// osvName is the notice's name as OSV takes it: libvirt's prefix is registered there, those of others have to say that they
// are not.
func (l Look) osvName(r *Record) string {
	if l.Prefix == Libvirt().Prefix {
		return l.Name(r)
	}
	return "x_" + l.Name(r)
}

// details are the long texts in Markdown.
func (r *Record) details() string {
	var b strings.Builder
	for _, s := range r.sections() {
		markdownSection(&b, "## "+s.title, s.text)
	}
	return strings.TrimSpace(b.String())
}

// ranges tell from the record which commits are affected. A reader calls a commit fixed if it has one fixed event of a range,
// and affected if any range says so. So the n-th range has the n-th change of the fix on each branch: who lacks part of a fix
// is affected by one of them, in whatever order the changes are listed.
func (p *Product) ranges(look Look) []osvRange {
	var events []osvEvent
	for _, sha := range p.changes(vulnerable) {
		events = append(events, osvEvent{Introduced: sha})
	}
	if len(events) == 0 {
		events = []osvEvent{{Introduced: sinceEver}}
	}
	parts := 1
	for _, b := range p.Branches {
		parts = max(parts, len(b.Fixed.Changes))
	}
	list := make([]osvRange, parts)
	for i := range list {
		list[i] = osvRange{"GIT", look.repository(*p), slices.Clone(events)}
		for _, b := range p.Branches {
			if n := len(b.Fixed.Changes); n > 0 {
				list[i].Events = append(list[i].Events, osvEvent{Fixed: b.Fixed.Changes[min(i, n-1)]})
			}
		}
		list[i].Events = unique(list[i].Events)
	}
	return list
}

// sinceEver is the change that brought a bug where nobody knows of any.
const sinceEver = "0"

func vulnerable(b Branch) Marks { return b.Vulnerable }
func fixed(b Branch) Marks      { return b.Fixed }

// tags are those of all branches, each once.
func (p *Product) tags(state func(Branch) Marks) []string {
	return p.each(func(b Branch) []string { return state(b).Tags })
}

// changes are those of all branches, each once.
func (p *Product) changes(state func(Branch) Marks) []string {
	return p.each(func(b Branch) []string { return state(b).Changes })
}

func (p *Product) each(of func(Branch) []string) []string {
	var list []string
	for _, b := range p.Branches {
		list = append(list, of(b)...)
	}
	return unique(list)
}

// unique leaves out what was there before.
func unique[T comparable](list []T) []T { return uniqueBy(list, func(item T) T { return item }) }

func uniqueBy[T any, K comparable](list []T, key func(T) K) []T {
	seen := map[K]bool{}
	return slices.DeleteFunc(slices.Clone(list), func(item T) bool {
		again := seen[key(item)]
		seen[key(item)] = true
		return again
	})
}

func set(list []string) map[string]bool {
	all := map[string]bool{}
	for _, item := range list {
		all[item] = true
	}
	return all
}

func or(words, otherwise string) string {
	if words == "" {
		return otherwise
	}
	return words
}
