package policy

import (
	"strings"
	"testing"
	"time"
)

func announced(t *testing.T) *world {
	w := noticed(t)
	w.rules.Lists = []List{{Address: "announce@example.org"}, {Address: "devel@example.org"}}
	return w
}

func TestAnnouncementsFollowTheNotice(t *testing.T) {
	w := announced(t).ready()
	if w.until(w.end().Add(-time.Second)); len(w.mails) != 0 {
		t.Fatal("mailed before the end")
	}
	w.until(w.end()).published(1)
	if len(w.mails) != 2 || w.mails[0].Version != 1 || w.mails[0].Commit != w.a.Notice.Commit || !w.a.Over() {
		t.Errorf("%+v", w.mails)
	}
}

// troubled makes the announcements to one list end badly.
func troubled(kind TroubleKind, hint string) func(Effect) *Trouble {
	return func(e Effect) *Trouble {
		if do, ok := e.Do.(Announce); ok && do.List.Address == "devel@example.org" {
			return &Trouble{Kind: kind, Hint: hint}
		}
		return nil
	}
}

// TestUnknownMail: nothing is repeated before somebody has looked, and the case stays open.
func TestUnknownMail(t *testing.T) {
	for word, want := range map[string]int{"again": 2, "sent": 1} {
		w := announced(t).ready()
		w.trouble = troubled(TroubleUnknown, "the connection broke")
		w.until(w.end()).pass(3 * Day)
		if len(w.mails) != 1 || w.a.Over() || !w.paged("`/announce devel@example.org sent`") {
			t.Fatalf("%d mails; over: %v", len(w.mails), w.a.Over())
		}
		if !strings.Contains(w.status, "example.org: unknown") {
			t.Error("the desk does not say so")
		}
		w.trouble = nil
		w.comment("ada", "/announce devel@example.org perhaps").settle()
		w.comment("ada", "/announce announce@example.org again").settle()
		if len(w.mails) != 1 {
			t.Fatal("mailed without being told to")
		}
		w.comment("ada", "/announce devel@example.org "+word).settle()
		if len(w.mails) != want || !w.a.Over() {
			t.Errorf("%s: %d mails; over: %v", word, len(w.mails), w.a.Over())
		}
	}
}

// TestMailSetBack: a refusal is told and tried again, without a second mail to the others.
func TestMailSetBack(t *testing.T) {
	w := announced(t).ready()
	w.trouble = troubled(TroubleRefused, "the mail server says 550")
	w.until(w.end()).pass(time.Minute)
	if !w.paged("The announcement to devel@example.org is set back: the mail server says 550") || w.a.Over() {
		t.Error("nobody was told")
	}
	w.trouble = nil
	if w.pass(time.Hour); len(w.mails) != 2 || !w.a.Over() {
		t.Errorf("%d mails; over: %v", len(w.mails), w.a.Over())
	}
}

// TestAnnouncementsWaitForTheRules: nobody knows which lists there are, and how a notice looks, while the project's configuration
// can't be read. What is owed then waits, and is done as the configuration says.
func TestAnnouncementsWaitForTheRules(t *testing.T) {
	for _, held := range []string{"publish-notice", "announce"} {
		t.Run(held, func(t *testing.T) {
			w := announced(t)
			w.rules.Notice.Formats = []string{"csaf"}
			w.ready()
			w.trouble = func(e Effect) *Trouble {
				if e.Kind() == held {
					return &Trouble{Kind: TroubleRefused, Hint: "not now"}
				}
				return nil
			}
			w.until(w.end()).settle()
			w.problem, w.trouble = "line 1: it can't be read", nil
			if w.pass(Day); len(w.mails) != 0 || w.a.Over() || !w.paged("wait until the project's configuration can be read: line 1") || held == "publish-notice" && len(w.notices) != 0 {
				t.Fatalf("%d mails and %d notices without the configuration; over: %v", len(w.mails), len(w.notices), w.a.Over())
			}
			w.problem = ""
			if w.pass(Day); len(w.mails) != 2 || !w.a.Over() || w.notice().Look.Formats[0] != "csaf" {
				t.Errorf("%d mails, %+v; over: %v", len(w.mails), w.notices, w.a.Over())
			}
		})
	}
}
