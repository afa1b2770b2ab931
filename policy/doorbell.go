package policy

import "time"

// Doorbell is a webhook reduced to "something changed at this object". It is stored before the forge gets its answer, and
// makes the engine read the object again. But for what can't be read again, it never carries a title, a text or the content of a branch, so a lost,
// repeated or late one costs nothing but a read.
type Doorbell struct {
	Forge    string    // as projects name it
	Delivery string    // the forge's id of the delivery; a redelivery has the same
	Repo     string    // "owner/name" as the forge spells it, "" when the event names none
	Object   Object    // what changed
	Press    *Press    // a button pressed at a check; nil for all else. It can't be read back later, so the doorbell carries it
	Bounce   *Bounce   // of an announcement; nil for all else. It can't be read back either
	At       time.Time // when it was received, UTC
}

// Object names what changed. The zero value says that something changed, and not what.
type Object struct {
	Kind ObjectKind
	Name string // its form depends on Kind; "" where the kind says it all
}

// ObjectKind is the kind of a changed object.
type ObjectKind string

// The kinds of object that a forge rings about, and what the object's name is.
const (
	ObjectUnknown      ObjectKind = ""             // no name
	ObjectReport       ObjectKind = "report"       // the forge's id of a private report
	ObjectIssue        ObjectKind = "issue"        // number of the issue: perhaps a desk
	ObjectFix          ObjectKind = "fix"          // number of the pull or merge request
	ObjectBranch       ObjectKind = "branch"       // name of the ref without refs/heads/
	ObjectCommit       ObjectKind = "commit"       // SHA: its statuses or check runs changed
	ObjectRepository   ObjectKind = "repository"   // no name: the repository itself, or something in it that could not be named
	ObjectInstallation ObjectKind = "installation" // no name: what the app may reach
)

// Press is a button pressed at a check. Whether the actor may press it is decided later, like every other command.
type Press struct {
	Actor  string // login
	Button string // identifier that the check gave to the button
	Head   string // SHA of the head that the check sits on; "" on the console
	Args   Text   // what is said beside it; a button at a check says nothing, the console may
}
