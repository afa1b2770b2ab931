package policy

import (
	"strings"
	"testing"
)

// TestARiskIsNoTick: what a rehearsal only warns of is marked so at the desk, and is in no lift's way.
func TestARiskIsNoTick(t *testing.T) {
	w := newWorld(t).ready()
	for _, line := range []string{"- ⚠️ others can push\n", "- ✅ tokens\n"} {
		if !strings.Contains(w.status, line) {
			t.Errorf("nothing of %q in\n%s", line, w.status)
		}
	}
	w.until(w.end()).published(1)
}
