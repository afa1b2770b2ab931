package policy

import "time"

// Effect is one outside change, as data. The store keeps it from the transaction that decided it until its outcome has
// been taken in; Key is a pure function of the decision, so that the same decision never asks twice.
type Effect struct {
	Key      string
	Advisory string
	Do       Action
}

// Action is what an effect does: one of the types below, and nothing else.
type Action interface{ kind() string }

// Kind names the action for the store, the logs and the metrics; it says nothing about the advisory.
func (e Effect) Kind() string { return e.Do.kind() }

// Public reports whether performing the effect writes in a public place and so needs a [Clearance].
func (e Effect) Public() bool {
	switch do := e.Do.(type) {
	case Land, PublishReport, PublishNotice, ReviseNotice, Announce, TagReleases, SubmitRecord, RejectRecord:
		return true
	case StartChecks:
		return do.Public
	}
	return false
}

// inMirror reports whether an action writes in the mirror.
func inMirror(do Action) bool {
	switch do := do.(type) {
	case UpdateReport, PublishReport, PublishNotice, ReviseNotice, Announce, TagReleases, SubmitRecord, RejectRecord, ReserveCVE, RequestCVE, FollowRecord, Land, Probe:
		return false
	case StartChecks:
		return !do.Public
	}
	return true
}

// Once reports whether the effect must not be tried again by itself where it may have happened: nothing outside can tell
// whether it has, and twice is worse than late (invariant 6).
func (e Effect) Once() bool {
	switch e.Do.(type) {
	case Announce, RequestCVE:
		return true
	}
	return false
}

// Heard reports whether people are told after some tries in vain. All others are tried in silence until they succeed.
func (e Effect) Heard() bool {
	_, follows := e.Do.(FollowRecord)
	return follows || e.Public()
}

// Git reports whether the effect is work on repositories rather than a call to the forge.
func (e Effect) Git() bool {
	switch e.Do.(type) {
	case PlanBackports, BuildCandidates, Land, ResetMirror, DropRefs, DraftNotice, PublishNotice, ReviseNotice, SubmitRecord, TagReleases:
		return true
	}
	return false
}

// The actions at the desk. Each text carries a marker line by which the adapter finds it again (see [Marker]).
type (
	// OpenDesk opens the private tracking issue. Outcome: Number.
	OpenDesk struct {
		Title string // the opaque id and nothing else
		Body  Text
	}
	// WriteStatus creates the one status comment, or edits it when Comment is set. Outcome: Number.
	WriteStatus struct {
		Desk    int
		Comment int64
		Body    Text
		Digest  string
	}
	// Say adds a comment at the desk, once: an answer to a command or a page to people.
	Say struct {
		Desk int
		Body Text
	}
	// CloseDesk closes the tracking issue.
	CloseDesk struct{ Desk int }
)

// The actions on the private report.
type (
	// UpdateReport changes the private report: its state (accepted or closed), its severity and its CVE number. Empty fields
	// stay.
	UpdateReport struct {
		Ref      string
		State    ReportState
		Severity string
		CVE      string
	}
	// PublishReport makes the report public. It needs a clearance. Outcome: done when read back as published.
	PublishReport struct {
		Ref      string
		CVE      string
		Severity string   // for a forge whose report has no word of people's about it
		Releases []string // tags of the releases with the fix
	}
)

// The actions on fixes.
type (
	// OpenFix opens the fix of one branch in the mirror, as a draft only where a [ReadyFix] can make it a plain one again.
	// Outcome: Number.
	OpenFix struct {
		Branch    string
		HeadRef   string
		Title     Text
		Body      Text
		Labels    []string
		Reviewers []string
		Draft     bool
	}
	// ReadyFix makes a plain fix of one that was opened as a draft.
	ReadyFix struct{ Fix int }
	// SetHold puts the check and the status on one head of one fix.
	SetHold struct {
		Fix      int
		Head     string
		Released bool
		Title    string // a few words
		Summary  Text
		Button   bool // offer the lift button at the check
	}
	// ExplainFix keeps one comment at a fix that says how it was made and how it differs from main's. It makes the comment, or
	// edits it when Comment is set. Outcome: Number.
	ExplainFix struct {
		Fix     int
		Comment int64
		Body    Text
		Digest  string
	}
	// CloseFix closes a fix after lift, with a comment.
	CloseFix struct {
		Fix  int
		Body Text
	}
)

