package policy

import (
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
