package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestNoticeIsRevised: each thing that becomes of a fix is one version more; the lists hear of those that change what to do.
func TestNoticeIsRevised(t *testing.T) {
	w := numbered(t).ready()
	w.rules.Lists = []List{{Name: "announce", Address: "announce@example.org", Kind: "mailman"}}
	w.settle().until(w.end()).published(1)
	version, mails := w.a.Notice.Version, len(w.mails)
	if !w.a.Idle() || mails != 1 {
		t.Fatalf("owes %+v, %d mails", w.a.Owes(), mails)
	}
	w.changed = "v1.1.3 with the fix (stable-1.1)"
	w.settle().pass(time.Second)
	if n := w.a.Notice; n.Version != version+1 || n.Recorded != n.Version || len(w.revisions) != 1 || len(w.mails) != mails || !w.a.Idle() {
		t.Errorf("%+v, %d revisions, %d mails, owes %+v", n, len(w.revisions), len(w.mails), w.a.Owes())
	}
	w.changed, w.advice = "stable-1.0 has the fix", true
	w.settle().pass(time.Second)
	last := w.mails[len(w.mails)-1]
	if len(w.mails) != mails+1 || last.Version != version+2 || last.Reason != "stable-1.0 has the fix" || !w.a.Idle() {
		t.Errorf("%+v, %d mails, owes %+v", last, len(w.mails), w.a.Owes())
	}
	if !slices.Contains(w.revisions[0].Branches, "stable-1.1") || len(w.revisions[0].Fixed) == 0 {
		t.Errorf("%+v", w.revisions[0].Facts)
	}
}

// TestRevisionByPeople: what they commit to the notices repository counts, is written in every format, and is mailed where they
// say that it matters.
func TestRevisionByPeople(t *testing.T) {
	w := noticed(t).ready()
	w.rules.Lists = []List{{Name: "announce", Address: "announce@example.org", Kind: "mailman"}}
	w.settle().until(w.end()).published(1)
	w.revision = NoticeResult{Version: w.a.Notice.Version + 1, Commit: sha("people"), Reason: "a workaround is known"}
	w.revision.Advised, w.revision.Why = w.revision.Version, w.revision.Reason
	w.settle().pass(time.Second)
	last := w.mails[len(w.mails)-1]
	if len(w.mails) != 2 || last.Reason != "a workaround is known" || len(w.revisions) != 1 || w.revisions[0].Version != last.Version || !w.a.Idle() {
		t.Errorf("%+v, %d revisions, owes %+v", w.mails, len(w.revisions), w.a.Owes())
	}
}

// TestRevisionSetBack: people are told, it is owed, and it is tried until it is there.
func TestRevisionSetBack(t *testing.T) {
	w := noticed(t).ready()
	w.until(w.end()).published(1)
	version := w.a.Notice.Version
	w.changed = "stable-1.0 has the fix"
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "revise-notice" {
			return &Trouble{Kind: TroubleRefused, Hint: "notices repository: main: refused by a rule of the repo"}
		}
		return nil
	}
	w.settle().pass(25 * time.Hour)
	if owes := w.a.Owes(); len(owes) != 1 || owes[0].Name != OweNotice || owes[0].Late(w.now) != Amber || !w.paged("of the notice is set back: notices repository: main: refused by a rule") || !w.paged("(amber): version") {
		t.Errorf("owes %+v\n%v", owes, w.said)
	}
	w.trouble = nil
	if w.pass(Day); w.a.Notice.Version != version+1 || !w.a.Idle() || len(w.deadlines) != 0 {
		t.Errorf("%+v, owes %+v, wakes %v", w.a.Notice, w.a.Owes(), w.deadlines)
	}
}

// TestUnreadableNotice: people are told once, and nothing is published over what they have written.
func TestUnreadableNotice(t *testing.T) {
	w := noticed(t).ready()
	w.until(w.end())
	w.unreleased, w.spoilt, w.changed = []string{"main"}, "notice: it is no longer in acme/notices", "main has lost the fix"
	w.pass(3 * Day)
	if !w.paged("The published notice can't be looked after: notice: it is no longer in acme/notices") || len(w.revisions) != 0 {
		t.Errorf("%d revisions, %v", len(w.revisions), w.said)
	}
}

// TestReleasesAreOwed: until every branch that is still maintained has one.
func TestReleasesAreOwed(t *testing.T) {
	w := noticed(t).ready()
	w.unreleased = []string{"main", "stable-2.0"}
	w.until(w.end()).pass(time.Minute)
	at := w.a.obligation(OweReleases).Since
	if o := w.a.Owes(); len(o) != 1 || !w.a.Over() || o[0].What != "a release with the fix of main, stable-2.0" || !o[0].Deadline().Equal(at.Add(90*Day)) {
		t.Fatalf("%+v", o)
	}
	if w.until(at.Add(29 * Day)); w.paged("(amber)") {
		t.Error("a month is not over")
	}
	w.unreleased = []string{"main"}
	if w.until(at.Add(31 * Day)); !w.paged("(amber): a release with the fix of main.") || !strings.Contains(w.status, "a release with the fix of main: not yet") {
		t.Errorf("a month is over\n%s", w.status)
	}
	w.unreleased = nil
	if w.pass(Day); !w.a.Idle() || !strings.Contains(w.status, "a release with the fix of main: yes") {
		t.Errorf("owes %+v\n%s", w.a.Owes(), w.status)
	}
}

// TestEndedBranchOwesNoRelease: nobody waits for a release of what is not maintained any more.
func TestEndedBranchOwesNoRelease(t *testing.T) {
	w := noticed(t).ready()
	w.unreleased = []string{"stable-1.1"}
	w.until(w.end()).pass(time.Minute)
	if w.a.Idle() {
		t.Fatal("nothing is owed")
	}
	for i := range w.rules.Branches {
		w.rules.Branches[i].EOL = w.now
	}
	if w.pass(2 * Day); !w.a.Idle() {
		t.Errorf("owes %+v", w.a.Owes())
	}
}

// TestAdviceIsNotPassedOver: lists hear of advice also where another version has come after it before anybody looked, because a
// try was lost or people wrote two.
func TestAdviceIsNotPassedOver(t *testing.T) {
	w := noticed(t).ready()
	w.rules.Lists = []List{{Name: "announce", Address: "announce@example.org", Kind: "mailman"}}
	w.settle().until(w.end()).published(1)
	version := w.a.Notice.Version
	w.revision = NoticeResult{Version: version + 2, Commit: sha("two"), Reason: "stable-1.0 was released", Advised: version + 1, Why: "stable-1.0 has the fix"}
	w.settle().pass(time.Second)
	last := w.mails[len(w.mails)-1]
	if len(w.mails) != 2 || last.Version != version+2 || last.Reason != "stable-1.0 has the fix" || !w.a.Idle() {
		t.Errorf("%+v, owes %+v", w.mails, w.a.Owes())
	}
	w.revision = NoticeResult{Version: version + 3, Commit: sha("three"), Reason: "stable-1.0 was released again", Advised: version + 1, Why: "stable-1.0 has the fix"}
	w.settle().pass(time.Second)
	if len(w.mails) != 2 || w.a.Notice.Version != version+3 || !w.a.Idle() {
		t.Errorf("%d mails, version %d, owes %+v", len(w.mails), w.a.Notice.Version, w.a.Owes())
	}
}
