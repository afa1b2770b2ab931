package app

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

var tiny = Project{Project: policy.Project{Name: "tiny", Prefix: "LSN", Public: "tiny/tinyserve", Notices: "tiny/notices"}}

const noticeID = "LSN-2026-0001"

// draft commits a draft of the notice into the mirror, by hand.
func (b *bench) draft(text string) string {
	b.t.Helper()
	b.git("switch", "-q", "--orphan", "notice-"+strings.ReplaceAll(b.t.Name(), "/", "-")+"-"+time.Duration(b.tick).String())
	head := b.commit("Draft", map[string]string{draftFile: text})
	b.git("push", "-q", "mirror", "HEAD:refs/heads/"+policy.NoticeRef(noticeID), "--force")
	return head
}

const draftWords = `id: 2026-0001
summary: It overflows
description: It overflows, and says canary.
lifecycle: {reported: 2026-11-20}
`

// TestRecord: the words are the draft's, and the rest is what the repository and the advisory say.
func TestRecord(t *testing.T) {
	b := newBench(t)
	bug, _, fix := b.history()
	tip := b.git("rev-parse", "main")
	at := time.Date(2026, 11, 26, 14, 0, 0, 0, time.UTC)
	do := policy.PublishNotice{
		Version: 1, Draft: b.draft(draftWords), CVE: "CVE-2026-1234", Report: "GHSA-aaaa-bbbb-cccc", Reported: at.Add(-policy.Day), At: at, Landed: at,
		Facts: policy.Facts{Branches: []string{"main", "stable-1"}, Introduced: []string{bug}},
	}
	do.Fixed = []policy.Move{{Branch: "main", Old: tip, New: fix}}
	before := do
	before.Landed = time.Time{}
	if r, err := b.record(t.Context(), tiny, noticeID, before); err != nil || r.Products[0].Branches[0].Fixed.Changes == nil {
		t.Errorf("rehearsed: %v, %v", r, err)
	}
	b.git("tag", "v1.0", "stable-1")
	b.git("push", "-q", "public", fix+":refs/heads/main", "v1.0")
	r, err := b.record(t.Context(), tiny, noticeID, do)
	if err != nil {
		t.Fatal(err)
	}
	if r.CVE() != "CVE-2026-1234" || r.Lifecycle.Reported.String() != "2026-11-25" || r.Lifecycle.Fixed.String() != "2026-11-26" {
		t.Errorf("%s, %v", r.CVE(), r.Lifecycle)
	}
	main, older := r.Products[0].Branches[0], r.Products[0].Branches[1]
	if !slices.Contains(main.Fixed.Changes, fix) || len(older.Fixed.Changes) != 0 || !slices.Equal(older.Vulnerable.Changes, []string{bug}) ||
		!slices.Equal(main.Vulnerable.Tags, []string{"v1.0"}) {
		t.Errorf("%+v", r.Products)
	}
	if patchers := r.Credited(notice.Patcher); len(patchers) != 1 || patchers[0].Email != "ann@example.org" {
		t.Errorf("patched by %v", patchers)
	}
	for name, refused := range map[string]struct{ draft, words string }{
		"no notice":       {"canary\n", "notice: "},
		"another id":      {strings.Replace(draftWords, "2026-0001", "2026-0002", 1), "id: this is 2026-0001"},
		"another CVE":     {draftWords + "references: {advisories: [{type: CVE, id: 2026-9999}]}\n", "names another CVE"},
		"no products":     {draftWords + "versions_by_hand: canary\n", "versions_by_hand: there are no products"},
		"typed files":     {draftWords + "files: [{name: canary.patch, branch: main, sha256: " + strings.Repeat("0", 64) + "}]\n", "files: they come"},
		"typed products":  {draftWords + "products: [{name: canary, repository: tiny}]\n", "products: they come from the repository"},
		"no description":  {strings.Replace(draftWords, "It overflows, and says canary.", "''", 1), "description: it is empty"},
		"a markup bomb":   {draftWords + "impact: &a [*a]\n", "notice: "},
		"a bidi override": {draftWords + "impact: \"canary \u202e\"\n", "impact: "},
	} {
		do.Draft = b.draft(refused.draft)
		_, err := b.record(t.Context(), tiny, noticeID, do)
		trouble := policy.AsTrouble(sortGit(err))
		if trouble == nil || trouble.Kind != policy.TroubleInvalid || !strings.Contains(trouble.Hint, refused.words) || strings.Contains(trouble.Hint, "canary") {
			t.Errorf("%s: %v", name, trouble)
		}
	}
}

