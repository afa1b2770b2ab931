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

// TestVariantManyBranches is for GitLab alone, which starts pipelines for the first four branches of a push and tells nobody
// of a push of more than three. Six candidates are proved all the same, six branches land and are noticed, and each of them
// has a pipeline at the end.
func TestVariantManyBranches(t *testing.T) {
	t.Parallel()
	v := newVariantOn(t, onGitLab)
	town := v.town.(*labTown)
	commit := func(branch, name, content string) {
		c, err := v.as(maintainer).clone(t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/"+branch)
		v.commitTo(c, branch, "Add "+name, map[string]string{name: content})
	}
	for _, branch := range []string{"master", "stable-1.0"} {
		commit(branch, ".gitlab-ci.yml", "ci/build:\n  script: make\n")
	}
	for _, branch := range []string{"stable-1.1", "stable-1.2", "stable-1.3", "stable-1.4"} {
		v.widen(branch)
		commit(branch, "NEWS", branch+"\n")
	}
	town.runs = true
	t.Cleanup(v.runner(town))
	v.serve()
	v.playBefore(sceneApproach)
	v.Clock.AdvanceTo(v.end())
	v.landed(1)
	for branch, sha := range v.publicTips() {
		v.see("the pipeline of "+branch, func() bool { return town.pipelines(t.Context(), v, branch, sha) > 0 })
	}
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
