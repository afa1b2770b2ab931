package drill

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
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
