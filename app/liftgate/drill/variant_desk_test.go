package drill

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/policy"
)

// TestVariantDeskMistreated has people do to a desk what can be done to an issue: labels from outsiders, more commands than
// anybody reads, a comment as long as the forge takes, an issue that is closed and one that is deleted. The case goes on.
func TestVariantDeskMistreated(t *testing.T) {
	v := newVariant(t)
	v.serve()
	t.Cleanup(v.robot(t.Context()))
	v.scene(sceneArrive)

	for _, label := range []string{"accepted", "public", "severity/low", "not-affected/stable-1.0"} {
		v.must(v.as(ci).label(t.Context(), v.desk, label))
	}
	for _, verb := range []string{"accept", "public", "rate", "not-affected"} {
		v.hear("@ci, `/" + verb + "` was not done: it takes a ")
	}
	v.hear("Take the label off again")
	v.stays(policy.Reported)
	boss := v.hubHands(maintainer)
	_, err := boss.call(t.Context(), http.MethodDelete, boss.mirror(fmt.Sprintf("/issues/%d/labels", v.desk)), nil, nil)
	v.must(err)

	v.scene(sceneAccept, sceneEmbargo, sceneCVE, sceneNotice)
	many := strings.Repeat("/rate medium\n", 19) + "/rate critical\n" + strings.Repeat("/rate low\n", 10)
	v.say(maintainer, many)
	v.hear("@maintainer, `/…` was not done: one comment holds at most 20 commands")
	if severity := v.stateNow().Severity; severity != "critical" {
		t.Errorf("the twentieth command of thirty was not the last: %s", severity)
	}

	v.say(maintainer, "/hold "+strings.Repeat("a very long story ", 60<<10/18))
	v.wait("the hold", func(a policy.Advisory) bool { return a.Lift.HeldBy == maintainer })
	v.see("the hold at the desk", func() bool { return strings.Contains(v.status(), "stopped by maintainer: a very long story") })
	status := v.status()
	if n := utf8.RuneCountInString(status); n > 8000 || !strings.Contains(status, "</details>\n") {
		t.Errorf("one long reason has made a status of %d characters", n)
	}
	v.say(manager, "/resume")
	v.wait("the resumption", func(a policy.Advisory) bool { return a.Lift.HeldBy == "" })

	v.scene(sceneFix, sceneSee, sceneApprove)
	_, err = boss.call(t.Context(), http.MethodPatch, boss.mirror(fmt.Sprintf("/issues/%d", v.desk)), object{"state": "closed"}, nil)
	v.must(err)
	v.hear("This desk was closed, and the case goes on")
	v.scene(sceneCI)
	v.deleteDesk()
	v.say(maintainer, "/rehearse")
	v.wait("a rehearsal asked for at the new desk", func(a policy.Advisory) bool { return a.Lift.Rehearsal.Why == "asked by maintainer" })
	v.playFrom(sceneApproach)
}

// deleteDesk has an administrator delete the desk, and moves to the one that is opened in its place.
func (v *variant) deleteDesk() {
	v.t.Helper()
	v.must(v.hubTown().SetPermission(v.Mirror.FullName, maintainer, hub.RoleAdmin))
	lost := v.desk
	v.must(v.hubTown().DeleteIssue(v.Mirror.FullName, lost, maintainer))
	v.see("another desk", func() bool {
		numbers, titles, err := v.as(maintainer).desks(v.t.Context())
		v.must(err)
		if len(numbers) != 1 || numbers[0] == lost || titles[0] != v.advisory {
			return false
		}
		v.desk = numbers[0]
		return strings.Contains(v.status(), v.advisory+": ready")
	})
}
