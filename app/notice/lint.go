package notice

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// released is how long after the fix a release is expected to have it.
const released = 365 * 24 * time.Hour

var mailShape = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)

// Lint finds what people get wrong in a notice that Check accepts.
func (r *Record) Lint(now time.Time) []*Error {
	var l lint
	l.days(r, now)
	for i, who := range r.Credits {
		if who.Email != "" && !mailShape.MatchString(who.Email) {
			l.say(at("credits", i)+".email", "this is no mail address")
		}
	}
	for i, p := range r.Products {
		l.product(at("products", i), p, r.Lifecycle.Fixed, now)
	}
	return l
}

// LintAll finds what does not fit together in several notices: a number that two of them have.
func LintAll(records []*Record) []*Error {
	var l lint
	owner := map[string]string{}
	for _, r := range records {
		numbers := []string{"id " + r.ID}
		for i, a := range r.References.Advisories {
			if !slices.Contains(r.References.Advisories[:i], a) {
				numbers = append(numbers, a.String())
			}
		}
		for i, n := range numbers {
			if first, taken := owner[n]; taken && i == 0 {
				l.say("id", "two notices have the number %s", r.ID)
			} else if taken {
				l.say("references.advisories", "%s: %s belongs to notice %s too", r.ID, n, first)
			} else {
				owner[n] = r.ID
			}
		}
	}
	return l
}

type lint []*Error

func (l *lint) say(field, format string, args ...any) {
	*l = append(*l, &Error{field, fmt.Sprintf(format, args...)})
}

func (l *lint) days(r *Record, now time.Time) {
	life := r.Lifecycle
	if life.Reported.After(now.Add(24 * time.Hour)) { // it may be tomorrow already where the report was written
		l.say("lifecycle.reported", "this day has not come yet")
	}
	for _, pair := range []struct {
		field, earlier, later string
		first, then           Date
	}{
		{"lifecycle.published", "reported", "published", life.Reported, life.Published},
		{"lifecycle.fixed", "reported", "fixed", life.Reported, life.Fixed},
	} {
		if !pair.first.IsZero() && !pair.then.IsZero() && pair.then.Before(pair.first.Time) {
			l.say(pair.field, "it was %s before it was %s", pair.later, pair.earlier)
		}
	}
	if !life.Reported.IsZero() && r.ID[:4] != fmt.Sprint(life.Reported.Year()) {
		l.say("id", "its year is not the year of the report")
	}
}

func (l *lint) product(field string, p Product, fixed Date, now time.Time) {
	var unfixed, untagged []string
	repaired := false
	for i, b := range p.Branches {
		inner := at(field+".branches", i)
		l.hashes(inner+".vulnerable.changes", b.Vulnerable.Changes)
		l.hashes(inner+".fixed.changes", b.Fixed.Changes)
		for _, tag := range b.Fixed.Tags {
			if slices.Contains(b.Vulnerable.Tags, tag) {
				l.say(inner+".fixed.tags", "the same tag is vulnerable too")
			}
		}
		if slices.ContainsFunc(p.Branches[:i], func(other Branch) bool { return other.Name == b.Name }) {
			l.say(inner+".name", "the branch is there twice")
		}
		switch {
		case !b.fixed() && len(b.Fixed.Tags) > 0:
			repaired = true
			l.say(inner+".fixed.changes", "a release has the fix, and no change of it is named")
		case !b.fixed() && !b.Ended.IsZero(): // there will be none
		case !b.fixed():
			unfixed = append(unfixed, b.Name)
		case len(b.Fixed.Tags) == 0:
			repaired = true
			untagged = append(untagged, b.Name)
		default:
			repaired = true
		}
	}
	if repaired && len(unfixed) > 0 {
		l.say(field+".branches", "%d of %d have no fix: %s", len(unfixed), len(p.Branches), firstFew(unfixed))
	}
	if len(untagged) > 0 && !fixed.IsZero() && now.Sub(fixed.Time) > released {
		l.say(field+".branches", "%d have a fix, and a year later no release with it: %s", len(untagged), firstFew(untagged))
	}
}

func (l *lint) hashes(field string, all []string) {
	for i, sha := range all {
		if len(sha) != 40 && len(sha) != 64 || strings.ToLower(sha) != sha {
			l.say(at(field, i), "the hash is abbreviated or mistyped; write all 40 small digits")
		}
	}
}

// firstFew names the first few.
func firstFew(names []string) string {
	const few = 3
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + ", ..."
}
