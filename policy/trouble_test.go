package policy

import (
	"strings"
	"testing"
	"time"
)

func TestWhatIsSaidIsNotLost(t *testing.T) {
	w := newWorld(t)
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "open-desk" || e.Kind() == "say" {
			return &Trouble{Kind: TroubleRefused, Hint: "issues are off"}
		}
		return nil
	}
	w.comment("ada", "/accept").comment("ada", "/help").ready()
	w.mergeEarly(w.number("main")).settle() // paged; /help and the second acceptance are answered; all without a desk
	if len(w.said) != 0 {
		t.Fatal("said without a desk")
	}
	w.trouble = nil
	w.pass(time.Hour)
	if len(w.said) != 3 || len(w.a.Unsaid) != 0 {
		t.Errorf("said %v, unsaid %d", w.said, len(w.a.Unsaid))
	}
}

func TestRefusalsBackOff(t *testing.T) {
	w := newWorld(t)
	tries := map[string]int{}
	w.ready()
	w.trouble = func(e Effect) *Trouble {
		tries[e.Kind()]++
		return &Trouble{Kind: TroubleRefused, Hint: "no " + e.Kind() + " <!-- liftgate:x -->"}
	}
	w.drift("main")
	if w.pass(2 * Day); len(tries) == 0 {
		t.Fatal("nothing was tried")
	}
	for kind, n := range tries {
		if n > 120 { // every half hour for two days, and a few at first
			t.Errorf("%s was tried %d times", kind, n)
		}
	}
	w.trouble = nil
	w.until(w.end()).published(1)
}

func TestUnreadableRules(t *testing.T) {
	w := newWorld(t)
	w.rules.People.Team = []string{"ada", "bob"}
	w.ready()
	w.problem = "liftgate.yml:3:1: unknown key"
	w.comment("grace", "/public").press("grace").settle() // a writer, but no member
	w.refused("configuration can't be read")
	if w.a.Embargo.IsPublic() || !strings.Contains(w.status, "unknown key") {
		t.Fatalf("rights were given while nobody knew them\n%s", w.status)
	}
	w.until(w.end()).pass(Day)
	if w.moved(); w.a.Lift.Gate != GateHeld {
		t.Fatal("lifted")
	}
	w.problem = ""
	w.settle().published(1)
}

func TestNothingIsWrittenInAnExposedMirror(t *testing.T) {
	w := newWorld(t)
	w.mirror.Exposed, w.mirror.Problems = true, []string{"the mirror is public"}
	w.settle()
	if w.desk.Number != 0 {
		t.Fatal("a desk was opened in public")
	}
	w.mirror.Exposed, w.mirror.Problems = false, nil
	w.ready()
	w.mirror.Exposed, w.mirror.Problems = true, []string{"the mirror is public"}
	writes := len(w.said) + w.done["write-status"] + w.done["build-candidates"] + w.done["set-hold"] + w.done["plan-backports"]
	w.drift("main").pushFix(10, "again").comment("ada", "/help").until(w.end().Add(-time.Second))
	if len(w.said)+w.done["write-status"]+w.done["build-candidates"]+w.done["set-hold"]+w.done["plan-backports"] != writes {
		t.Error("something was written in an exposed mirror")
	}
	w.mirror.Exposed, w.mirror.Problems = false, nil
	w.settle().approveAll().until(w.end()).published(1)
}
