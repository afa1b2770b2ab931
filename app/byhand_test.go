package app

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// TestByHand: versions that people typed are taken as they are, and what the repository does not bear out is told.
func TestByHand(t *testing.T) {
	b := newBench(t)
	bug, _, fix := b.history()
	tip := b.git("rev-parse", "main")
	words := draftWords + "versions_by_hand: The old tree is not in git.\nproducts:\n  - name: tinyserve\n    repository: tiny/tinyserve\n    branches:\n" +
		"      - {name: main, vulnerable: {tags: [v1.0], changes: [" + bug + "]}, fixed: {tags: [v0.9], changes: [" + fix + "]}}\n"
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	do := policy.PublishNotice{
		Version: 1, Draft: b.draft(words), Reported: at.Add(-policy.Day), At: at, Landed: at,
		Facts: policy.Facts{Fixed: []policy.Move{{Branch: "main", Old: tip, New: fix}}, Branches: []string{"main"}, Introduced: []string{bug}},
	}
	r, err := b.record(t.Context(), tiny, noticeID, do)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Products[0].Branches[0].Fixed.Tags, []string{"v0.9"}) || len(r.Credited(notice.Patcher)) != 1 {
		t.Errorf("%+v", r)
	}
	b.git("tag", "v0.9", bug+"^")
	b.git("tag", "v1.0", bug)
	b.git("push", "-q", "public", fix+":refs/heads/main", "v0.9", "v1.0")
	if err := b.public.Fetch(t.Context(), b.from); err != nil {
		t.Fatal(err)
	}
	history, err := ranges.Load(t.Context(), &b.public.Repo, "")
	if err != nil {
		t.Fatal(err)
	}
	doubts := doubtful(t.Context(), history, r.Products[0], nil, ranges.Tags{})
	if len(doubts) != 1 || !strings.Contains(doubts[0], `tag "v0.9"`) || !strings.Contains(doubts[0], "typed by hand") {
		t.Errorf("%q", doubts)
	}
	r.Products[0].Branches[0].Fixed = notice.Marks{Changes: []string{strings.Repeat("a", 40)}}
	landing := map[string][]backport.SHA{"main": {backport.SHA(strings.Repeat("a", 40))}}
	if doubts := doubtful(t.Context(), history, r.Products[0], landing, ranges.Tags{}); len(doubts) != 0 {
		t.Errorf("what is to land is doubted: %q", doubts)
	}
	if doubts := doubtful(t.Context(), history, r.Products[0], nil, ranges.Tags{}); len(doubts) == 0 {
		t.Error("a commit that is nowhere is not doubted")
	}
	for range 3 * maxDoubts {
		r.Products[0].Branches[0].Vulnerable.Tags = append(r.Products[0].Branches[0].Vulnerable.Tags, "v7."+strings.Repeat("0", len(r.Products[0].Branches[0].Vulnerable.Tags)))
	}
	if doubts := doubtful(t.Context(), history, r.Products[0], nil, ranges.Tags{}); len(doubts) != maxDoubts+1 {
		t.Errorf("%d doubts", len(doubts))
	}
}

// TestByHandStays: what becomes of the fix changes nothing that people have typed.
func TestByHandStays(t *testing.T) {
	published, err := notice.Parse([]byte(draftWords + "versions_by_hand: so\nproducts: [{name: a, repository: tiny/tinyserve, branches: [{name: main}]}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := outlook{shelf: &shelf{records: map[string]*notice.Record{published.ID: published}}}
	r, change, err := o.renewed(t.Context(), tiny, noticeID, policy.Facts{Branches: []string{"main"}})
	if err != nil || r != published || change.Reason != "" {
		t.Errorf("%+v, %+v, %v", r, change, err)
	}
}
