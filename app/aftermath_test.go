package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// outlook is what the world sees of the public repository, with one notice that is published.
func (b *bench) outlook(published *notice.Record) outlook {
	b.t.Helper()
	if err := b.public.Fetch(b.t.Context(), b.from); err != nil {
		b.t.Fatal(err)
	}
	history, err := ranges.Load(b.t.Context(), &b.public.Repo, "")
	if err != nil {
		b.t.Fatal(err)
	}
	return outlook{past: past{history: history}, public: b.public, shelf: &shelf{records: map[string]*notice.Record{published.ID: published}}}
}

// afterLift is a lift that landed a fix on main and its copy on a stable branch, and the notice that tells of it.
func (b *bench) afterLift() (a policy.Advisory, facts policy.Facts, published *notice.Record) {
	b.t.Helper()
	bug, _, fix := b.history()
	facts = policy.Facts{Branches: []string{"main", "stable-3", "stable-2"}, Introduced: []string{bug}}
	facts.Fixed = []policy.Move{{Branch: "main", Old: b.git("rev-parse", "main"), New: fix}}
	b.git("switch", "-q", "stable-3")
	old := b.git("rev-parse", "HEAD")
	b.git("cherry-pick", "-x", fix)
	facts.Fixed = append(facts.Fixed, policy.Move{Branch: "stable-3", Old: old, New: b.git("rev-parse", "HEAD")})
	b.git("push", "-q", "public", fix+":refs/heads/main", "stable-3")
	published = &notice.Record{ID: "2026-0001", Products: []notice.Product{{Name: "tinyserve", Repository: tiny.Public}}}
	for _, name := range facts.Branches {
		published.Products[0].Branches = append(published.Products[0].Branches, notice.Branch{Name: name})
	}
	a = policy.Advisory{ID: noticeID}
	a.Notice.Version = 1
	return a, facts, b.renew(published, facts)
}

