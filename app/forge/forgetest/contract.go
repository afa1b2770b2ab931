package forgetest

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// People do in a town what people do at a forge. A desk is an issue of the mirror.
type People interface {
	Report() (ref string) // by somebody who is no member
	Rules(content string) // become the project's file on the public main branch
	Issue(login, title, body string)
	Label(login string, desk int, names ...string)
	Unlabel(login string, desk int, name string)
	Comment(login string, desk int, body string) (id int64)
	Edit(login string, desk int, comment int64, body string)
	Delete(login string, desk int, comment int64)
}

// Contract is what every adapter does alike. The town that open gives has People in it.
func Contract(t *testing.T, open func(*testing.T) *Town) {
	for name, keeps := range map[string]func(*Town){
		"publication":       publication,
		"project file":      projectFile,
		"desk":              desk,
		"status comment":    statusComment,
		"hidden status":     hiddenStatus,
		"markers of others": markersOfOthers,
	} {
		t.Run(name, func(t *testing.T) { keeps(open(t)) })
	}
}

// publication needs a clearance, happens once, and leaves nothing in public before.
func publication(w *Town) {
	ref := w.People.Report()
	w.Do("k1", policy.UpdateReport{Ref: ref, State: policy.ReportDraft})
	publish := policy.Effect{Key: "k2", Advisory: Advisory, Do: policy.PublishReport{Ref: ref, CVE: "CVE-2026-12345"}}
	w.Refuses(publish, policy.TroubleRefused, "in private")
	_, err := w.Adapter().ApplyPublic(w.Context(), policy.Clearance{}, publish, false)
	Trouble(w.T, err, policy.TroubleRefused, "no clearance")
	other := publish
	other.Advisory = "another"
	_, err = w.Adapter().ApplyPublic(w.Context(), w.Cleared(), other, false)
	Trouble(w.T, err, policy.TroubleRefused, "no clearance")
	w.Refuses(policy.Effect{Do: policy.UpdateReport{Ref: ref, State: policy.ReportPublished}}, policy.TroubleRefused, "draft or closed")
	for _, r := range w.Server().Requests() {
		if r.Public && ours(r) {
			w.Errorf("public before its time: %s %s", r.Method, r.Path)
		}
	}
	for _, again := range []bool{false, true} {
		_, err = w.Adapter().ApplyPublic(w.Context(), w.Cleared(), publish, again)
		w.Must(err)
	}
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || r.CVE != "CVE-2026-12345" {
		w.Errorf("got %+v", r)
	}
	w.Refuses(policy.Effect{Do: policy.UpdateReport{Ref: ref, State: policy.ReportDraft}}, policy.TroubleConflict, "published already")
	w.Refuses(policy.Effect{Do: policy.Land{}}, policy.TroubleRefused, "")
}

