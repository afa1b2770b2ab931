package drill

import (
	"slices"
	"strings"
	"testing"
)

// TestVariantManyBranches has six branches, which is more than some forges take notice of: GitLab starts pipelines for the
// first four of a push, and tells nobody of a push of more than three. Each branch has a fix of its own, held in the mirror
// until all of them land together; on GitLab each of them has a pipeline at the end.
func TestVariantManyBranches(t *testing.T) {
	forges := []string{onGitLab} // where there are limits
	if usual() {
		forges = Forges()
	}
	onThese(t, forges, func(t *testing.T, v *variant) {
		for _, branch := range []string{"stable-1.1", "stable-1.2", "stable-1.3", "stable-1.4"} {
			v.widen(branch)
			v.movePublic(branch)
		}
		town, limited := v.town.(*labTown)
		if limited {
			v.withPipelines(town)
		}
		v.serve()
		v.playBefore(sceneApproach)
		v.heldInMirror()
		v.Clock.AdvanceTo(v.end())
		v.landed(1)
		v.settledInMirror()
		for branch, sha := range v.publicTips() {
			if limited {
				v.see("the pipeline of "+branch, func() bool { return town.pipelines(t.Context(), v, branch, sha) > 0 })
			}
		}
	})
}

// heldInMirror checks that each maintained branch stands in the mirror where it does in public, with one open fix and the
// hold on that.
func (v *variant) heldInMirror() {
	v.t.Helper()
	v.seeHeld()
	mirror, fixes := v.inMirror()
	for branch, sha := range v.before {
		if f := fixes[branch]; !f.Open || f.Merged || f.Head == sha || mirror[branch] != sha {
			v.t.Errorf("before the lift %s is at %s in the mirror, not %s, with the fix %+v", branch, mirror[branch], sha, f)
		}
	}
}

// settledInMirror checks that the fix of each branch is merged where its very commits have landed, which GitHub shows for
// the main branch only, and else closed with the word what has landed.
func (v *variant) settledInMirror() {
	v.t.Helper()
	mirror, fixes := v.inMirror()
	for branch := range v.before {
		f, tip := fixes[branch], mirror[branch]
		shown := v.forge() == onGitLab || branch == v.plot.main
		if f.Open || f.Merged != (shown && v.contains(tip, f.Head)) {
			v.t.Errorf("after the lift of %s to %s its fix is %+v", branch, tip, f)
		}
		said, err := v.as(maintainer).remarks(v.t.Context(), f.Number)
		v.must(err)
		if !f.Merged && !slices.ContainsFunc(said, func(c comment) bool {
			return c.Ours && strings.Contains(c.Body, "Landed on "+branch+" as "+tip+".")
		}) {
			v.t.Errorf("the fix of %s does not say what has landed: %v", branch, said)
		}
	}
}

// inMirror is where the mirror's branches stand, and the one fix of each.
func (v *variant) inMirror() (found map[string]string, fixes map[string]fix) {
	v.t.Helper()
	found, err := tips(v.t.Context(), v.World, v.Mirror.Dir)
	v.must(err)
	all, err := v.as(developer).fixes(v.t.Context())
	v.must(err)
	fixes = map[string]fix{}
	for _, f := range all {
		if fixes[f.Base].Number != 0 {
			v.t.Errorf("%s has two fixes", f.Base)
		}
		fixes[f.Base] = f
	}
	return found, fixes
}

// contains reports whether a commit is in the history of another, in the mirror.
func (v *variant) contains(tip, sha string) bool {
	git := &clone{dir: v.Mirror.Dir, author: "anybody", now: v.Clock.Now}
	_, err := git.git(v.t.Context(), "merge-base", "--is-ancestor", sha, tip)
	return err == nil
}
