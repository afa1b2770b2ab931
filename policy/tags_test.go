package policy

import (
	"slices"
	"testing"
	"time"
)

func TestReleasesAreTagged(t *testing.T) {
	w := noticed(t).ready()
	for _, refused := range []string{"/release stable-1.0 v1.0.1", "/release main --force", "/release main a..b", "/release main", "/release nowhere v1"} {
		w.comment("grace", refused).settle()
	}
	w.comment("ada", "/release main v3.0").settle()
	w.comment("grace", "/release main v3.0").comment("grace", "/release stable-2.0 v2.0.1").comment("grace", "/release stable-1.1 v2.0.1").settle()
	w.comment("grace", "/release stable-1.1 v1.1.9").settle()
	w.comment("grace", "/release stable-1.1 none").settle().expect(Ready, GateHeld)
	if w.until(w.end().Add(-time.Second)); len(w.tags) != 0 {
		t.Fatal("tagged before the lift")
	}
	w.taken = map[string]bool{"v2.0.1": true}
	w.until(w.end()).published(1)
	main, _ := Tip(w.public, "main")
	stable, _ := Tip(w.public, "stable-2.0")
	if want := []ReleaseTag{{"main", "v3.0", main}, {"stable-2.0", "v2.0.1", stable}}; !slices.Equal(w.tags, want) {
		t.Errorf("%v", w.tags)
	}
	if w.a.Cell("main").Tagged != TagMade || !w.paged("The tag v2.0.1 was not made at "+short(stable)+" of stable-2.0: it exists. Make it by hand.") {
		t.Error("nobody was told of the tag that is missing")
	}
	if len(w.notices) != 1 || !w.a.Over() {
		t.Error("the case is not over")
	}
}

// TestRefusedTags: a refusal in passing is waited out, and one that stays is left to people: the notice does not wait for ever.
func TestRefusedTags(t *testing.T) {
	for refusals, want := range map[int]TagState{tagTries - 1: TagMade, 1000: TagRefused} {
		w := noticed(t).ready().comment("grace", "/release main v3.0").settle()
		tries := 0
		w.trouble = func(e Effect) *Trouble {
			if _, tags := e.Do.(TagReleases); !tags {
				return nil
			}
			if tries++; tries > refusals {
				return nil
			}
			return &Trouble{Kind: TroubleRefused, Hint: "tags: refused"}
		}
		w.until(w.end().Add(patience)).published(1)
		if got := w.a.Cell("main").Tagged; got != want || tries > tagTries || !w.paged("The tags of the releases are set back: tags: refused.") {
			t.Errorf("%d refusals: %q after %d tries", refusals, got, tries)
		}
		if by := w.paged("The tag v3.0 was not made"); by != (want == TagRefused) || len(w.notices) != 1 || !w.a.Over() {
			t.Errorf("%d refusals: people were told %v, %d notices", refusals, by, len(w.notices))
		}
	}
}

// TestNewTagIsRehearsed: a name that somebody changes is looked at before the lift.
func TestNewTagIsRehearsed(t *testing.T) {
	w := newWorld(t).ready()
	count := w.a.Lift.Rehearsal.Count
	if w.comment("grace", "/release main v3.0").settle(); w.a.Lift.Rehearsal.Count != count+1 {
		t.Error("not rehearsed")
	}
}
