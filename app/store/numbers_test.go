package store

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

func claims(number string) func(*Turn) {
	return func(t *Turn) { t.Decision.Advisory.CVE, t.Decision.Claims = number, number }
}

// TestClaimCVE: of those that claim a number at once one has it, and what was rejected holds none.
func TestClaimCVE(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		stores := []*Store{open(), open()}
		ids := make([]string, 8)
		for i := range ids {
			ids[i] = begin(t, stores[0], "GHSA-"+string(rune('a'+i))).ID
		}
		var won atomic.Int32
		together(stores, len(ids), func(s *Store, i int) {
			switch err := tryCommit(t, s, ids[i], claims("CVE-2026-1000")); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, ErrTaken):
				t.Error(err)
			}
		})
		s := stores[0]
		holder, err := s.CVEHolder(t.Context(), "CVE-2026-1000")
		if won.Load() != 1 || err != nil || holder == "" {
			t.Fatalf("%d have it, %q among them: %v", won.Load(), holder, err)
		}
		commit(t, s, holder, claims("CVE-2026-1000"))
		other := ids[0]
		if other == holder {
			other = ids[1]
		}
		if load(t, s, other).Advisory.CVE != "" {
			t.Error("a decision that was refused was stored")
		}
		commit(t, s, other, claims("CVE-2026-1001"))
		commit(t, s, holder, func(turn *Turn) { turn.Decision.Advisory.Phase = policy.Rejected })
		commit(t, s, other, claims("CVE-2026-1000"))
	})
}