// The actions on repositories.
type (
	// PlanBackports makes the fix of every stable branch from the main fix, all at once and newest first, since what people
	// adapted for a newer branch is most of what an older one needs, and pushes them to the mirror. One branch's trouble never
	// stops another. Outcome: Backports.
	PlanBackports struct {
		Source     string   // head of the main fix, a SHA
		Main       string   // tip of the public main branch that the fix is measured from
		Introduced []string // commits that brought the bug, where somebody has named them
		Targets    []Target
	}
	// BuildCandidates builds every branch's candidate, main first, and pushes them to the mirror. Outcome: Candidates.
	BuildCandidates struct {
		Parts []Part
	}
	// Land moves the public branches in one atomic push. It needs a clearance. Outcome: Landing.
	Land struct{ Moves []Move }
	// TagReleases makes tags at what has landed. It needs a clearance. Outcome: Tags. Tags are not atomic, and one that is
	// there already is never moved.
	TagReleases struct{ Tags []ReleaseTag }
	// ResetMirror puts a mirror branch back to the public tip after an early merge.
	ResetMirror struct {
		Branch string
		From   string
		To     string
	}
	// DropRefs deletes Liftgate's branches of one advisory from the mirror.
	DropRefs struct{ Refs []Branch }
)

// The actions on the notice.
type (
	// DraftNotice writes the first draft of the notice into the mirror, for people to go on from.
	DraftNotice struct {
		Ref         string // the mirror's branch, without refs/heads/
		Summary     Text
		Description Text // empty where nobody has agreed to publish the report's words
		Vectors     []string
		Weaknesses  []string
		Reporter    string
		Reported    time.Time
	}
	// PublishNotice commits one version of the notice to the notices repository. It needs a clearance. Outcome: Notice.
	PublishNotice struct {
		Version  int
		Reason   string // one line: why there is this version
		Draft    string // commit of the mirror that holds its words
		CVE      string
		Report   string
		Reported time.Time
		At       time.Time // of publication
		Landed   time.Time // zero before the fixes have landed
		Lists    []List    // in a rehearsal: to whom it will be announced
		Facts              // its Branches are those that are affected, fixed or not
	}
	// ReviseNotice has a published notice say what has become of the fix since, in every format. It needs a clearance. Outcome:
	// Notice; one that says all already is left as it is.
	ReviseNotice struct {
		Version int
		At      time.Time
		Facts
	}
	// Announce mails one version of the notice to one list. It needs a clearance. Outcome: Mailed. It is never done twice by
	// itself: an unknown outcome is one that people decide about.
	Announce struct {
		List    List
		Version int
		Commit  string // of the notices repository
		Reason  string
		At      time.Time // of publication
		Look    NoticeRules
	}
	// SubmitRecord submits the CVE record of the published notice, or its correction. It needs a clearance.
	SubmitRecord struct {
		CVE     string
		Version int
		Commit  string // of the notices repository
		Look    NoticeRules
	}
	// RejectRecord tells the CNA to reject the record of a number that is not to be used. It needs a clearance.
	RejectRecord struct {
		CVE     string
		Instead string // number to use in its place, or ""
		Why     Text   // the world reads it
	}
	// ReserveCVE has the CNA reserve a number. Outcome: CVE. Twice would be two numbers: after an unknown outcome the client
	// looks for its own, and leaves it to people where it finds none.
	ReserveCVE struct {
		Year  int
		Since time.Time // when it was first asked for
	}
	// RequestCVE asks the forge for a number. It comes when somebody there has read the report: as the report's own.
	RequestCVE struct{ Ref string }
	// FollowRecord reads what the world sees of a CVE number. Outcome: Record.
	FollowRecord struct{ CVE string }
)

// Target is one stable branch that a fix is made for.
type Target struct {
	Branch string
	Onto   string // tip of the public branch that the fix is made on
	Ref    string // the mirror's branch to push, without refs/heads/
	Was    string // what Ref points to now, empty when it does not exist
	Own    string // head of a fix that people have made: it is compared and learnt from, and never changed
	Behind bool   // Own was made for an earlier main fix: nothing is learnt from it
}

