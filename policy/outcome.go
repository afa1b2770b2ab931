package policy

import "time"

// Outcome is what became of an effect: an input of the next decision.
type Outcome struct {
	Effect     Effect
	At         time.Time
	Trouble    *Trouble // nil when done
	Number     int64    // of the issue, fix or comment that was made
	Backports  []BackportResult
	Candidates []CandidateResult
	Landing    Landing
	Probe      ProbeResult
	Notice     NoticeResult
	Tags       []TagResult
	Mailed     string // Message-ID of an [Announce]
	CVE        string // number that a [ReserveCVE] got
	Record     RecordResult
}

// PickState is how a pick ended.
type PickState string

// The ways a pick can end.
const (
	PickNone     PickState = ""
	PickClean    PickState = "clean"
	PickApplied  PickState = "already applied"
	PickConflict PickState = "conflict"
	PickDraft    PickState = "draft" // a guess at the resolution of a conflict
)

// MarkedFile follows the path of a file into which somebody has committed conflict markers, among the files of a conflict.
const MarkedFile = " (conflict markers)"

// BackportResult is one branch's part of the outcome of a [PlanBackports].
type BackportResult struct {
	Branch string
	State  PickState // empty for people's own
	Head   string    // the commit pushed to the mirror; one that shows the conflict, with markers, where there is one
	From   string    // the newer branch whose fix it was made from, empty for main's
	Review string    // why somebody has to approve it whatever the rules say, in public words; empty when nobody has to
	Files  []string  // with conflicts; they name embargoed places, so they are shown at the desk only
	Spared string    // why the branch may not need a fix at all: evidence for people to judge
	Unsure bool      // that it is applied already is what words say alone, of another change: a person has to judge it
	Note   string    // how it was made and how it differs from main's, for people at the fix
	Edited bool      // somebody had pushed to the branch meanwhile: nothing was overwritten
	Failed string    // why nothing could be made of it, in public words
}

// CandidateResult is one branch's part of the outcome of a [BuildCandidates].
type CandidateResult struct {
	Branch string
	State  PickState
	SHA    string
	Files  []string
}

// LandState is how a push ended, proved by reading the public refs back.
type LandState string

// The ways a push can end.
const (
	LandNone      LandState = ""
	LandDone      LandState = "landed"
	LandDrifted   LandState = "drifted"   // a public branch had moved; nothing was moved
	LandForbidden LandState = "forbidden" // a rule or a permission refused it; nothing was moved
	LandHalf      LandState = "half"      // some moved and others did not, against the forge's promise: the rest must follow
)

// Landing is the outcome of a [Land].
type Landing struct {
	State LandState
	Hint  string   // public words: which branch, which kind of rule
	Moved []string // the branches that moved, with LandHalf
}

// ProbeResult is the outcome of a [Probe]: what stands in the way of a lift, branch by branch. No entry means no trouble.
type ProbeResult struct {
	Checked  []string // what was looked at, for the report at the desk
	Risks    []string // what people should know, and what stops nothing
	Problems []string
}

// RecordResult is the outcome of a [FollowRecord]. Both are empty while there is no public record.
type RecordResult struct {
	Published time.Time
	Rejected  bool
}

// NoticeResult is the outcome of a [PublishNotice] or a [ReviseNotice].
type NoticeResult struct {
	Commit string // of the notices repository that holds the version
	// What follows is told of a revision alone.
	Version int
	Reason  string // one line, in public words
	Advised int    // the newest version that changes what users should do; 0: none does
	Why     string // there is that one
}

// TagResult is one tag's part of the outcome of a [TagReleases]. A tag that may still be made has none.
type TagResult struct {
	Branch string
	Made   bool
	Hint   string // why it never will be, in public words
}
