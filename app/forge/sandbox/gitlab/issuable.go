package gitlab

import (
	"slices"
	"time"
)

// issuable is what issues and merge requests have in common.
type issuable struct {
	id          int64
	iid         int64
	kind        string // Issue or MergeRequest
	project     *project
	title       string
	description string
	state       string // opened, closed or merged
	author      *user
	assignees   []*user
	labels      []*label
	notes       []*note
	relabels    []*relabel
	moves       []*move
	locked      bool
	closedBy    *user
	updatedBy   *user
	created     time.Time
	updated     time.Time
	edited      time.Time // title or description, last
	closed      time.Time
}

type issue struct {
	issuable
	confidential bool
}

// issue is the issue that this is the common part of, or nil.
func (i *issuable) issue() *issue {
	if i.kind != "Issue" {
		return nil
	}
	return i.project.issue(i.iid)
}

// visible tells whether a user, or nobody, may read an issue: a confidential one is for its author, who it is assigned
// to, and planners and reporters upward.
func (i *issue) visible(u *user) bool {
	p := i.project
	switch {
	case !p.sees(u), i.confidential && u == nil:
		return false
	case !i.confidential:
		return true
	}
	return i.author == u || slices.Contains(i.assignees, u) || p.level(u) >= Planner
}

type label struct {
	id          int64
	name, color string
	description string
	group       *group // a group's label, shared by its projects
	created     time.Time
}

type note struct {
	id       int64
	author   *user
	body     string
	system   bool
	internal bool
	created  time.Time
	updated  time.Time
}

// relabel is one line of the history of labels.
type relabel struct {
	id      int64
	by      *user
	label   *label // nil once it was deleted
	added   bool
	created time.Time
}

// move is one line of the history of states: closed, reopened or merged.
type move struct {
	id      int64
	by      *user
	state   string
	created time.Time
}
