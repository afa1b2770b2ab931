package policy

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A forge that merges by itself at some time is shown, and holds nothing.
func TestMergeAfterIsShown(t *testing.T) {
	w := newWorld(t).ready()
	w.fix(w.number("main"), func(f *FixView) { f.NotBefore = time.Date(2031, 5, 4, 10, 0, 0, 0, time.UTC) })
	w.settle()
	if !strings.Contains(w.status, "(set to merge after 2031-05-04T10:00Z, which holds nothing)") || w.a.Phase != Ready {
		t.Errorf("phase %s, status:\n%s", w.a.Phase, w.status)
	}
}

// One that merges by itself is shown, and has nothing to merge any more when its hold is released.
func TestAutoMergeIsShown(t *testing.T) {
	w := newWorld(t).ready()
	number := w.number("main")
	w.fix(number, func(f *FixView) { f.AutoMerge = true })
	w.settle()
	if !strings.Contains(w.status, "(set to merge by itself") || w.a.Phase != Ready {
		t.Errorf("phase %s, status:\n%s", w.a.Phase, w.status)
	}
	w.trouble = func(e Effect) *Trouble {
		do, is := e.Do.(SetHold)
		if is && do.Released && slices.ContainsFunc(w.fixes, func(f FixView) bool { return f.Number == do.Fix && f.Open }) {
			t.Errorf("fix %d was released while it was open", do.Fix)
		}
		return nil
	}
	w.until(w.end()).published(1)
}
