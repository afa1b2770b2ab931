package drill

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

// TestVariantTwoAdvisories lifts two advisories of one project at the same instant, on the same branches: the second is
// built again on the first and lands. Neither desk knows of the other.
func TestVariantTwoAdvisories(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		t.Cleanup(v.robot(t.Context()))
		v.scene(sceneArrive)
		other := &variant{&crashCase{story: &story{World: v.World, plot: v.plot, before: v.before, number: "CVE-2026-10043"}, t: t, log: v.log}}
		other.plot.fix = func(ctx context.Context, c *clone) error {
			if err := c.replace(fixFile, "#include <string.h>\n", "#include <limits.h>\n#include <string.h>\n"); err != nil {
				return err
			}
			_, err := c.commit(ctx, "Include the limits")
			return err
		}
		other.arriveBeside(v)
		both := []*variant{v, other}
		for _, name := range []string{sceneAccept, sceneEmbargo, sceneCVE, sceneNotice, sceneFix, sceneSee} {
			for _, one := range both {
				one.scene(name)
			}
		}
		v.scene(sceneApprove)
		other.scene(sceneApprove)
		for _, one := range both {
			one.scene(sceneCI)
		}
		if !v.end().Equal(other.end()) {
			t.Fatalf("one ends at %s and the other at %s", v.end(), other.end())
		}
		v.nothingPublic()
		v.Clock.AdvanceTo(v.end())
		for _, one := range both {
			one.waitPhase(policy.Published)
			one.wait("the closing", policy.Advisory.Over)
			if state := one.reportState(t.Context()); state != "published" {
				t.Errorf("%s is %s", one.advisory, state)
			}
		}
		v.togetherLanded(other)
	})
}

// arriveBeside sends another report in and waits for its desk.
func (v *variant) arriveBeside(first *variant) {
	v.t.Helper()
	var err error
	v.ref, err = v.as(reporter).report(v.t.Context(), "Another one", "Steps for the other one.")
	v.must(err)
	v.see("the other desk", func() bool {
		numbers, titles, err := v.as(maintainer).desks(v.t.Context())
		v.must(err)
		i := slices.IndexFunc(titles, func(title string) bool { return title != first.advisory })
		if i < 0 {
			return false
		}
		v.desk, v.advisory = numbers[i], titles[i]
		return true
	})
}

func (v *variant) togetherLanded(other *variant) {
	v.t.Helper()
	if n := v.pushed(); n != 2 {
		v.t.Errorf("%d pushes moved public branches, want one an advisory", n)
	}
	tips := v.publicTips()
	for _, one := range []*variant{v, other} {
		for _, c := range one.stateNow().Cells {
			v.onTop(c.Branch, c.Landed)
		}
		one.checkMirror(v.t.Context())
	}
	for _, branch := range []string{"master", "stable-1.0"} {
		words := v.inPublic("show", branch+":"+fixFile)
		if !strings.Contains(words, fixNew) || !strings.Contains(words, "limits.h") {
			v.t.Errorf("%s at %s lacks a fix:\n%s", branch, tips[branch], words)
		}
		if n := v.inPublic("rev-list", "--count", v.before[branch]+".."+branch); n != "2" {
			v.t.Errorf("%s has gained %s commits", branch, n)
		}
	}
	v.namesMain("stable-1.0", v.before["stable-1.0"])
	v.strangeTo(other)
	other.strangeTo(v)
}

// strangeTo fails if a desk or a fix says anything of another advisory.
func (v *variant) strangeTo(other *variant) {
	v.t.Helper()
	all, err := v.as(maintainer).comments(v.t.Context(), v.desk)
	v.must(err)
	for _, cell := range v.stateNow().Cells {
		said, err := v.as(maintainer).remarks(v.t.Context(), cell.Fix.Number)
		v.must(err)
		all = append(all, said...)
	}
	for _, c := range all {
		if strings.Contains(c.Body, other.advisory) || strings.Contains(c.Body, other.evidence().nameOf(other.ref)) {
			v.t.Errorf("%s knows of %s: %s", v.advisory, other.advisory, c.Body)
		}
	}
}
