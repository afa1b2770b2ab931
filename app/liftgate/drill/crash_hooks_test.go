package drill

import (
	"hash/fnv"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// TestWebhooks plays the case with a forge that loses, repeats, reorders and delays its webhooks. They only ring: the end is
// the same, and it is reached by the sweep alone where none arrives. A default run plays two of the cases.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	cases := map[string]func(sandbox.Delivery) sandbox.HookFault{
		"lost":        func(sandbox.Delivery) sandbox.HookFault { return sandbox.HookFault{Lose: true} },
		"undelivered": func(d sandbox.Delivery) sandbox.HookFault { return sandbox.HookFault{Drop: !d.Redelivery} },
		"twice":       func(sandbox.Delivery) sandbox.HookFault { return sandbox.HookFault{Duplicate: true} },
		"shuffled": func(d sandbox.Delivery) sandbox.HookFault {
			return sandbox.HookFault{Reorder: lot(d)%2 == 0, Duplicate: lot(d)%3 == 0}
		},
		"late": func(d sandbox.Delivery) sandbox.HookFault {
			return sandbox.HookFault{Delay: time.Duration(lot(d)%40) * 10 * time.Millisecond}
		},
	}
	for name, plan := range cases {
		for _, forge := range Forges() {
			played := name == "shuffled" && (usual() || forge == onGitLab) || name == "lost" && usual() && forge == onGitHub
			if !played && !all() {
				continue
			}
			t.Run(forge+"/"+name, func(t *testing.T) {
				t.Parallel()
				c := newCaseOn(t, forge, func(s *Setting) { s.Pace.Sweep = 300 * time.Millisecond })
				c.town.failHooks(plan)
				c.serve()
				c.play()
				rang, _ := c.delivered()
				// GitLab delivers nothing again.
				if lost := name == "lost" || name == "undelivered" && forge == onGitLab; (rang == 0) != lost {
					t.Errorf("%d webhooks arrived", rang)
				}
			})
		}
	}
}

// lot draws a number for a delivery.
func lot(d sandbox.Delivery) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(d.Event + d.Action + strings.ToLower(d.GUID))) // a hash does not fail
	return h.Sum32()
}
