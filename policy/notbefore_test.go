package policy

import (
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
