package policy

import "time"

// Outcome is what became of an effect: an input of the next decision.
type Outcome struct {
	Effect     Effect
	At         time.Time
	Trouble    *Trouble // nil when done
	Number     int64    // of the issue, fix or comment that was made
	Backport   BackportResult
	Candidates []CandidateResult
	Landing    Landing
	Probe      ProbeResult
}

// PickState is how a pick ended.
type PickState string

// The ways a pick can end.
const (
	PickNone     PickState = ""
	PickClean    PickState = "clean"
	PickApplied  PickState = "already applied"
	PickConflict PickState = "conflict"
)

// MarkedFile follows the path of a file into which somebody has committed conflict markers, among the files of a conflict.
const MarkedFile = " (conflict markers)"

// BackportResult is the outcome of a [MakeBackport].
type BackportResult struct {
	State  PickState
	Head   string   // the commit pushed to the mirror
	Files  []string // with conflicts; they name embargoed places, so they are shown at the desk only
	Edited bool     // somebody had pushed to the branch meanwhile: nothing was overwritten
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
	Problems []string
}
