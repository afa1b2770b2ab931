package policy

import (
	"path"
	"slices"
	"time"
)

// Project is one public repository with its private mirror, as the operator's configuration names them.
type Project struct {
	Name   string // the operator's short name, unique on a server
	Prefix string // of advisory ids, "LSN" gives LSN-2026-0007
	Forge  string // which adapter serves it
	Public string // "owner/name" of the public repository
	Mirror string // "owner/name" of the private mirror
	// Notices is "owner/name" of the public repository that holds the published notices; empty: none are published.
	Notices string
	CVE     string // where numbers come from: [CVEFromForge], [CVEFromCNA] or [CVETyped]
}

// Where CVE numbers come from.
const (
	CVEFromForge = "forge" // asked for there, as far as it gives them
	CVEFromCNA   = "cna"   // reserved by the team's own CVE numbering authority, which submits the records too
	CVETyped     = "typed" // people write them at the desk
)

// Rules are what a team has agreed for its project: the parsed project configuration. The zero value is not useful,
// [DefaultRules] is.
type Rules struct {
	Main     string // the main branch; empty means the repository's default branch
	Branches []BranchRule
	People   People
	Calendar Calendar
	Terms    Terms
	Lift     LiftRules
	Fixes    FixRules
	Checks   CheckRules
	Notice   NoticeRules
	Lists    []List
	// CVERequired blocks a lift while the advisory has no CVE number; otherwise a missing number is a warning.
	CVERequired bool
}

// BranchRule names maintained stable branches, by exact name or by a glob as path.Match reads it.
type BranchRule struct {
	Name string
	EOL  time.Time // end of life, UTC; from this instant the branch is not maintained. Zero: no end known
}

// People are the logins that hold each role. A role that nobody is named for falls back on what the forge says about
// permissions in the mirror: see [Rules.Roles].
type People struct {
	Team            []string
	ReleaseManagers []string
	Moderators      []string
	CVEAllocators   []string
	Vendors         []string
}

// LiftRules say who starts a lift and what a moving public branch does to it.
type LiftRules struct {
	ByButton    bool // a release manager presses the button at or after the end; otherwise it starts by itself
	HoldOnDrift bool // a public branch that moves at lift time holds and pages; otherwise candidates are rebuilt and go when proved
}

// FixRules say what a fix needs before it counts.
type FixRules struct {
	Approvals         int // of team members other than the author, on the fix of the main branch
	BackportApprovals int // the same for each backport
	CopyLabels        bool
}

// CheckRules say which of the mirror's checks prove a candidate.
type CheckRules struct {
	Required []string // names that must be green on every candidate; empty: at least one check, and all that are there
	None     bool     // this project has no private CI: candidates count as proved without any
}

// NoticeRules say how the published notices look. Empty fields follow from the project's name and places.
type NoticeRules struct {
	Title   string   // the project's name in titles
	Product string   // what is affected, as the world calls it
	Site    string   // the URL where the notices repository is published
	CNA     string   // UUID of the organization that submits CVE records
	Formats []string // machine-readable forms beside libvirt's three
	Files   []string // of the fix, that lie beside a notice: patch, bundle
	Branch  string   // of the notices repository
	Tags    string   // pattern of the public repository's tags that are releases; empty: all but pre-releases

	Packages []Package // what registries have of the products
}

// Package is a product as a registry has it: its versions are the product's tags without what those begin with.
type Package struct{ Product, Ecosystem, Name, Tag string }

// List is a mailing list that notices are announced to.
type List struct{ Name, Address, Kind, Tag string }

// Links say where the world finds a project at its forge, and what stands between a repository's address and the name of a
// branch, a tag and a commit in it.
type Links struct{ Repositories, Branch, Tag, Change string }

// DefaultRules are the rules of the libvirt project's security process, used for every key a project does not set.
func DefaultRules() Rules {
	return Rules{
		Calendar:    DefaultCalendar(),
		Terms:       DefaultTerms(),
		Fixes:       FixRules{Approvals: 1, BackportApprovals: 1, CopyLabels: true},
		Notice:      NoticeRules{Branch: "main", Formats: []string{"osv"}},
		CVERequired: true,
	}
}

// Maintained tells which of the existing branches are fixed at the instant given: the main branch first, then the stable
// branches in the order of the rules, each with its end of life. An existing branch that no rule matches is the
// distributors' work and is left out.
func (r Rules) Maintained(existing []string, now time.Time) (maintained, ended []string) {
	if r.Main != "" {
		maintained = append(maintained, r.Main)
	}
	for _, rule := range r.Branches {
		for _, name := range matching(rule.Name, existing) {
			if name == r.Main || slices.Contains(maintained, name) || slices.Contains(ended, name) {
				continue
			}
			if !rule.EOL.IsZero() && !now.Before(rule.EOL) {
				ended = append(ended, name)
				continue
			}
			maintained = append(maintained, name)
		}
	}
	return maintained, ended
}

// matching keeps a branch that is named exactly even when it does not exist: a maintained branch that is gone must be
// seen, not forgotten.
func matching(pattern string, existing []string) []string {
	var names []string
	for _, name := range existing {
		if ok, err := path.Match(pattern, name); err == nil && ok { // a bad pattern was refused when the rules were read
			names = append(names, name)
		}
	}
	if len(names) == 0 && !hasMeta(pattern) {
		return []string{pattern}
	}
	slices.SortFunc(names, newestFirst)
	return names
}

func hasMeta(pattern string) bool {
	for _, c := range pattern {
		if c == '*' || c == '?' || c == '[' || c == '\\' {
			return true
		}
	}
	return false
}

// newestFirst orders branch names so that a run of digits counts as a number: stable-1.10 before stable-1.9.
func newestFirst(a, b string) int { return -naturalOrder(a, b) }

func naturalOrder(a, b string) int {
	for a != "" && b != "" {
		x, restA := run(a)
		y, restB := run(b)
		if order := compareRuns(x, y); order != 0 {
			return order
		}
		a, b = restA, restB
	}
	return len(a) - len(b)
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// run splits off the longest prefix that is all digits or all other characters.
func run(s string) (head, rest string) {
	end := 1
	for end < len(s) && isDigit(s[end]) == isDigit(s[0]) {
		end++
	}
	return s[:end], s[end:]
}

func compareRuns(x, y string) int {
	if isDigit(x[0]) && isDigit(y[0]) {
		x, y = trimZeros(x), trimZeros(y)
		if len(x) != len(y) {
			return len(x) - len(y)
		}
	}
	if x < y {
		return -1
	}
	if x > y {
		return 1
	}
	return 0
}

func trimZeros(s string) string {
	for len(s) > 1 && s[0] == '0' {
		s = s[1:]
	}
	return s
}
