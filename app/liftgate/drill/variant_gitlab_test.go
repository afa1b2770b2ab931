package drill

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// withPipelines gives the project a pipeline of its own on every branch, before the server is started.
func (v *variant) withPipelines(town *labTown) {
	v.t.Helper()
	for _, branch := range append([]string{v.plot.main}, v.stable...) {
		c, err := v.as(maintainer).clone(v.t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/"+branch)
		v.commitTo(c, branch, "Add a pipeline", map[string]string{".gitlab-ci.yml": "ci/build:\n  script: make # " + branch + "\n"})
	}
	town.runs = true
	v.t.Cleanup(v.runner(town))
}

// runner ends the jobs of every candidate's pipelines, whenever they were started.
func (v *variant) runner(town *labTown) (stop func()) {
	ctx, cancel := context.WithCancel(v.t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		v.untilCancelled(ctx, func() {
			found, err := tips(ctx, v.World, v.Mirror.Dir)
			for name, sha := range found {
				if err == nil && strings.Contains(name, "/candidate/") {
					_ = town.FinishJob(town.mirror.Path, sha, "ci/build", "success") // none waits, or not yet
				}
			}
		})
	})
	return func() { cancel(); done.Wait() }
}

// pipelines counts the pipelines of a public branch's tip.
func (t *labTown) pipelines(ctx context.Context, v *variant, branch, sha string) int {
	v.t.Helper()
	var found []struct {
		SHA string `json:"sha"`
	}
	boss := t.labHands(maintainer)
	_, err := boss.call(ctx, http.MethodGet, boss.public("/pipelines?ref="+url.QueryEscape(branch)+"&sha="+sha), nil, &found)
	v.must(err)
	return len(found)
}

// TestVariantTokenEnds has Liftgate's token end soon: the desk says on which day.
func TestVariantTokenEnds(t *testing.T) {
	t.Parallel()
	v := newVariantOn(t, onGitLab)
	town := v.town.(*labTown)
	end := v.Clock.Now().Add(20 * 24 * time.Hour)
	v.must(town.renew(labBot, end))
	v.serve()
	v.scene(sceneArrive)
	v.see("the day on which the token ends", func() bool { return strings.Contains(v.status(), end.Format(time.DateOnly)) })
}

// TestVariantAutoMerge has GitLab told to merge a fix by itself as soon as nothing is against it. The hold keeps it from
// that. When the lift takes the hold off nothing is left to merge, however long the closing took: the mirror's branches are
// what is public.
func TestVariantAutoMerge(t *testing.T) {
	t.Parallel()
	v := newVariantOn(t, onGitLab)
	v.slowly()
	v.toReady()
	number := v.fixFor("stable-1.0")
	v.must(v.town.hands(developer).(*labHands).mergeLater(t.Context(), number))
	v.see("what is set to merge by itself", func() bool { return strings.Contains(v.status(), "(set to merge by itself") })
	moved := v.movePublic("stable-1.0") // so that the fix does not land as it is, and has to be closed
	v.wait("a new candidate", func(a policy.Advisory) bool {
		return a.Phase == policy.Ready && a.Cell("stable-1.0").Candidate.Tip == moved
	})
	var closings atomic.Int32
	v.town.fail(func(c sandbox.Call) sandbox.Fault {
		if c.Method == http.MethodPut && v.town.ours(c.Scope) && strings.HasSuffix(c.Path, fmt.Sprintf("/merge_requests/%d", number)) && closings.Add(1) == 1 {
			return sandbox.Refused(http.StatusServiceUnavailable)
		}
		return sandbox.Fault{}
	})
	v.scene(sceneApproach)
	v.Clock.AdvanceTo(v.end())
	v.landed(1)
	if closings.Load() < 2 {
		t.Error("the fix was not closed")
	}
	mirrored, err := tips(t.Context(), v.World, v.Mirror.Dir)
	v.must(err)
	if tip := v.publicTips()["stable-1.0"]; mirrored["stable-1.0"] != tip {
		t.Errorf("the mirror's branch is at %s, in public at %s", mirrored["stable-1.0"], tip)
	}
}
