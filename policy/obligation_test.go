package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// lifted is a world after its lift whose CVE record the world has not seen yet.
func lifted(t *testing.T) (w *world, at time.Time) {
	w = noticed(t).ready()
	w.unseen, at = true, w.end()
	w.until(at).pass(time.Second)
	if !w.a.Over() || w.a.Idle() || len(w.a.Owes()) != 1 || len(w.looks) != 1 {
		t.Fatalf("over %v, owes %+v", w.a.Over(), w.a.Obligations)
	}
	return w, at
}

// TestRecordIsFollowed: each hour for a day, then every six, with a page when it is late and one when it is very late.
func TestRecordIsFollowed(t *testing.T) {
	w, at := lifted(t)
	w.until(at.Add(23*time.Hour + time.Minute))
	if len(w.looks) != 24 || w.paged("(amber)") {
		t.Errorf("%d looks in a day", len(w.looks))
	}
	w.until(at.Add(25 * time.Hour))
	if !w.paged("(amber): the record of "+w.a.CVE+" is public") || w.paged("(red)") || !strings.Contains(w.status, " amber, a release") {
		t.Error("a day has passed, and nobody was told")
	}
	before := len(w.looks)
	if w.until(at.Add(71 * time.Hour)); len(w.looks)-before > 8 {
		t.Errorf("%d looks in two days more", len(w.looks)-before)
	}
	if w.until(at.Add(72 * time.Hour)); !w.paged("(red)") || w.a.Owes()[0].Late(w.now) != Red {
		t.Error("three days have passed, and nobody was told")
	}
	pages := len(w.said)
	w.unseen = false
	w.pass(Day)
	if !w.a.Idle() || len(w.said) != pages || len(w.deadlines) > 0 || !strings.Contains(w.status, "is public: yes") {
		t.Errorf("owes %+v, wakes %v\n%s", w.a.Owes(), w.deadlines, w.status)
	}
	looks := len(w.looks)
	if w.pass(3 * Day); len(w.looks) != looks {
		t.Error("looked at what is there")
	}
}

// TestRecordSeenAtOnce: nothing is left then.
func TestRecordSeenAtOnce(t *testing.T) {
	w := numbered(t).ready()
	if w.until(w.end()).published(1); !w.a.Idle() || len(w.looks) != 1 || len(w.records) != 1 {
		t.Errorf("%d looks, %+v", len(w.looks), w.a.Obligations)
	}
}

// TestRecordUnreadable: people are told once, and the looks keep their pace.
func TestRecordUnreadable(t *testing.T) {
	w, at := lifted(t)
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "follow-record" {
			return &Trouble{Kind: TroubleAway, Hint: "CVE Services gave no answer"}
		}
		return nil
	}
	w.until(at.Add(5 * time.Hour))
	if !w.paged("can't be read: CVE Services gave no answer") || w.a.Idle() {
		t.Error("nobody was told")
	}
	w.trouble, w.unseen = nil, false
	if w.pass(2 * time.Hour); !w.a.Idle() {
		t.Error("not read again")
	}
}

// TestRecordRejected: there is nothing to wait for, and people should know.
func TestRecordRejected(t *testing.T) {
	w, _ := lifted(t)
	w.refuted = true
	if w.pass(2 * time.Hour); !w.a.Idle() || !w.paged("was rejected") {
		t.Errorf("%+v", w.a.Obligations)
	}
}

// TestNothingOwed: without a number, or without published notices, no record is waited for.
func TestNothingOwed(t *testing.T) {
	w := newWorld(t).ready()
	if w.until(w.end()).published(1); !w.a.Idle() || len(w.looks) != 0 {
		t.Errorf("%+v", w.a.Obligations)
	}
}

// TestSettled: what never will be met is ended by people, with a reason, and stays so.
func TestSettled(t *testing.T) {
	w, _ := lifted(t)
	for actor, words := range map[string][2]string{
		"ada": {"/settle releases nobody makes them", "nothing of this name is owed"}, "grace": {"/settle cve", "needs a reason"}, "eve": {"/settle cve so", "it takes a team member"},
	} {
		if w.comment(actor, words[0]).settle().refused(words[1]); w.a.Idle() {
			t.Errorf("%s has settled it", actor)
		}
	}
	looks := len(w.looks)
	if w.comment("ada", "/settle cve the CNA is gone").settle(); !w.a.Idle() || w.a.obligation(OweRecord).By != "ada" || !strings.Contains(w.status, "is public: no, settled by ada") {
		t.Errorf("%+v\n%s", w.a.Obligations, w.status)
	}
	if !slices.ContainsFunc(w.lines, func(l Line) bool { return l.By == "ada" && l.Why.Reveal() == "cve: the CNA is gone" }) {
		t.Errorf("%+v", w.lines)
	}
	if w.pass(5 * Day); !w.a.Idle() || len(w.looks) != looks {
		t.Error("followed all the same")
	}
}

// TestSettledNotice: a version that can't be published is given up, and what comes later is owed again.
func TestSettledNotice(t *testing.T) {
	w := noticed(t).ready()
	w.until(w.end()).published(1)
	w.changed = "stable-1.0 has the fix"
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "revise-notice" {
			return &Trouble{Kind: TroubleRefused, Hint: "notices repository: main: refused by a rule of the repo"}
		}
		return nil
	}
	w.settle().pass(25 * time.Hour)
	if w.comment("grace", "/settle notice the repository is closed").settle(); !w.a.Idle() {
		t.Errorf("owes %+v", w.a.Owes())
	}
	w.trouble = nil
	if w.pass(3 * Day); !w.a.Idle() || len(w.revisions) != 0 {
		t.Errorf("owes %+v, %d revisions", w.a.Owes(), len(w.revisions))
	}
	w.changed = "stable-1.0 and stable-1.1 have the fix"
	if w.settle().pass(time.Second); len(w.revisions) != 1 || !w.a.Idle() || w.a.obligation(OweNotice).By != "" {
		t.Errorf("owes %+v, %d revisions", w.a.Owes(), len(w.revisions))
	}
}
