package drill

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// publishedNotice is the notice as the world sees it.
func (v *variant) publishedNotice() *notice.Record {
	v.t.Helper()
	_, number, _ := strings.Cut(v.advisory, "-")
	r, err := notice.Parse([]byte(v.inNotices("show", "main:"+strings.Replace(number, "-", "/", 1)+".yml")))
	v.must(err)
	return r
}

func (v *variant) inNotices(args ...string) string {
	v.t.Helper()
	return v.git(&clone{dir: v.Notices.Dir, author: "anybody", now: v.Clock.Now}, args...)
}

// told is what the notice says of a branch.
func (v *variant) told(branch string) notice.Branch {
	v.t.Helper()
	for _, b := range v.publishedNotice().Products[0].Branches {
		if b.Name == branch {
			return b
		}
	}
	return notice.Branch{}
}

// revised waits for the next version of the notice, and gives its reason.
func (v *variant) revised(before int) notice.Revision {
	v.t.Helper()
	v.wait("the next version of the notice", func(a policy.Advisory) bool { return a.Notice.Version > before && a.Idle() })
	r := v.publishedNotice()
	if len(r.Revisions) != v.stateNow().Notice.Version {
		v.t.Errorf("%d revisions of version %d", len(r.Revisions), v.stateNow().Notice.Version)
	}
	return r.Newest()
}

// TestVariantAfter is the life of a notice when nothing is owed any more: somebody backports the fix to a branch that was
// waived, it is released, and taken back; a doorbell is lost; people write into the notice.
func TestVariantAfter(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneApprove)
		v.say(manager, "/waive stable-1.0 nobody uses it")
		v.wait("the waiver", func(a policy.Advisory) bool { return a.Cell("stable-1.0").State == policy.Waived })
		v.playScenes(v.scenes()[v.sceneAt(sceneApprove):])
		const list = "announce@lists.example.org"
		if a := v.stateNow(); !a.Idle() || len(v.mails.got(list)) != 1 || len(v.told("stable-1.0").Fixed.Changes) != 0 {
			t.Fatalf("owes %+v, %d mails", a.Owes(), len(v.mails.got(list)))
		}
		a := v.stateNow()
		version, landed := a.Notice.Version, a.Cell("master").Landed

		c, err := v.as(maintainer).clone(t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/stable-1.0")
		v.git(c, "cherry-pick", "-x", landed)
		picked := v.git(c, "rev-parse", "HEAD")
		v.git(c, "push", "-q", "origin", "HEAD:refs/heads/stable-1.0")
		got := v.revised(version)
		if got.Reason != "stable-1.0 has the fix" || !bool(got.Advice) || !slices.Equal(v.told("stable-1.0").Fixed.Changes, []string{picked}) {
			t.Errorf("%+v, %+v", got, v.told("stable-1.0"))
		}
		if n := len(v.mails.got(list)); n != 2 {
			t.Errorf("%d mails, and the advice has changed", n)
		}

		v.town.failHooks(func(sandbox.Delivery) sandbox.HookFault { return sandbox.HookFault{Lose: true} })
		v.git(c, "tag", "v1.0.9", picked)
		v.git(c, "push", "-q", "origin", "v1.0.9")
		v.town.failHooks(nil)
		if got := v.revised(version + 1); got.Reason != "stable-1.0 was released with the fix as v1.0.9" || bool(got.Advice) || len(v.mails.got(list)) != 2 {
			t.Errorf("%+v, %d mails", got, len(v.mails.got(list)))
		}

		v.git(c, "revert", "--no-edit", picked)
		v.git(c, "push", "-q", "origin", "HEAD:refs/heads/stable-1.0")
		if got := v.revised(version + 2); got.Reason != "stable-1.0 has lost the fix" || !bool(got.Advice) || len(v.told("stable-1.0").Fixed.Changes) != 0 {
			t.Errorf("%+v, %+v", got, v.told("stable-1.0"))
		}

		notices, err := v.as(maintainer).clone(t.Context(), v.Notices.CloneURL)
		v.must(err)
		file := "2026/0001.yml"
		text, err := os.ReadFile(filepath.Join(notices.dir, file))
		v.must(err)
		v.must(notices.write(map[string]string{file: string(text) + "  - {day: 2027-01-31, reason: a workaround is known, advice: yes}\nworkaround: Refuse long headers.\n"}))
		_, err = notices.commit(t.Context(), "Say how to live with it")
		v.must(err)
		v.must(v.town.importGit(v.Notices, notices.dir, "HEAD:refs/heads/main")) // its owners may push there
		if got := v.revised(version + 3); got.Reason != "a workaround is known" || len(v.mails.got(list)) != 4 {
			t.Errorf("%+v, %d mails", got, len(v.mails.got(list)))
		}
		if page := v.inNotices("show", "main:2026/0001.html"); !strings.Contains(page, "Refuse long headers.") {
			t.Error("the page does not tell of the workaround")
		}

		bell := policy.Doorbell{Forge: "console", Delivery: "console-1", At: v.Clock.Now(), Press: &policy.Press{
			Actor: allocator, Button: policy.ButtonCVE, Args: policy.Embargoed("reject It was found to be none."),
		}}
		v.must(v.Store.RingFor(t.Context(), bell, v.advisory))
		v.wait("the rejection", func(a policy.Advisory) bool { return a.CVERejection.Done && a.Idle() })
		if record := string(v.numbers.Record(v.stateNow().CVE)); !strings.Contains(record, `"REJECTED"`) || !strings.Contains(record, "It was found to be none.") {
			t.Errorf("the world sees %s", record)
		}

		v.git(notices, "pull", "-q")
		v.must(os.RemoveAll(filepath.Join(notices.dir, "2026")))
		_, err = notices.commit(t.Context(), "Throw it all away")
		v.must(err)
		v.must(v.town.importGit(v.Notices, notices.dir, "HEAD:refs/heads/main"))
		v.see("a word about it", func() bool {
			return strings.Contains(v.log.String(), "the notice of "+v.advisory+" can't be looked after: notice: it is no longer in ")
		})
		v.checkWords(t.Context())
	})
}
