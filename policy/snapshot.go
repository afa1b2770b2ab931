package policy

import "time"

// Look says what a decision about one advisory needs to see. The engine hands it to the forge's adapter, which answers
// with a [Snapshot].
type Look struct {
	Advisory string
	Report   string   // the forge's reference of the private report
	Desk     int      // number of the desk, 0 before it is opened
	Fixes    []int    // numbers of the fixes known so far
	Branches []string // maintained branches, as far as they are known: what protects them matters
	Proofs   []string // SHAs whose checks matter: candidates
	Actors   []string // logins whose permissions matter beside those found at the desk
}

// Snapshot is what the forge says at one moment about one advisory: facts only, read again for every decision.
type Snapshot struct {
	Rules        Rules
	RulesProblem string // the project's configuration can't be read: says where; blocks
	RulesMissing bool   // there is none: only the main branch is maintained
	Report       Report
	Desk         Desk
	Fixes        []FixView
	Public       []Branch // every branch of the public repository
	Mirror       Mirror
	Proofs       []Proof
	Permissions  []Permission
	After        Aftermath // once the case is over
	Warnings     []string  // what will break soon, such as a credential that ends: each is said once at the desk
}

// Report is the forge's own private record of one vulnerability, in which the reporter and the team meet.
type Report struct {
	Ref         string // as the forge names it
	State       ReportState
	Reporter    string // login, may be empty
	CreatedAt   time.Time
	Summary     Text
	Description Text
	Severity    string // low, medium, high, critical, or empty
	CVE         string
	Ours        bool     // severity and CVE there are only what Liftgate wrote: nobody else's word
	Missing     []string // what the forge will ask for before it publishes: "severity", "affected product"
	Vectors     []string // CVSS, where somebody has given one
	Weaknesses  []string // such as CWE-416
	Verbatim    bool     // publishing it publishes its words as they are
	URL         string
	Request     Text // link by which people ask for a CVE number, where the forge has one; its words are the report's
	Numbered    bool // the forge takes a request for a CVE number from us, and shows the number here once it gives one
}

// ReportState is where a report stands at the forge.
type ReportState string

// The states of a report.
const (
	ReportTriage    ReportState = "triage"
	ReportDraft     ReportState = "draft"
	ReportPublished ReportState = "published"
	ReportClosed    ReportState = "closed"
)

// Desk is the private tracking issue of the advisory.
type Desk struct {
	Number   int
	Open     bool
	Gone     bool // somebody has deleted it
	URL      string
	Commands []Command // what people asked for: labels put on, slash commands, buttons; oldest first
}

// Command is one thing a person asked for at the desk. ID is the forge's id of the label event, comment or delivery, and
// makes sure that it is applied once.
type Command struct {
	ID    string
	Actor string
	At    time.Time
	Verb  Verb
	Args  Text   // the rest of the line
	Via   string // "label", "comment" or "button"
}

// FixView is a pull or merge request in the mirror.
type FixView struct {
	Number    int
	Base      string // the branch it closes the cell of
	HeadRef   string
	Head      string // SHA
	Author    string
	Open      bool
	Merged    bool
	MergedAs  string // SHA on the base when merged
	Draft     bool
	NotBefore time.Time // the forge itself merges it no sooner; anybody can change that, so it is shown and not relied on
	AutoMerge bool      // the forge itself merges it once nothing holds it
	Labels    []string
	Reviewers []string
	Approvals []Approval // the newest opinion of each reviewer that is an approval
	Objectors []string   // reviewers whose newest opinion asks for changes
	Held      bool       // check and status on Head both say held
	Released  bool       // check and status on Head both say released
	URL       string
}

// Approval is a reviewer's approval of one exact head.
type Approval struct {
	By   string
	Head string
}

// Branch is a branch and the commit it points to.
type Branch struct {
	Name string
	Tip  string
}

// Mirror is the private repository's state beside the public one.
type Mirror struct {
	Problems []string // public, a fork, archived, unreadable: each blocks
	Exposed  bool     // others than its members can read it: nothing is written there before the embargo has ended
	Risks    []string // what could tell of an embargo without anybody meaning to; shown at the desk, blocks nothing
	Branches []Branch // every branch, Liftgate's own included
	URL      string
}

// Proof is what the mirror's checks say about one commit.
type Proof struct {
	SHA    string
	Checks []Check
}

// Check is one named check of the mirror's CI, Liftgate's hold left out.
type Check struct {
	Name  string
	State CheckState
}

// CheckState is the outcome of a check.
type CheckState string

// The states of a check.
const (
	CheckPending CheckState = "pending"
	CheckPassed  CheckState = "passed"
	CheckFailed  CheckState = "failed"
)

// Permission is what the forge lets a person do in the mirror.
type Permission struct {
	Login string
	Level string // "none", "read", "write", "maintain", "admin"
}

// Tip finds a branch by name.
func Tip(branches []Branch, name string) (sha string, ok bool) {
	for _, b := range branches {
		if b.Name == name {
			return b.Tip, true
		}
	}
	return "", false
}

// Names lists the names of branches, in their order.
func Names(branches []Branch) []string {
	names := make([]string, len(branches))
	for i, b := range branches {
		names[i] = b.Name
	}
	return names
}
