package notice

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Revision is one version of a notice: when it came out and why.
type Revision struct {
	Day    Date   `yaml:"day"`
	Reason string `yaml:"reason"`           // one line
	Advice Yes    `yaml:"advice,omitempty"` // users should do something else than the version before told them
}

// Yes is true where a notice says yes. All that a notice says is text.
type Yes bool

// MarshalText writes yes.
func (y Yes) MarshalText() ([]byte, error) {
	if y {
		return []byte("yes"), nil
	}
	return []byte("no"), nil
}

// UnmarshalText reads yes and no.
func (y *Yes) UnmarshalText(text []byte) error {
	word := strings.TrimSpace(string(text))
	if word != "yes" && word != "no" {
		return errors.New("want yes or no")
	}
	*y = word == "yes"
	return nil
}

const firstVersion = "first version"

// Version counts the versions of a notice. One that tells of none is the first.
func (r *Record) Version() int { return max(1, len(r.Revisions)) }

// Revise makes the record the version given of what before holds; nil, where nothing is published yet. Doing it again with what
// came of it gives the same record. The days of versions don't run back, whatever somebody's calendar has said.
func (r *Record) Revise(before *Record, version int, revision Revision) {
	var all []Revision
	if before != nil {
		all = slices.Clone(before.Revisions)
		if len(all) == 0 {
			all = []Revision{{Day: before.Lifecycle.day(), Reason: firstVersion}}
		}
	}
	all = all[:min(version-1, len(all))]
	if n := len(all); n > 0 && revision.Day.Before(all[n-1].Day.Time) {
		revision.Day = all[n-1].Day
	}
	r.Revisions = append(all, revision)
}

// Newest is the newest version.
func (r *Record) Newest() Revision {
	all := r.history()
	return all[len(all)-1]
}

// Advised is the newest version that changes what users should do, and why there is that one; 0 where none does.
func (r *Record) Advised() (version int, reason string) {
	for i, revision := range slices.Backward(r.Revisions) {
		if revision.Advice {
			return i + 1, revision.Reason
		}
	}
	return 0, ""
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
	c.Reason = oneLine(words)
	return c
}

// oneLine says as much as fits into one line.
func oneLine(words []string) string {
	const most = 4
	line := strings.Join(words, ", ")
	if more := len(words) - most; more > 0 {
		line = fmt.Sprintf("%s, and %d more changes", strings.Join(words[:most], ", "), more)
	}
	if len(line) > maxLine {
		return fmt.Sprintf("%d changes of branches and releases", len(words))
	}
	return line
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
	for _, tags := range []struct {
		list  []string
		words string
	}{
		{without(b.Fixed.Tags, old.Fixed.Tags), "%[1]s was released with the fix as %[2]s"},
		{without(old.Fixed.Tags, b.Fixed.Tags), "the fix of %[1]s is not in %[2]s"},
		{without(b.Vulnerable.Tags, old.Vulnerable.Tags), "%[1]s is vulnerable in %[2]s"},
		{without(old.Vulnerable.Tags, b.Vulnerable.Tags), "%[1]s is not vulnerable in %[2]s"},
	} {
		if len(tags.list) > 0 {
			say(false, tags.words, b.Name, strings.Join(tags.list, " "))
		}
	}
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
