package policy

import (
	"fmt"
	"time"
)

// Advisory is one vulnerability being handled: everything that has been decided about it and everything that has been
// done and can't be seen again at the forge. It is a value; only [Decide] makes the next one.
type Advisory struct {
	ID      string // opaque, the only name used before lift
	Project string
	Phase   Phase
	Report  string // the forge's reference of the private report
	Opened  time.Time

	Reporter string
	Severity string
	CVE      string
	Embargo  Embargo

	DeskNumber    int
	StatusComment int64
	StatusDigest  string // of the status comment as last written
	CVERejection  CVERejection
	Reserving     time.Time // since when a CVE number is being reserved, or asked for at the forge; zero: none is
	Applied       []string  // ids of the commands that were applied, so that each is applied once
	Noted         []string  // things people were told once
	Unsaid        []Message

	Cells      []Cell   // main first, then the stable branches, newest first
	Planned    []string // digests of all that the backports were last planned from
	Introduced []string // commits that brought the bug, where somebody has named them

	Lift        Lift
	Notice      Notice
	Mails       []Mail       // announcements, as far as they went
	Obligations []Obligation // to the world, after the lift

	Trail []Line // the last few lines of the history, for the desk

	Setbacks []Setback // effects that the outside refused
	Waiting  []string  // what stood between the end of the embargo and the lift when it was last looked at
}

// Phase is how far an advisory has come. The diagram is in the package's documentation.
type Phase string

// The phases of an advisory.
const (
	Reported  Phase = "reported"  // a report came in; nobody has judged it
	Triaged   Phase = "triaged"   // accepted as a vulnerability
	Fixing    Phase = "fixing"    // a fix for the main branch exists
	Ready     Phase = "ready"     // every cell is closed and the rehearsal passed
	Lifting   Phase = "lifting"   // the point of no return is behind: only forward
	Published Phase = "published" // the world knows
	Rejected  Phase = "rejected"  // not a vulnerability, or not ours
)

// Over reports whether the case is at its end: published or rejected, and closed out. Something may still be owed: see
// [Advisory.Idle].
func (a Advisory) Over() bool { return !a.Lift.Closed.IsZero() }

// Cell is the state of one branch for one advisory.
type Cell struct {
	Branch    string
	State     CellState
	Unlisted  bool   // the rules no longer name the branch, and gave it no end of life
	By        string // who said so
	Why       Text   // evidence or reason
	Spared    Text   // evidence that the branch may not need a fix, which a person has to judge
	Fix       Fix
	Drafted   int // the fix that Liftgate opened as a draft, as long as it is that draft
	Note      Note
	Backport  Backport
	Candidate Candidate
	Landed    string // SHA the public branch was moved to
	Tag       string // the release that is to be tagged there; empty: none
	Tagged    TagState
}

// CellState is what is known about a branch.
type CellState string

// The states of a cell.
const (
	Unknown     CellState = "unknown"
	Affected    CellState = "affected"
	NotAffected CellState = "not affected"
	EndOfLife   CellState = "end of life"
	Waived      CellState = "waived"
)

// TagState is what became of a release's tag.
type TagState string

// The states of a tag.
const (
	TagNone    TagState = ""
	TagMade    TagState = "made"
	TagRefused TagState = "refused" // people were told, and make it by hand
)

// NeedsFix reports whether a fix has to land on the branch. An unknown branch is treated as affected until somebody
// shows that it is not.
func (s CellState) NeedsFix() bool { return s == Affected || s == Unknown }

// Fix is the pull or merge request that closes a cell, as last seen.
type Fix struct {
	Number  int
	HeadRef string
	Head    string
	URL     string
	Author  string
	Merged  bool // merged early in the mirror: absorbed, its head still counts
	Closed  bool // closed without a merge
	Draft   bool
	Wanting string // why the head does not count yet: "needs 1 approval"; empty when approved
}

// Backport is what Liftgate made for a stable branch.
type Backport struct {
	State  PickState
	Source string // head of the main fix that it was made from
	From   string // the newer branch whose adapted fix it was made from, empty for main's
	Onto   string // public tip it was made on
	Head   string // what Liftgate pushed; a fix whose head differs was edited by a person
	Before string // what Liftgate had pushed before that: a forge may show it for a moment longer
	Own    Own    // what people made of it
	Review string // why somebody has to approve it whatever the rules say; empty when nobody has to
	Files  []Text // conflicting paths
	Failed string // why the last try came to nothing, in public words
}

// Own is a backport that people have pushed, and the main fix that it was made for. While main's is another by now, the
// older branches do not follow it.
type Own struct{ Head, Source string }

// Note is the one comment at a fix that says how it was made.
type Note struct {
	Fix     int // that the comment is at
	Comment int64
	Body    Text   // as it should read
	Digest  string // of the body as last written
}

// Conflicted reports whether a branch's backport waits for a person to resolve it: what stands under its name, if anything,
// is the conflict with its markers.
func (c Cell) Conflicted() bool {
	return c.Backport.State == PickConflict && (c.Fix.Number == 0 || c.Fix.Head == c.Backport.Head)
}

