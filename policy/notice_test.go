package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// noticed is a world whose project publishes notices.
func noticed(t *testing.T) *world {
	w := newWorld(t)
	w.project.Notices = "org/notices"
	return w
}

func (w *world) notice() PublishNotice {
	w.t.Helper()
	if len(w.notices) != 1 {
		w.t.Fatalf("%d notices were published", len(w.notices))
	}
	return w.notices[0]
}

func TestNoticeFollowsTheLanding(t *testing.T) {
	w := noticed(t).ready()
	if draft, exists := Tip(w.mirror.Branches, NoticeRef(w.a.ID)); !exists || w.a.Notice.Draft != draft {
		t.Fatal("there is no draft")
	}
	if !strings.Contains(w.status, "draft on the branch liftgate/LSN-2026-0001/notice") {
		t.Error("the desk does not say where the draft is")
	}
	end := w.end()
	w.until(end.Add(-time.Second))
	if len(w.notices) != 0 {
		t.Fatal("a notice was published before the end")
	}
	w.until(end).published(1)
	n := w.notice()
	if n.Version != 1 || !n.At.Equal(end) || !n.Landed.Equal(end) || len(n.Fixed) != 3 || n.CVE != w.a.CVE || n.Draft != w.a.Notice.Draft {
		t.Errorf("%+v", n)
	}
	if !slices.Equal(n.Branches, []string{"main", "stable-2.0", "stable-1.1"}) {
		t.Errorf("it tells of %v", n.Branches)
	}
	if _, exists := Tip(w.mirror.Branches, NoticeRef(w.a.ID)); exists || !w.a.Over() {
		t.Error("the draft was not cleared out with the rest")
	}
}

// TestDraftWaitsForTheMirror: of an empty repository the first branch that is pushed becomes the default one.
func TestDraftWaitsForTheMirror(t *testing.T) {
	w := noticed(t)
	branches := w.mirror.Branches
	w.mirror.Branches = nil
	w.accepted().settle()
	if w.done["draft-notice"] != 0 {
		t.Fatal("a draft went into an empty mirror")
	}
	w.mirror.Branches = branches
	if w.settle(); w.done["draft-notice"] != 1 {
		t.Error("no draft")
	}
}

// TestNewDraftIsRehearsed: what people change in the notice is looked at before the lift.
func TestNewDraftIsRehearsed(t *testing.T) {
	w := noticed(t).ready()
	count := w.a.Lift.Rehearsal.Count
	setTip(&w.mirror.Branches, NoticeRef(w.a.ID), sha("changed"))
	w.problems = []string{"notice: summary: it is empty"}
	if w.settle(); w.a.Lift.Rehearsal.Count != count+1 {
		t.Fatal("a new draft was not rehearsed")
	}
	w.expect(Fixing, GateHeld)
	w.problems = nil
	setTip(&w.mirror.Branches, NoticeRef(w.a.ID), sha("mended"))
	w.settle().expect(Ready, GateHeld)
}

// TestNoticeIsOwed: the case does not end before the notice is out, and a draft that was deleted meanwhile still counts.
func TestNoticeIsOwed(t *testing.T) {
	w := noticed(t).ready()
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "publish-notice" {
			return &Trouble{Kind: TroubleRefused, Hint: "notices repository: refused"}
		}
		return nil
	}
	w.until(w.end()).pass(time.Minute)
	if w.a.Over() || !w.paged("The notice is set back: notices repository: refused") {
		t.Fatal("nobody was told, or the case was closed without its notice")
	}
	w.trouble = nil
	w.mirror.Branches = slices.DeleteFunc(w.mirror.Branches, func(b Branch) bool { return b.Name == NoticeRef(w.a.ID) })
	w.pass(time.Hour)
	if n := w.notice(); n.Draft == "" || !w.a.Over() {
		t.Errorf("%+v", n)
	}
}

// TestEarlyNotice: what is public already gets its notice at once, and a second version when the fixes have landed.
func TestEarlyNotice(t *testing.T) {
	w := noticed(t).accepted().comment("ada", "/cve CVE-2026-1234").comment("ada", "/public seen on a list").settle()
	if len(w.notices) != 1 || len(w.notices[0].Fixed) != 0 || !w.notices[0].Landed.IsZero() {
		t.Fatalf("%+v", w.notices)
	}
}

// TestVerbatim: words that nobody has agreed to publish are not in the draft.
func TestVerbatim(t *testing.T) {
	for _, verbatim := range []bool{false, true} {
		w := noticed(t)
		w.report.Verbatim = verbatim
		w.settle().label("ada", "accepted")
		w.stopped = true
		w.turn()
		i := slices.IndexFunc(w.queue, func(e Effect) bool { return e.Kind() == "draft-notice" })
		if i < 0 {
			t.Fatal("no draft")
		}
		if draft := w.queue[i].Do.(DraftNotice); draft.Description.Empty() == verbatim || draft.Summary.Empty() {
			t.Errorf("verbatim %v, and the description is empty: %v", verbatim, draft.Description.Empty())
		}
	}
}
