package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Aftermath is what the public repositories say about a case that is over: facts, read again for every decision.
type Aftermath struct {
	Known      bool         // false where nothing was asked, or nothing is to be known
	Unreleased []string     // branches on which the fix has landed, and that no release has it of; told while a release is owed
	Notice     NoticeResult // as it is published; its version is 0 where there is none
	Changed    string       // what the published notice does not say yet, in public words on one line; empty: it says all
	Problem    string       // why the published notice can't be looked after, in public words
}

// Facts are what a notice is told from, beside its words and the public repository.
type Facts struct {
	Fixed      []Move       // what the lift did to each branch
	Branches   []string     // those that have the bug, fixed or not, main first
	Maintained []string     // those that are now
	New        []string     // those of them that nobody has judged, since they are maintained only now
	Others     []string     // those that are told of as soon as somebody has fixed them all the same
	Ended      []BranchRule // those that are not maintained any more
	Introduced []string     // commits that brought the bug, where somebody has named them
	Look       NoticeRules
}

// Facts are what a notice is told from. New are the branches that the rules name and nobody has judged: one may have been made
// from an old release since.
func (a Advisory) Facts(rules Rules, public []Branch, now time.Time) Facts {
	f := Facts{Introduced: a.Introduced, Look: rules.Notice}
	maintained, ended := rules.Maintained(Names(public), now)
	f.Maintained = maintained
	for _, c := range a.Cells {
		if c.Landed != "" {
			f.Fixed = append(f.Fixed, Move{Branch: c.Branch, Old: c.Candidate.Tip, New: c.Landed})
		}
		if c.told() {
			f.Branches = append(f.Branches, c.Branch)
		}
	}
	for _, name := range ended {
		f.Ended = append(f.Ended, BranchRule{Name: name, EOL: rules.eol(name)})
		if c := a.Cell(name); c == nil || c.State == EndOfLife && !c.told() {
			f.Others = append(f.Others, name)
		}
	}
	for _, name := range maintained {
		if a.Cell(name) == nil {
			f.New = append(f.New, name)
		}
	}
	return f
}

// told reports whether the notice tells of a branch: it has the bug, fixed or not, as far as anybody has looked.
func (c Cell) told() bool {
	return c.State == Affected || c.State == Waived || c.State == EndOfLife && c.By != ""
}

// eol is the end of life of a branch whose end has come, by the first rule that names it.
func (r Rules) eol(branch string) time.Time {
	i := slices.IndexFunc(r.Branches, func(rule BranchRule) bool {
		return len(matching(rule.Name, []string{branch})) > 0 && !rule.EOL.IsZero()
	})
	if i < 0 {
		return time.Time{}
	}
	return r.Branches[i].EOL
}

// News reports whether a decision about a case that is over has anything to do about its notice.
func (after Aftermath) News(a Advisory) bool {
	return after.Changed != "" || after.Notice.Version > a.Notice.Version
}

// planAftermath goes on where the lift has ended: what the world is told follows what becomes of the fix.
func (t *turn) planAftermath() {
	if t.a.Phase != Published {
		return
	}
	after := t.in.Seen.After
	if after.Known {
		t.seeReleases(after)
		t.seePublished(after)
	}
	t.oweMails()
	if t.owing(OweNotice) || t.a.CVERejection.wanted() {
		t.planRecord()
	}
	if t.owing(OweNotice) || t.owing(OweMail) {
		t.planAnnouncements()
	}
	if after.Known && after.Problem == "" && after.Changed == "" && t.a.Notice.Printed == t.a.Notice.Version && len(t.unmailed()) == 0 && !t.owesRecord() {
		t.met(OweNotice)
		t.a.Notice.Heard = t.a.Notice.Told
	}
	t.planObligations()
}

// seePublished compares the published notice with what is known, and has it revised.
func (t *turn) seePublished(after Aftermath) {
	if after.Problem != "" {
		t.page("notice/"+named(after.Problem), "The published notice can't be looked after: "+after.Problem+".")
		return
	}
	// By people, or by a try whose outcome was lost.
	t.revisedNotice(after.Notice)
	version, why := t.a.Notice.Version, after.Notice.Reason
	switch {
	case after.Changed != "":
		version, why = version+1, after.Changed
	case t.a.Notice.Printed == version: // else people have written it in one format
		return
	}
	if t.owe(OweNotice, fmt.Sprintf("version %d of the notice: %s", version, why)); !t.a.obligation(OweNotice).Open() { // settled by people
		return
	}
	t.ask(fmt.Sprintf("revise/%d/%s", version, named(why)), ReviseNotice{
		Version: version, At: t.now, Facts: t.a.Facts(t.in.Seen.Rules, t.in.Seen.Public, t.now),
	})
}

// revisedNotice takes in a version of the notice that followed the lift, and those before it that nobody has seen. The lists hear of
// the newest if one of them changes what users should do.
func (t *turn) revisedNotice(newest NoticeResult) {
	n := &t.a.Notice
	if newest.Version <= n.Version {
		return
	}
	if newest.Advised > n.Version {
		n.Told, n.ToldWhy = newest.Version, newest.Why
	}
	n.Version, n.Commit = newest.Version, newest.Commit
	t.owe(OweNotice, fmt.Sprintf("version %d of the notice: %s", n.Version, newest.Reason))
	t.line(By, "published the notice", fmt.Sprintf("version %d: %s", newest.Version, newest.Reason))
}

// oweReleases begins the obligation that each maintained branch has a release with the fix.
func (t *turn) oweReleases() {
	if t.a.Over() || t.a.obligation(OweReleases) != nil {
		return
	}
	if landed := t.landedBranches(); len(landed) > 0 {
		t.owe(OweReleases, releaseWords(landed))
	}
}

func releaseWords(branches []string) string {
	return "a release with the fix of " + strings.Join(branches, ", ")
}

func (t *turn) landedBranches() []string {
	var names []string
	for _, c := range t.a.Cells {
		if c.Landed != "" {
			names = append(names, c.Branch)
		}
	}
	return names
}

// seeReleases looks which branches still have none. A branch that has ended is waited for no longer.
func (t *turn) seeReleases(after Aftermath) {
	o := t.a.obligation(OweReleases)
	if o == nil || !o.Open() {
		return
	}
	o.Looked = t.now
	left := slices.Clone(after.Unreleased)
	if t.in.Seen.RulesProblem == "" { // else nobody knows which are maintained
		maintained, _ := t.in.Seen.Rules.Maintained(Names(t.in.Seen.Public), t.now)
		left = slices.DeleteFunc(left, func(name string) bool { return !slices.Contains(maintained, name) })
	}
	if len(left) > 0 {
		o.What = releaseWords(left)
		return
	}
	o.Met = t.now
	t.line(By, "saw the releases", "every maintained branch has a release with the fix")
}