// StartChecks sees to it that CI runs on every branch given: a forge may start it for a few branches of a push only. It
// starts none where one has run or runs. In public it needs a clearance.
type StartChecks struct {
	Public   bool      // in the public repository, on what has landed; else in the mirror, on candidates
	Since    time.Time // when they were pushed, or a little later: a forge may take a while to start them by itself
	Branches []Branch
}

// Probe reads everything that a lift will need and changes nothing: tokens, rules and bypass on each public branch.
// Outcome: Probe.
type Probe struct {
	Of       string        // digest of the candidates, and of the notice's draft, that the rehearsal is about
	Notice   PublishNotice // as it would be published, without what is known only then; its Version is 0 where none is
	Moves    []Move
	Report   string
	Tags     []string // of releases that the lift will make
	Why      string   // "changed", "T-24h", "T-1h", "T-5min", "repeated", "asked by LOGIN"
	Sequence int
}

// Part is what one candidate is made of.
type Part struct {
	Branch string
	Main   bool   // the main branch, whose final commits the others name
	Landed bool   // it is public already, after half a landing: only its commits' names are wanted
	Fix    string // approved head of the branch's fix
	Tip    string // public tip
	Ref    string // the candidate's branch in the mirror, without refs/heads/
	Was    string // what Ref points to now, empty when it does not exist
}

// ReleaseTag is a tag of a release at the commit that has landed on a branch.
type ReleaseTag struct{ Branch, Name, At string }

// Move is one public branch's step at lift.
type Move struct {
	Branch string
	Old    string
	New    string
}

func (OpenDesk) kind() string        { return "open-desk" }
func (WriteStatus) kind() string     { return "write-status" }
func (Say) kind() string             { return "say" }
func (CloseDesk) kind() string       { return "close-desk" }
func (UpdateReport) kind() string    { return "update-report" }
func (PublishReport) kind() string   { return "publish-report" }
func (OpenFix) kind() string         { return "open-fix" }
func (ReadyFix) kind() string        { return "ready-fix" }
func (SetHold) kind() string         { return "set-hold" }
func (CloseFix) kind() string        { return "close-fix" }
func (PlanBackports) kind() string   { return "plan-backports" }
func (ExplainFix) kind() string      { return "explain-fix" }
func (BuildCandidates) kind() string { return "build-candidates" }
func (Land) kind() string            { return "land" }
func (ResetMirror) kind() string     { return "reset-mirror" }
func (DropRefs) kind() string        { return "drop-refs" }
func (StartChecks) kind() string     { return "start-checks" }
func (Probe) kind() string           { return "probe" }
func (DraftNotice) kind() string     { return "draft-notice" }
func (PublishNotice) kind() string   { return "publish-notice" }
func (ReviseNotice) kind() string    { return "revise-notice" }
func (Announce) kind() string        { return "announce" }
func (TagReleases) kind() string     { return "tag-releases" }
func (SubmitRecord) kind() string    { return "submit-record" }
func (RejectRecord) kind() string    { return "reject-record" }
func (ReserveCVE) kind() string      { return "reserve-cve" }
func (RequestCVE) kind() string      { return "request-cve" }
func (FollowRecord) kind() string    { return "follow-record" }

// Marker is the invisible line that a text of Liftgate's carries, so that an effect with an unknown outcome can be found.
func Marker(key string) string { return "<!-- liftgate:" + key + " -->" }

// The branches of one advisory in the mirror all live below this prefix.
func refPrefix(advisory string) string { return "liftgate/" + advisory + "/" }

// FixRef is the mirror's branch under which a fix for the main branch is found without being named at the desk.
func FixRef(advisory string) string { return refPrefix(advisory) + "fix" }

// NoticeRef is the mirror's branch that holds the draft of the notice.
func NoticeRef(advisory string) string { return refPrefix(advisory) + "notice" }

// BackportRef is the mirror's branch that holds the backport for one branch.
func BackportRef(advisory, branch string) string { return refPrefix(advisory) + "backport/" + branch }

// CandidateRef is the mirror's branch that holds the candidate for one branch.
func CandidateRef(advisory, branch string) string { return refPrefix(advisory) + "candidate/" + branch }