// TestDraftNotice: the first draft is made once, and what people made of it meanwhile is theirs.
func TestDraftNotice(t *testing.T) {
	b := newBench(t)
	b.history()
	do := policy.DraftNotice{
		Ref: policy.NoticeRef(noticeID), Summary: policy.Embargoed(strings.Repeat("long ", 30)), Reporter: "rolf", Reported: time.Unix(1_790_000_000, 0),
		Description: policy.Embargoed("It \u202eoverflows.\n\n### Impact\nMuch.\n### Patches\nNone.\n"), Vectors: []string{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"},
	}
	read := func() *notice.Record {
		t.Helper()
		b.git("fetch", "-q", "mirror")
		r, err := notice.Parse([]byte(b.git("show", "mirror/"+do.Ref+":"+draftFile) + "\n"))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if err := b.draftNotice(t.Context(), tiny, noticeID, do); err != nil {
		t.Fatal(err)
	}
	r := read()
	if len([]rune(r.Summary)) > 80 || r.Description != "It overflows." || r.Impact != "Much." || r.Severity.CVSS31 == "" || r.Credited(notice.Reporter)[0].Name != "rolf" {
		t.Errorf("%+v", r)
	}
	own := b.draft(draftWords)
	if err := b.draftNotice(t.Context(), tiny, noticeID, do); err != nil {
		t.Fatal(err)
	}
	if read().Summary != "It overflows" || b.git("rev-parse", "mirror/"+do.Ref) != own {
		t.Error("what people wrote is gone")
	}
}

// TestLookPackages: what registries have is known by the name that the notice gives the product.
func TestLookPackages(t *testing.T) {
	p := tiny
	p.Forge = linked{}
	l := look(p, policy.NoticeRules{Branch: "main", Packages: []policy.Package{{Ecosystem: "PyPI", Name: "tiny", Tag: "v"}, {Product: "other", Ecosystem: "npm", Name: "tiny"}}})
	want := []notice.Package{{Product: "tinyserve", Ecosystem: "PyPI", Name: "tiny", Tag: "v"}, {Product: "other", Ecosystem: "npm", Name: "tiny"}}
	if !slices.Equal(l.Packages, want) || l.Check() != nil {
		t.Errorf("%+v, %v", l.Packages, l.Check())
	}
}

// linked is a forge of which only the places are asked.
type linked struct{ Forge }

func (linked) Links() policy.Links {
	return policy.Links{Repositories: "https://forge.example/", Branch: "/tree/", Tag: "/releases/tag/", Change: "/commit/"}
}

// TestShelf: a notice is added to those that are there, once; what is in its way is named.
func TestShelf(t *testing.T) {
	b := newBench(t)
	dir := filepath.Join(t.TempDir(), "notices.git")
	b.git("init", "-q", "--bare", dir)
	from := backport.Remote{URL: "file://" + dir}
	stores, err := backport.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	open := func() (*shelf, error) { return openShelf(t.Context(), stores, tiny.Notices, from, "main") }
	if _, err := open(); !strings.Contains(policy.AsTrouble(err).Hint, "has no branch main") {
		t.Errorf("an empty repository: %v", err)
	}
	old := strings.NewReplacer("2026-0001", "2025-0003", "canary", "an old thing").Replace(draftWords) + "references: {advisories: [{type: CVE, id: 2025-1111}]}\n"
	b.git("switch", "-q", "--orphan", "notices")
	b.commit("Begin", map[string]string{"README": "notices\n"})
	b.git("push", "-q", dir, "HEAD:refs/heads/main")
	put := func(words string) (string, error) {
		t.Helper()
		s, err := open()
		if err != nil {
			return "", err
		}
		r, err := notice.Parse([]byte(words))
		if err != nil {
			t.Fatal(err)
		}
		files, err := s.with(r, notice.Libvirt(), []string{"osv", "openvex"})
		if err != nil {
			return "", err
		}
		by := backport.Identity{Name: "Liftgate", Email: "liftgate@localhost", When: time.Unix(1_790_000_000, 0)}
		return s.put(t.Context(), clearedFor(t, noticeID), backport.Revision{Parent: s.tip, Files: files, Message: "one", Committer: by})
	}
	first, err := put(old)
	if err != nil {
		t.Fatal(err)
	}
	second, err := put(draftWords)
	if err != nil || second == first {
		t.Fatalf("%s, %v", second, err)
	}
	if again, err := put(draftWords); err != nil || again != second {
		t.Errorf("published twice: %s, %v", again, err)
	}
	b.git("fetch", "-q", dir, "main")
	if index := b.git("show", "FETCH_HEAD:index.html"); !strings.Contains(index, "2026/0001.html") || !strings.Contains(index, "2025/0003.html") {
		t.Error("the index lacks one")
	}
	if files := b.git("ls-tree", "-r", "--name-only", "FETCH_HEAD"); !strings.Contains(files, "2026/0001.json") || strings.Contains(files, "openvex") {
		t.Errorf("a format of releases was written without one, or kept another away: %s", files)
	}
	if _, err := put(draftWords + "references: {advisories: [{type: CVE, id: 2025-1111}]}\n"); !strings.Contains(policy.AsTrouble(err).Hint, "LSN-2025-0003 has its CVE number already") {
		t.Errorf("another notice's CVE: %v", err)
	}
	s, err := open()
	if err != nil {
		t.Fatal(err)
	}
	b.git("switch", "-q", "--detach", "FETCH_HEAD")
	b.commit("Somebody else", map[string]string{"2025/0003.yml": "canary\n"})
	b.git("push", "-q", dir, "HEAD:refs/heads/main")
	by := backport.Identity{Name: "Liftgate", Email: "liftgate@localhost", When: time.Unix(1_790_000_000, 0)}
	_, err = s.put(t.Context(), clearedFor(t, noticeID), backport.Revision{Parent: s.tip, Files: map[string][]byte{"a": nil}, Message: "one", Committer: by})
	if policy.AsTrouble(err).Kind != policy.TroubleAway {
		t.Errorf("somebody was faster: %v", err)
	}
	if _, err := open(); policy.AsTrouble(err).Hint != "notice: 2025/0003.yml of tiny/notices can't be read" {
		t.Errorf("a broken one: %v", err)
	}
}

func clearedFor(t *testing.T, advisory string) policy.Clearance {
	t.Helper()
	now := time.Now()
	a := policy.Advisory{ID: advisory, Phase: policy.Lifting, Lift: policy.Lift{Gate: policy.GateLanded}}
	a.Embargo.Start, a.Embargo.End, a.Embargo.ExitedAt = now.Add(-2*time.Hour), now.Add(-time.Hour), now
	c, err := a.Clear(now)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
