package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// TestVariantSeries is a fix of several commits, one of them a merge of a branch of its own, with labels and a reviewer: the
// backports get the same, and each commit names the one it comes from.
func TestVariantSeries(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.plot.fix = func(ctx context.Context, c *clone) error {
			_, first := c.commitFiles(ctx, "Document the limit", map[string]string{"include/limits.h": "#define LIMIT 256\n"})
			err := errors.Join(first, c.run(ctx, "switch -q -c side"), c.replace(fixFile, fixOld, fixNew))
			_, second := c.commitFiles(ctx, "Check the size of header values", nil)
			_, third := c.commitFiles(ctx, "Explain it", map[string]string{"doc/sizes": "Sizes are checked.\n"})
			return errors.Join(err, second, third, c.run(ctx, "switch -q work", "merge -q --no-ff --no-edit side"))
		}
		v.serve()
		v.playBefore(sceneFix)
		judges := []string{maintainer, reviewer}
		if v.forge() == onGitLab {
			judges = judges[:1] // more are for those who pay
		}
		v.openDressed([]string{"bug", "hardening"}, judges)
		v.scene(sceneSee)
		v.see("labels and reviewers at the backport", func() bool {
			labels, reviewers := v.dress(v.fixFor("stable-1.0"))
			return slices.Equal(labels, []string{"bug", "hardening"}) && slices.Equal(reviewers, judges)
		})
		v.scene(sceneApprove, sceneCI)
		v.playFrom(sceneApproach)
		v.namesMain("stable-1.0", v.before["stable-1.0"])
		for _, file := range []string{"include/limits.h", "doc/sizes"} {
			v.inPublic("cat-file", "-e", "stable-1.0:"+file)
		}
	})
}

func (c *clone) commitFiles(ctx context.Context, message string, files map[string]string) (string, error) {
	if err := c.write(files); err != nil {
		return "", err
	}
	return c.commit(ctx, message)
}

// openDressed opens the main fix as the story does, and gives it labels and reviewers before it is named at the desk.
func (v *variant) openDressed(labels, reviewers []string) {
	v.t.Helper()
	ctx, dev := v.t.Context(), v.mischief(developer)
	c := v.work(developer, v.plot.main)
	v.must(v.fix(ctx, c))
	v.git(c, "push", "-q", "origin", "HEAD:refs/heads/topic/"+v.advisory)
	var err error
	v.main, err = dev.openFix(ctx, v.advisory, "topic/"+v.advisory, v.plot.main)
	v.must(err)
	v.must(dev.dress(ctx, v.main, labels, reviewers))
	v.say(developer, fmt.Sprintf("/fix #%d", v.main))
	v.waitPhase(policy.Fixing)
}

// dress is the labels and the requested reviewers of a fix.
func (v *variant) dress(number int) (labels, reviewers []string) {
	v.t.Helper()
	labels, reviewers, err := v.mischief(developer).dressed(v.t.Context(), number)
	v.must(err)
	slices.Sort(labels)
	slices.Sort(reviewers)
	return labels, reviewers
}

// TestVariantUpdatedBranch is a fix into which its author has merged the main branch: the fix lands on main and on the stable
// branch, and nothing of main goes along to the stable branch.
func TestVariantUpdatedBranch(t *testing.T) {
	onForges(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneApprove)
		tip := v.movePublic("master")
		v.see("the mirror to follow", func() bool {
			found, err := tips(t.Context(), v.World, v.Mirror.Dir)
			v.must(err)
			return found["master"] == tip
		})
		dev := v.work(developer, "topic/"+v.advisory)
		v.git(dev, "fetch", "-q", "origin")
		v.git(dev, "merge", "-q", "--no-edit", "origin/master")
		v.git(dev, "push", "-q", "origin", "HEAD:refs/heads/topic/"+v.advisory)
		merged := v.git(dev, "rev-parse", "HEAD")
		v.wait("the updated fix", func(a policy.Advisory) bool { return a.Cell("master").Fix.Head == merged })
		v.seeHeld()
		v.must(v.quiet())
		v.scene(sceneApprove, sceneCI, sceneApproach)
		v.Clock.AdvanceTo(v.end())
		v.landed(1)
		v.onTop("master", tip)
		if n := v.inPublic("rev-list", "--count", tip+"..master"); n != "1" {
			t.Errorf("main has gained %s commits, not the one of the fix", n)
		}
		v.namesMain("stable-1.0", v.before["stable-1.0"])
		if files := v.inPublic("diff", "--name-only", v.before["stable-1.0"], "stable-1.0"); files != fixFile {
			t.Errorf("the fix of the stable branch touches %q", files)
		}
	})
}

// TestVariantMarkers has a person commit a conflict half solved. It is approved, and never becomes ready.
func TestVariantMarkers(t *testing.T) {
	onForges(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneApprove)
		ref := policy.BackportRef(v.advisory, "stable-1.0")
		dev := v.work(developer, ref)
		head := v.commitTo(dev, ref, "Resolve", map[string]string{
			fixFile: strings.Replace(parserNew, fixOld, "<<<<<<< HEAD\n"+fixOld+"=======\n"+fixNew+">>>>>>> theirs\n", 1),
		})
		v.wait("the head with markers", func(a policy.Advisory) bool { return a.Cell("stable-1.0").Fix.Head == head })
		v.scene(sceneApprove)
		v.see("the markers named at the desk", func() bool {
			return strings.Contains(v.status(), "stable-1.0: conflict markers were committed") && strings.Contains(v.status(), fixFile+" (conflict markers)")
		})
		v.Clock.AdvanceTo(v.end())
		v.hear("**Somebody is needed.** The embargo has ended and the lift can't start: ")
		v.stays(policy.Fixing, time.Hour, policy.Day)
		v.commitTo(dev, ref, "Resolve it", map[string]string{fixFile: strings.Replace(parserNew, fixOld, fixNew, 1)})
		v.wait("the head without", func(a policy.Advisory) bool { return a.Cell("stable-1.0").Fix.Head != head })
		v.scene(sceneApprove)
		v.landed(1)
	})
}
