package policy

import (
	"strings"
	"testing"
	"time"
)

// bounce has a mail server report about the newest announcement to a list.
func (w *world) bounce(list string, delayed bool, why string) Bounce {
	w.t.Helper()
	for _, m := range w.a.Mails {
		if m.List == list && m.Version == w.a.Notice.Told {
			b := w.a.Bounce(m, delayed, why)
			w.bounces = append(w.bounces, b)
			return b
		}
	}
	w.t.Fatalf("nothing was mailed to %s", list)
	return Bounce{}
}

// pages counts what people were told that has these words.
func (w *world) pages(words string) int {
	n := 0
	for _, l := range w.lines {
		if l.What == "paged" && strings.Contains(l.Why.Reveal(), words) {
			n++
		}
	}
	return n
}

// told is a world whose lists have had their mails, and that is owed nothing.
func told(t *testing.T) *world {
	w := announced(t).ready()
	w.until(w.end()).published(1)
	w.pass(Day)
	if !w.a.Idle() || len(w.mails) != 2 {
		t.Fatalf("%d mails; owed: %v", len(w.mails), w.a.Owes())
	}
	return w
}

// TestBounceAfterTheEnd: people are asked although nothing was owed any more, once, and their word settles it.
func TestBounceAfterTheEnd(t *testing.T) {
	for word, want := range map[string]int{"again": 3, "sent": 2} {
		w := told(t)
		b := w.bounce("devel@example.org", false, "5.1.1 User unknown")
		w.settle()
		if !w.paged("devel@example.org came back: 5.1.1 User unknown. Mend") || w.a.Idle() || len(w.mails) != 2 {
			t.Fatalf("%d mails; owed: %v", len(w.mails), w.a.Owes())
		}
		if !strings.Contains(w.status, "example.org: bounced, 5.1.1 User unknown") || !strings.Contains(w.status, "the announcement to devel@\u200bexample.org: not yet") {
			t.Error("the desk does not say so")
		}
		w.bounces = append(w.bounces, b) // as a redelivery
		w.pass(Day)
		w.comment("ada", "/announce announce@example.org again").settle()
		if len(w.mails) != 2 {
			t.Fatal("mailed without being told to")
		}
		w.comment("ada", "/announce devel@example.org "+word).settle()
		w.bounces = append(w.bounces, b) // late, or forged
		w.pass(Day)
		if len(w.mails) != want || !w.a.Idle() || w.pages("came back:") != 1 {
			t.Errorf("%s: %d mails, %d pages; owed: %v", word, len(w.mails), w.pages("came back:"), w.a.Owes())
		}
	}
}

// TestSecondBounce: what was sent again is a mail of its own, and can come back too.
func TestSecondBounce(t *testing.T) {
	w := told(t)
	for n := range 2 {
		w.bounce("devel@example.org", false, "5.1.1 User unknown")
		w.settle().comment("ada", "/announce devel@example.org again").settle()
		if len(w.mails) != 3+n || w.pages("came back:") != 1+n || !w.a.Idle() {
			t.Fatalf("%d mails, %d pages", len(w.mails), w.pages("came back:"))
		}
	}
}

// TestBounceKeepsTheCaseOpen: one that comes before the end is settled before it.
func TestBounceKeepsTheCaseOpen(t *testing.T) {
	w := announced(t).ready()
	w.trouble = troubled(TroubleUnknown, "the connection broke")
	w.until(w.end()).pass(time.Hour)
	w.bounce("announce@example.org", false, "5.7.1 no")
	w.bounce("devel@example.org", false, "5.7.1 no") // it went out, and came back
	w.trouble = nil
	w.pass(Day)
	if w.a.Over() || w.pages("came back:") != 2 {
		t.Fatalf("over: %v, %d pages", w.a.Over(), w.pages("came back:"))
	}
	w.comment("ada", "/announce devel@example.org again\n/announce announce@example.org sent").settle()
	if len(w.mails) != 2 || !w.a.Over() {
		t.Errorf("%d mails; over: %v", len(w.mails), w.a.Over())
	}
}

// TestDelayAsksNobody: it is shown, at a desk of which nothing is owed too.
func TestDelayAsksNobody(t *testing.T) {
	w := told(t)
	w.bounce("devel@example.org", true, "4.4.1 connection timed out")
	w.settle()
	if !strings.Contains(w.status, "example.org: sent, delayed on its way: 4.4.1 connection timed out") || !w.a.Idle() || w.paged("devel") {
		t.Errorf("owed: %v\n%s", w.a.Owes(), w.status)
	}
	w.bounce("devel@example.org", false, "4.4.1 connection timed out")
	if w.settle(); w.pages("came back:") != 1 || w.a.Idle() {
		t.Error("nobody is asked at the end of the delay")
	}
}

// TestBounceOfNothing: a report about no mail of ours, or about a try that is past, changes nothing.
func TestBounceOfNothing(t *testing.T) {
	w := told(t)
	before := dump(w.a)
	w.bounces = []Bounce{
		{List: "devel@example.org", Version: 2}, {List: "other@example.org", Version: 1}, {List: "devel@example.org", Version: 1, Try: 1}, {},
	}
	if w.settle(); dump(w.a) != before {
		t.Error("something changed")
	}
}

// TestBounceOfAPastVersion: it is written down, and nobody is asked.
func TestBounceOfAPastVersion(t *testing.T) {
	w := told(t)
	past := w.a.Bounce(w.a.Mails[0], false, "5.1.1 User unknown")
	w.changed, w.advice = "1.1.1 has the fix", true
	w.pass(Day)
	if len(w.mails) != 4 {
		t.Fatalf("%d mails", len(w.mails))
	}
	w.bounces = append(w.bounces, past)
	if w.settle(); w.a.Mails[0].State != MailBounced || w.pages("came back:") != 0 || !w.a.Idle() {
		t.Errorf("%+v", w.a.Mails)
	}
}

// TestBounceOfAListThatLeft: nothing is owed to a list that the rules no longer name.
func TestBounceOfAListThatLeft(t *testing.T) {
	w := told(t)
	w.rules.Lists = w.rules.Lists[:1]
	w.bounce("devel@example.org", false, "5.1.1 User unknown")
	if w.settle(); w.pages("came back:") != 1 || !w.a.Idle() {
		t.Errorf("owed: %v", w.a.Owes())
	}
}

// TestRefusalIsShown: why a list has not had its mail yet stands beside it.
func TestRefusalIsShown(t *testing.T) {
	w := announced(t).ready()
	w.trouble = troubled(TroubleRefused, "the mail server says 550")
	w.until(w.end()).pass(time.Minute)
	if !strings.Contains(w.status, "example.org: not yet, the mail server says 550") {
		t.Error(w.status)
	}
}
