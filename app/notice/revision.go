package notice

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Revision is one version of a notice: when it came out and why.
type Revision struct {
	Day    Date   `yaml:"day"`
	Reason string `yaml:"reason"`           // one line
	Advice Flag   `yaml:"advice,omitempty"` // users should do something else than the version before told them
}

// Flag is true or false. All that is read is text, these words too.
type Flag bool

// UnmarshalText reads true and false.
func (f *Flag) UnmarshalText(text []byte) error {
	is, err := strconv.ParseBool(string(text))
	*f = Flag(is)
	return err
}

const firstVersion = "first version"

// Version counts the versions of a notice. One that tells of none is the first.
func (r *Record) Version() int { return max(1, len(r.Revisions)) }

// Revise makes the record the version given of what before holds; nil, where nothing is published yet. Doing it again with what
// came of it gives the same record.
func (r *Record) Revise(before *Record, version int, revision Revision) {
	r.Revisions = nil
	if before != nil {
		r.Revisions = slices.Clone(before.Revisions)
		if len(r.Revisions) == 0 {
			r.Revisions = []Revision{{Day: before.Lifecycle.day(), Reason: firstVersion}}
		}
	}
	r.Revisions = append(r.Revisions[:min(version-1, len(r.Revisions))], revision)
}

// Newest is the newest version.
func (r *Record) Newest() Revision {
	all := r.history()
	return all[len(all)-1]
}

// history is all revisions, with the one that a record without any is.
func (r *Record) history() []Revision {
	if len(r.Revisions) > 0 {
		return r.Revisions
	}
	first := r.Lifecycle.day()
	all := []Revision{{Day: first, Reason: firstVersion}}
	if fixed := r.Lifecycle.Fixed; fixed.After(first.Time) {
		all = append(all, Revision{Day: fixed, Reason: "the fix came out"})
	}
	return all
}

// updated is the day of the newest version.
func (r *Record) updated() Date {
	latest := r.Lifecycle.latest()
	for _, revision := range r.Revisions {
		if revision.Day.After(latest.Time) {
			latest = revision.Day
		}
	}
	return latest
}

// Change is what has become of a product since a version of its notice.
type Change struct {
	Reason string // on one line; empty: nothing has
	Advice bool   // users should do something else than they were told
}

// ChangeOf compares a product with what is known of it now. Advice changes where a branch gets the fix or loses it, where one
// turns out to be vulnerable, and where a vulnerable one ends; that a release has a fix that everybody was told of does not
// change it.
func ChangeOf(before, now Product) Change {
	var c Change
	var words []string
	say := func(advice bool, format string, args ...any) {
		words, c.Advice = append(words, fmt.Sprintf(format, args...)), c.Advice || advice
	}
	for _, b := range now.Branches {
		i := slices.IndexFunc(before.Branches, func(old Branch) bool { return old.Name == b.Name })
		if i < 0 {
			if b.fixed() {
				say(true, "%s has the fix", b.Name)
			} else {
				say(true, "%s is vulnerable", b.Name)
			}
			continue
		}
		b.since(before.Branches[i], say)
	}
	const most = 4 // of what one line says
	if more := len(words) - most; more > 0 {
		words = append(words[:most], fmt.Sprintf("and %d more changes", more))
	}
	c.Reason = strings.Join(words, ", ")
	if len(c.Reason) > maxLine {
		c.Reason = fmt.Sprintf("%d changes of releases and branches", len(words))
	}
	return c
}

func (b Branch) fixed() bool { return len(b.Fixed.Changes) > 0 }

func (b Branch) since(old Branch, say func(advice bool, format string, args ...any)) {
	switch {
	case b.fixed() && !old.fixed():
		say(true, "%s has the fix", b.Name)
	case !b.fixed() && old.fixed():
		say(true, "%s has lost the fix", b.Name)
	case !slices.Equal(b.Fixed.Changes, old.Fixed.Changes):
		say(false, "%s has the fix by other changes", b.Name)
	}
	if !slices.Equal(b.Vulnerable.Changes, old.Vulnerable.Changes) {
		say(false, "%s is vulnerable by other changes", b.Name)
	}
	tags := func(which string, now, old []string) {
		if added := without(now, old); len(added) > 0 {
			say(false, "%s %s %s", strings.Join(added, " "), which, "("+b.Name+")")
		}
		if gone := without(old, now); len(gone) > 0 {
			say(false, "%s no longer %s %s", strings.Join(gone, " "), which, "("+b.Name+")")
		}
	}
	tags("with the fix", b.Fixed.Tags, old.Fixed.Tags)
	tags("vulnerable", b.Vulnerable.Tags, old.Vulnerable.Tags)
	if !b.Ended.IsZero() && old.Ended.IsZero() {
		say(!b.fixed(), "%s has ended", b.Name)
	}
	if b.Ended.IsZero() && !old.Ended.IsZero() {
		say(false, "%s is maintained again", b.Name)
	}
}

// without gives what a has and b does not.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(one string) bool { return slices.Contains(b, one) })
}