// renew is the notice with what the repository tells now.
func (b *bench) renew(published *notice.Record, facts policy.Facts) *notice.Record {
	b.t.Helper()
	r, _, err := b.outlook(published).renewed(b.t.Context(), tiny, noticeID, facts)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// TestBranchIsGone: a branch with a fix that was never released is deleted. The notice keeps what it says of it, and the other
// branches are looked after as before.
func TestBranchIsGone(t *testing.T) {
	b := newBench(t)
	a, facts, published := b.afterLift()
	b.git("push", "-q", "public", "--delete", "stable-3")
	b.git("push", "-q", "public", facts.Fixed[0].New+":refs/tags/v2.0")
	after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts)
	if err != nil || after.Problem != "" || after.Changed != "main was released with the fix as v2.0" {
		t.Errorf("%+v, %v", after, err)
	}
	if told := b.renew(published, facts).Products[0].Branches[1]; !slices.Equal(told.Fixed.Changes, []string{facts.Fixed[1].New}) {
		t.Errorf("%+v", told)
	}
	typed := b.renew(published, facts)
	typed.Files = []notice.FixFile{{Branch: "main"}, {Branch: "stable-3"}}
	typed.Products[0].Branches = append(typed.Products[0].Branches, notice.Branch{Name: "gone", Fixed: notice.Marks{Changes: []string{strings.Repeat("a", 40)}}})
	facts.Look.Files = []string{patchFile}
	if files, err := b.outlook(published).attach(t.Context(), tiny, typed, facts); err != nil || len(files) != 0 {
		t.Errorf("a file of a commit that nobody has: %v, %v", files, err)
	}
	b.git("push", "-q", "public", "--delete", "v2.0")
	b.git("push", "-q", "public", "--force", facts.Fixed[0].Old+":refs/heads/main")
	if after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts); err != nil || after.Problem != "notice: no branch and no tag has what the lift has landed" {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestFixIsRedone: what landed is taken back and comes again as something else. That is the fix from then on.
func TestFixIsRedone(t *testing.T) {
	b := newBench(t)
	_, facts, published := b.afterLift()
	b.git("switch", "-q", "stable-3")
	b.git("revert", "--no-edit", "HEAD")
	b.git("push", "-q", "public", "stable-3")
	published = b.renew(published, facts)
	if told := published.Products[0].Branches[1]; len(told.Fixed.Changes) != 0 {
		t.Errorf("taken back: %+v", told)
	}
	b.git("cherry-pick", "-x", facts.Fixed[0].New)
	b.git("push", "-q", "public", "stable-3")
	if told := b.renew(published, facts).Products[0].Branches[1]; !slices.Equal(told.Fixed.Changes, []string{b.git("rev-parse", "HEAD")}) {
		t.Errorf("came again: %+v", told)
	}
}

// TestTagIsGone: that a tag was deleted does not make its release another one. One that was moved is judged anew.
func TestTagIsGone(t *testing.T) {
	b := newBench(t)
	a, facts, published := b.afterLift()
	old, fix := facts.Fixed[0].Old, facts.Fixed[0].New
	b.git("push", "-q", "public", old+":refs/tags/v1.0", old+":refs/tags/v1.1", fix+":refs/tags/v2.0", fix+":refs/tags/v2.1")
	published = b.renew(published, facts)
	b.git("push", "-q", "public", "--delete", "v1.0", "v2.0")
	after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts)
	if err != nil || after.Changed != "" {
		t.Errorf("%+v, %v", after, err)
	}
	main := b.renew(published, facts).Products[0].Branches[0]
	if !slices.Equal(main.Vulnerable.Tags, []string{"v1.0", "v1.1"}) || !slices.Equal(main.Fixed.Tags, []string{"v2.0", "v2.1"}) {
		t.Errorf("%+v", main)
	}
	b.git("push", "-q", "--force", "public", old+":refs/tags/v2.1")
	if after, err = b.outlook(published).aftermath(t.Context(), tiny, a, facts); err != nil || after.Changed != "the fix of main is not in v2.1, main is vulnerable in v2.1" {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestLostRules: a project file that was deleted says nothing about a case that was handled by it.
func TestLostRules(t *testing.T) {
	e := &Engine{}
	a := policy.Advisory{Phase: policy.Published, Cells: []policy.Cell{{Branch: "main", Landed: "1"}, {Branch: "stable-1"}}}
	a.Lift.Closed = time.Unix(1, 0)
	for _, seen := range []policy.Snapshot{{RulesMissing: true}, {RulesProblem: "line 1: what is this?"}} {
		if after, err := e.aftermath(t.Context(), tiny, a, seen); err != nil || after.Known || !followed(a) {
			t.Errorf("%+v, %v", after, err)
		}
	}
	a.Cells = a.Cells[:1]
	if !ruled(a, policy.Snapshot{RulesMissing: true}) {
		t.Error("a project without a file has the default rules")
	}
}

// TestEndedBranchStaysEnded: its rule may go away, unless the branch is maintained again.
func TestEndedBranchStaysEnded(t *testing.T) {
	b := newBench(t)
	a, facts, published := b.afterLift()
	end := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for _, step := range []struct {
		facts  func()
		change string
	}{
		{func() { facts.Ended = []policy.BranchRule{{Name: "stable-2", EOL: end}} }, "stable-2 has ended"},
		{func() { facts.Ended = nil }, ""},
		{func() { facts.Maintained = []string{"main", "stable-2"} }, "stable-2 is maintained again"},
	} {
		step.facts()
		after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts)
		if err != nil || after.Changed != step.change {
			t.Errorf("want %q: %+v, %v", step.change, after, err)
		}
		published = b.renew(published, facts)
	}
}

// TestVersionsAreLost: nothing is published where somebody has put the notices repository back, for a version is told of only once.
func TestVersionsAreLost(t *testing.T) {
	b := newBench(t)
	a, facts, published := b.afterLift()
	a.Notice.Version = 3
	b.git("push", "-q", "public", facts.Fixed[0].New+":refs/tags/v2.0")
	if after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts); err != nil || after.News(a) || after.Problem != "notice: tiny/notices has lost the newest 2 of its versions; bring them back" {
		t.Errorf("%+v, %v", after, err)
	}
}

// TestReleaseWithoutTheFix: a release that was made after the fix was taken back is none with the fix.
func TestReleaseWithoutTheFix(t *testing.T) {
	b := newBench(t)
	a, facts, published := b.afterLift()
	a.Obligations = []policy.Obligation{{Name: policy.OweReleases}}
	unreleased := func() []string {
		after, err := b.outlook(published).aftermath(t.Context(), tiny, a, facts)
		if err != nil {
			t.Fatal(err)
		}
		return after.Unreleased
	}
	b.git("switch", "-q", "stable-3")
	b.git("revert", "--no-edit", "HEAD")
	b.git("push", "-q", "public", "stable-3", "HEAD:refs/tags/v3.1", facts.Fixed[0].New+":refs/tags/v4.0")
	if got := unreleased(); !slices.Equal(got, []string{"stable-3"}) {
		t.Errorf("taken back: %q", got)
	}
	b.git("cherry-pick", "-x", facts.Fixed[0].New)
	b.git("push", "-q", "public", "stable-3", "HEAD:refs/tags/v3.2")
	if got := unreleased(); len(got) != 0 {
		t.Errorf("came again: %q", got)
	}
}