// desk: what people ask for there is seen once each and in its order, and what Liftgate says is no command.
func desk(w *Town) {
	if d := w.Observe(policy.Look{}).Desk; d.Number != 0 {
		w.Errorf("a desk out of nothing: %+v", d)
	}
	desk := w.OpenDesk("hello\n/accept")
	w.Pass(time.Minute)
	w.People.Label("ada", desk, "accepted", "bug", "affects/stable-1")
	w.Pass(time.Minute)
	w.People.Unlabel("ada", desk, "accepted")
	w.Pass(time.Minute)
	w.People.Comment("rel", desk, "Well.\n/cve CVE-2026-1\n/hold  because of x\nnot /lift")
	w.Pass(time.Minute)
	edited := w.People.Comment("guest", desk, "harmless")
	w.Pass(time.Minute)
	w.People.Edit("ada", desk, edited, "/lift now please")
	w.Do("say", policy.Say{Desk: desk, Body: policy.Embargoed("/accept is not for me")})

	s := w.Observe(policy.Look{Desk: desk, Actors: []string{"eve", "who-is-this", "ADA", "guest", "dev"}})
	want := []string{"label ada accept ", "label ada affects stable-1", "comment rel cve CVE-2026-1", "comment rel hold because of x", "comment guest changed "}
	if got := Asked(w.T, s); !slices.Equal(got, want) {
		w.Errorf("commands:\n got %q\nwant %q", got, want)
	}
	levels := map[string]string{}
	for _, p := range s.Permissions {
		levels[p.Login] = p.Level
	}
	for login, level := range map[string]string{
		"eve": "none", "who-is-this": "none", "ADA": "admin", "rel": "maintain", "dev": "write", "guest": "read",
	} {
		if levels[login] != level {
			w.Errorf("%s: %q, want %q", login, levels[login], level)
		}
	}
	if len(levels) != 6 {
		w.Errorf("permissions: %v", levels)
	}
	w.Do("close", policy.CloseDesk{Desk: desk})
	w.Again("close", policy.CloseDesk{Desk: desk}, true)
	if d := w.Observe(policy.Look{Desk: desk}).Desk; d.Open || d.URL == "" {
		w.Errorf("got %+v", d)
	}
	if d := w.Observe(policy.Look{Desk: 999}).Desk; d.Number != 999 || !d.Gone || d.Open || d.URL != "" {
		w.Errorf("a desk that is gone: %+v", d)
	}
	w.Do("close9", policy.CloseDesk{Desk: 999})
	w.Refuses(policy.Effect{Key: "x", Do: policy.Say{Desk: 999, Body: policy.Embargoed(Canary)}}, policy.TroubleRefused, "issue or comment in the mirror")
}

// Asked gives the commands of a desk as "label ada accept", and checks that each can be told from the others.
func Asked(t *testing.T, s policy.Snapshot) []string {
	t.Helper()
	var got []string
	ids := map[string]bool{"": true}
	for _, c := range s.Desk.Commands {
		got = append(got, c.Via+" "+c.Actor+" "+string(c.Verb)+" "+c.Args.Reveal())
		if ids[c.ID] || c.At.IsZero() {
			t.Errorf("a command without a time or an id of its own: %+v", c)
		}
		ids[c.ID] = true
	}
	return got
}

// statusComment is edited in place, and made anew only when it is gone.
func statusComment(w *Town) {
	desk := w.OpenDesk("hello")
	first := w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one")}).Number
	if same := w.Do("s2", policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("two")}).Number; same != first {
		w.Errorf("edited %d, got %d", first, same)
	}
	w.People.Delete("ada", desk, first)
	second := w.Do("s3", policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("three")}).Number
	if second == first || second == 0 {
		w.Errorf("a vanished comment was not made anew: %d", second)
	}
}

// hiddenStatus: a status comment that the forge denies for a moment is not made a second time.
func hiddenStatus(w *Town) {
	desk := w.OpenDesk("hello")
	first := w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one")}).Number
	w.Server().Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == http.MethodPatch || c.Method == http.MethodPut {
			return sandbox.Refused(http.StatusNotFound)
		}
		return sandbox.Fault{}
	})
	before := w.Posts()
	w.Refuses(policy.Effect{Key: "s2", Do: policy.WriteStatus{Desk: desk, Comment: first, Body: policy.Embargoed("two")}},
		policy.TroubleRefused, "issue or comment in the mirror")
	if n := w.Posts() - before; n != 0 {
		w.Errorf("%d comments were made", n)
	}
}

// markersOfOthers: a person who copies the marker makes no effect look done.
func markersOfOthers(w *Town) {
	w.People.Issue("dev", Advisory, policy.Marker("desk"))
	desk := w.OpenDesk("hello")
	if desk == 1 || w.Observe(policy.Look{}).Desk.Number != desk {
		w.Error("a person's issue was taken for the desk")
	}
	w.People.Comment("dev", desk, policy.Marker("say"))
	before := w.Posts()
	w.Again("say", policy.Say{Desk: desk, Body: policy.Embargoed("no")}, true)
	if n := w.Posts() - before; n != 1 {
		w.Errorf("%d comments were made, want one", n)
	}
}