// Candidate is the exact commit that the public branch will point to after lift.
type Candidate struct {
	SHA   string
	Fix   string // head of the fix it was built from
	Tip   string // public tip it was built on
	State PickState
	Files []Text
	Proof string // why CI does not prove it yet; empty when it does
}

// Lift is the end of the embargo, as far as it has come.
type Lift struct {
	Gate      Gate
	AskedBy   string    // the release manager who pressed the button
	HeldBy    string    // who stopped it, "liftgate" when drift did
	HeldWhy   Text      //
	Rehearsal Rehearsal //
	Rehearse  string    // why a rehearsal is due that nothing else asks for: "asked by LOGIN"; empty when none is
	Tries     int       // pushes so far
	Stuck     string    // why the last push moved nothing, in public words
	StuckAt   time.Time
	Committed time.Time // when the gate left held
	Landed    time.Time // when the public refs were read back
	Published time.Time
	Closed    time.Time
}

// Notice is the published record, as far as it has come.
type Notice struct {
	Version   int    // the newest that is public, 0 before there is one
	Commit    string // of the notices repository that holds it
	Draft     string // that it was made from
	CVE       string // number that it names
	Landed    bool   // it tells where the fixes are
	Recorded  int    // the newest version that the CVE record was submitted from
	Printed   int    // the newest version that Liftgate wrote in every format
	Told      int    // the newest version that the lists are told of
	Heard     int    // the newest version that all of them have heard of
	ToldWhy   string // why there is that version, in public words; empty for the first
	Published time.Time
}

// CVERejection is people's word that the record of a number, which was submitted, is to be rejected. It is for good.
type CVERejection struct {
	CVE     string // "" while nobody wants it
	Instead string // number to use in its place, or ""
	Why     Text   // the world reads it
	Done    bool
}

// Mail is the announcement of one version of the notice to one list.
type Mail struct {
	List    string // its address
	Version int
	State   MailState
	ID      string // Message-ID
	At      time.Time
	Why     string // what mail servers reported since, in public words
}

// MailState is what is known of a mail.
type MailState string

// The states of a mail.
const (
	MailSent    MailState = "sent"    // the mail server took it, or somebody says so
	MailUnknown MailState = "unknown" // it may have gone out: people are asked before anything is repeated
	MailBounced MailState = "bounced" // a mail server says that it did not arrive: people are asked
	MailAgain   MailState = "to be sent again"
)

// Gate is the lift's one-way latch. Leaving [GateHeld] is done by compare-and-set in the store.
type Gate string

// The positions of the gate.
const (
	GateHeld    Gate = "held"
	GateLifting Gate = "lifting"
	GateLanded  Gate = "landed"
	GateDone    Gate = "done"
)

// Rehearsal is the result of the last rehearsal.
type Rehearsal struct {
	At       time.Time
	Of       string // digest of the candidates it was about
	Why      string
	Checked  []string
	Risks    []string
	Problems []string
	Count    int
}

// Open makes the advisory for a report that has just come in.
func Open(id string, project Project, report Report, now time.Time) Advisory {
	return Advisory{
		ID: id, Project: project.Name, Phase: Reported, Report: report.Ref, Opened: now,
		Reporter: report.Reporter, Lift: Lift{Gate: GateHeld},
	}
}

// Look says what the next decision needs to see.
func (a Advisory) Look() Look {
	look := Look{Advisory: a.ID, Report: a.Report, Desk: a.DeskNumber}
	for _, c := range a.Cells {
		if c.State != EndOfLife {
			look.Branches = append(look.Branches, c.Branch)
		}
		if c.Fix.Number != 0 {
			look.Fixes = append(look.Fixes, c.Fix.Number)
		}
		if c.Candidate.SHA != "" && c.Landed == "" {
			look.Proofs = append(look.Proofs, c.Candidate.SHA)
		}
	}
	return look
}

// Clear gives the permission to write in public: only for an advisory that the team has accepted, whose embargo has
// ended at the instant given, and whose lift was committed, or that was public before anybody could lift it.
func (a Advisory) Clear(now time.Time) (Clearance, error) {
	switch {
	case a.Phase == Reported || a.Phase == Rejected:
		return Clearance{}, fmt.Errorf("%s is %s: nothing of it is published", a.ID, a.Phase)
	case !a.Embargo.Ended(now):
		return Clearance{}, fmt.Errorf("the embargo of %s has not ended", a.ID)
	case a.Lift.Gate == GateHeld && !a.Embargo.IsPublic():
		return Clearance{}, fmt.Errorf("the lift of %s was not committed", a.ID)
	}
	return Clearance{a.ID}, nil
}

// Cell finds the cell of a branch, or nil.
func (a *Advisory) Cell(branch string) *Cell {
	for i := range a.Cells {
		if a.Cells[i].Branch == branch {
			return &a.Cells[i]
		}
	}
	return nil
}

// Moves lists the branches that the lift has still to move, in the order of the cells.
func (a Advisory) Moves() []Move {
	var moves []Move
	for _, c := range a.Cells {
		if c.State.NeedsFix() && c.Landed == "" && c.Candidate.SHA != "" && c.Candidate.State == PickClean {
			moves = append(moves, Move{Branch: c.Branch, Old: c.Candidate.Tip, New: c.Candidate.SHA})
		}
	}
	return moves
}
