package notice

import (
	"slices"
	"strings"
)

// Record is a notice. Its texts are kept as they were written, white space included; a format cuts what it must.
type Record struct {
	ID          string     `yaml:"id"` // year and counter, such as 2026-0007; the look adds the prefix
	Summary     string     `yaml:"summary"`
	Description string     `yaml:"description"`
	Impact      string     `yaml:"impact,omitempty"`
	Workaround  string     `yaml:"workaround,omitempty"`
	Severity    Severity   `yaml:"severity,omitempty"`
	CWE         []string   `yaml:"cwe,omitempty"` // such as CWE-416
	Credits     []Credit   `yaml:"credits,omitempty"`
	Lifecycle   Lifecycle  `yaml:"lifecycle"`
	References  References `yaml:"references,omitempty"`
	ByHand      string     `yaml:"versions_by_hand,omitempty"` // why the products were typed; empty: the repository tells them
	Products    []Product  `yaml:"products,omitempty"`
	Files       []FixFile  `yaml:"files,omitempty"`
	Revisions   []Revision `yaml:"revisions,omitempty"` // oldest first; none: it is as it came out
}

// Severity is the vectors of the two CVSS versions in use. Either may be missing.
type Severity struct {
	CVSS31 string `yaml:"cvss_3_1,omitempty"`
	CVSS40 string `yaml:"cvss_4_0,omitempty"`
}

// The roles of libvirt's format. Those in [roles] may be credited too.
const (
	Reporter = "reporter"
	Patcher  = "patcher"
)

// Credit thanks somebody, by name, address or both.
type Credit struct {
	Role  string `yaml:"role"`
	Name  string `yaml:"name,omitempty"`
	Email string `yaml:"email,omitempty"`
}

// part is the role as the beginning of a line.
func (c Credit) part() string { return strings.ToUpper(c.Role[:1]) + c.Role[1:] }

// mailto is the address as a link, which can't be made to hold a subject, a text or more recipients. Where people have written
// a name for an address it stays as it is.
func (c Credit) mailto() string {
	return "mailto:" + strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(c.Email)
}

// Lifecycle is the days that a notice tells.
type Lifecycle struct {
	Reported  Date `yaml:"reported,omitempty"`
	Published Date `yaml:"published,omitempty"`
	Fixed     Date `yaml:"fixed,omitempty"`
}

// References are the records elsewhere.
type References struct {
	Advisories []Advisory `yaml:"advisories,omitempty"`
	Bugs       []Bug      `yaml:"bugs,omitempty"`
	Links      []string   `yaml:"links,omitempty"`
}

// Advisory is a number that somebody else gave, without its type: CVE and 2026-1234.
type Advisory struct {
	Type string `yaml:"type"`
	ID   string `yaml:"id"`
}

// String is the number as people write it.
func (a Advisory) String() string { return a.Type + "-" + a.ID }

// Bug is an entry of a bug tracker.
type Bug struct {
	Tracker string `yaml:"tracker"`
	ID      string `yaml:"id"`
}

// String is the entry as people write it.
func (b Bug) String() string { return b.Tracker + " bug #" + b.ID }

// Product is what is affected, and where it is developed.
type Product struct {
	Name       string   `yaml:"name"`
	Repository string   `yaml:"repository"` // a URL, or a name below the look's repositories
	Branches   []Branch `yaml:"branches,omitempty"`
}

// Branch is where a bug came and went on one branch.
type Branch struct {
	Name       string `yaml:"name"`
	Vulnerable Marks  `yaml:"vulnerable,omitempty"`
	Fixed      Marks  `yaml:"fixed,omitempty"`
	Ended      Date   `yaml:"ended,omitempty"` // its end of life, once that has come
}

// Marks are the releases that have the bug or the fix, and the commits that brought it.
type Marks struct {
	Tags    []string `yaml:"tags,omitempty"`
	Changes []string `yaml:"changes,omitempty"`
}

// CVE is the notice's own CVE number, or "".
func (r *Record) CVE() string {
	i := slices.IndexFunc(r.References.Advisories, func(a Advisory) bool { return a.Type == "CVE" })
	if i < 0 {
		return ""
	}
	return r.References.Advisories[i].String()
}

// summary is the summary on one line.
func (r *Record) summary() string { return words(r.Summary) }

// words puts text on one line.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// Credited are those with a role, in the record's order.
func (r *Record) Credited(role string) []Credit {
	var list []Credit
	for _, c := range r.Credits {
		if c.Role == role {
			list = append(list, c)
		}
	}
	return list
}

// seeAlso is all other records in one line each.
func (r *Record) seeAlso() []string {
	var list []string
	for _, a := range r.References.Advisories {
		list = append(list, a.String())
	}
	for _, b := range r.References.Bugs {
		list = append(list, b.String())
	}
	return list
}

// file is where a notice lies in its repository and on the site, without its ending.
func (r *Record) file() string { return strings.Replace(r.ID, "-", "/", 1) }

// section is one of the long texts under its title.
type section struct{ title, text string }

// description is the description, with a word about versions that nobody has computed. So every format says it, those too that
// have no place of their own for it.
func (r *Record) description() string {
	if r.ByHand == "" {
		return r.Description
	}
	return strings.TrimSpace(r.Description) + "\n\n" + r.byHand() + "\n"
}

// byHand tells readers to trust the versions as far as they trust whoever typed them.
func (r *Record) byHand() string {
	return "The versions, branches and changes in this notice were given by hand: " + strings.TrimRight(words(r.ByHand), ".") + "."
}

// sections are the long texts that are there.
func (r *Record) sections() []section {
	all := []section{{"Description", r.description()}, {"Impact", r.Impact}, {"Workaround", r.Workaround}}
	return slices.DeleteFunc(all, func(s section) bool { return strings.TrimSpace(s.text) == "" })
}