// projectFile is read as it stands in a commit.
func projectFile(w *Town) {
	f := w.Adapter()
	if _, found, err := f.ProjectFile(w.Context(), "main"); found || err != nil {
		w.Errorf("out of nothing: %v, %v", found, err)
	}
	before, _ := policy.Tip(w.Observe(policy.Look{}).Public, "main")
	const rules = "branches: [main]\n"
	w.People.Rules(rules)
	if _, found, err := f.ProjectFile(w.Context(), before); found || err != nil || before == "" {
		w.Errorf("before it was there: %v, %v", found, err)
	}
	if content, found, err := f.ProjectFile(w.Context(), "main"); err != nil || !found || string(content) != rules {
		w.Errorf("got %q, %v, %v", content, found, err)
	}
	if main, err := f.DefaultBranch(w.Context()); err != nil || main != "main" {
		w.Errorf("default branch %q, %v", main, err)
	}
}

// Creation is an effect that makes one thing at the forge, by a POST to a path that ends so.
type Creation struct {
	Key, Path string
	Do        policy.Action
	Numbered  bool // the outcome names what was made
}

// MakesOnce loses the answer of every creation, and repeats it.
func (w *Town) MakesOnce(creations []Creation) {
	w.Helper()
	for _, c := range creations {
		before := w.Posts(c.Path)
		w.Lose(http.MethodPost)
		w.Refuses(policy.Effect{Key: c.Key, Advisory: Advisory, Do: c.Do}, policy.TroubleUnknown, "")
		w.Server().Fail(nil)
		first := w.Again(c.Key, c.Do, true)
		second := w.Again(c.Key, c.Do, true)
		if made := w.Posts(c.Path) - before; made != 1 {
			w.Errorf("%s: made %d times", c.Key, made)
		}
		if c.Numbered && (first.Number == 0 || first.Number != second.Number) {
			w.Errorf("%s: numbers %d and %d", c.Key, first.Number, second.Number)
		}
	}
}

// Lose makes every write of a method happen and drops its answer; a token is no such write.
func (w *Town) Lose(method string) {
	w.Server().Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == method && !takesToken(c.Path) {
			return sandbox.AppliedThenDropped()
		}
		return sandbox.Fault{}
	})
}

// Posts counts Liftgate's POSTs to paths that end so; without any, all of them.
func (w *Town) Posts(tails ...string) int {
	n := 0
	for _, r := range w.Server().Requests() {
		ends := func(tail string) bool { return strings.HasSuffix(r.Path, tail) }
		if r.Method == http.MethodPost && ours(r) && !takesToken(r.Path) && (len(tails) == 0 || slices.ContainsFunc(tails, ends)) {
			n++
		}
	}
	return n
}

func takesToken(path string) bool { return strings.HasSuffix(path, "/access_tokens") }

// ours reports whether Liftgate made a request: its user and its App's bot have that name.
func ours(r sandbox.Request) bool { return strings.HasPrefix(r.Token.Actor, "liftgate") }

// OpenDesk opens the advisory's desk.
func (w *Town) OpenDesk(body string) int {
	w.Helper()
	return int(w.Do("desk", policy.OpenDesk{Title: Advisory, Body: policy.Embargoed(body)}).Number)
}

// Refuses performs an effect that must fail.
func (w *Town) Refuses(e policy.Effect, kind policy.TroubleKind, hint string) {
	w.Helper()
	_, err := w.Adapter().Apply(w.Context(), e, false)
	Trouble(w.T, err, kind, hint)
}

// Rehearses checks that a rehearsal finds problems with these words, or none where no words are given.
func (w *Town) Rehearses(name string, probe policy.Probe, words ...string) {
	w.Helper()
	r := w.Do("probe", probe).Probe
	for _, word := range words {
		if !slices.ContainsFunc(r.Problems, func(p string) bool { return strings.Contains(p, word) }) {
			w.Errorf("%s: nothing about %q in %q", name, word, r.Problems)
		}
	}
	if len(words) == 0 && len(r.Problems) > 0 || len(r.Checked) == 0 {
		w.Errorf("%s: %q, %q", name, r.Problems, r.Checked)
	}
}
