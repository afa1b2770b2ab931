package drill

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func (v *variant) settleDown(label string) {
	v.t.Helper()
	n := v.stateNow().Notice.Version
	for range 60 {
		time.Sleep(50 * time.Millisecond)
		if v.stateNow().Notice.Version != n {
			break
		}
	}
	time.Sleep(700 * time.Millisecond)
	a := v.stateNow()
	v.t.Logf("%s: version %d printed %d told %d (%s), mails %d, owes %+v", label, a.Notice.Version, a.Notice.Printed, a.Notice.Told, a.Notice.ToldWhy, len(v.mails.got("announce@lists.example.org")), a.Owes())
	func() {
		defer func() { _ = recover() }()
		text := v.inNotices("show", "main:2026/0001.yml")
		if i := strings.Index(text, "products:"); i >= 0 {
			v.t.Log("\n" + text[i:])
		}
	}()
	log := v.log.String()
	i := strings.LastIndex(log, "\n==MARK")
	_ = i
	lines := strings.Split(log, "\n")
	for _, l := range lines[max(0, len(lines)-6):] {
		if strings.Contains(l, "WARN") || strings.Contains(l, "ERROR") {
			v.t.Log(l)
		}
	}
}

func TestScratchRedo(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneCI); v.playScenes(v.scenes()[v.sceneAt(sceneCI):])
		v.settleDown("start")
		a := v.stateNow()
		t.Logf("cells %+v\nrefs %s", a.Cells, v.inPublic("show-ref"))
		landed := a.Cell("master").Landed
		c, err := v.as(maintainer).clone(t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/master")
		v.git(c, "revert", "--no-edit", landed)
		v.git(c, "push", "-q", "origin", "HEAD:refs/heads/master")
		v.settleDown("reverted")
		v.git(c, "tag", "v9.0")
		v.git(c, "push", "-q", "origin", "v9.0")
		v.settleDown("tagged reverted")
		v.git(c, "cherry-pick", "-x", landed)
		t.Log("redone as", v.git(c, "rev-parse", "HEAD"))
		v.git(c, "push", "-q", "origin", "HEAD:refs/heads/master")
		v.settleDown("redone")
		v.git(c, "tag", "v9.1")
		v.git(c, "push", "-q", "origin", "v9.1")
		v.settleDown("tagged redone")
		v.Clock.Advance(24 * time.Hour)
		v.settleDown("a day later")
		_ = policy.Day
	})
}

func TestScratchGone(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneCI); v.playScenes(v.scenes()[v.sceneAt(sceneCI):])
		v.settleDown("start")
		a := v.stateNow()
		// the stable branch and what is tagged on it go away
		dir := v.Public.Dir
		_ = dir
		for _, ref := range strings.Fields(v.inPublic("for-each-ref", "--format=%(refname)", "--contains", a.Cell("stable-1.0").Landed)) {
			t.Log("delete", ref)
			v.inPublic("update-ref", "-d", ref)
		}
		v.settleDown("gone")
		c, err := v.as(maintainer).clone(t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/master")
		v.git(c, "tag", "v9.1")
		v.git(c, "push", "-q", "origin", "v9.1")
		v.settleDown("another tag")
		v.Clock.Advance(24 * time.Hour)
		v.settleDown("a day later")
		t.Log(v.log.String()[max(0, len(v.log.String())-3000):])
	})
}

func TestScratchNotices(t *testing.T) {
	onBoth(t, func(t *testing.T, v *variant) {
		v.serve()
		v.playBefore(sceneCI); v.playScenes(v.scenes()[v.sceneAt(sceneCI):])
		v.settleDown("start")
		old := v.inNotices("rev-parse", "main")
		c, err := v.as(maintainer).clone(t.Context(), v.Public.CloneURL)
		v.must(err)
		v.git(c, "switch", "-q", "-C", "work", "origin/master")
		v.git(c, "tag", "v9.1")
		v.git(c, "push", "-q", "origin", "v9.1")
		v.settleDown("a tag")
		v.inNotices("update-ref", "refs/heads/main", old)
		v.Clock.Advance(24 * time.Hour)
		v.settleDown("set back")
		v.Clock.Advance(24 * time.Hour)
		v.settleDown("set back, a day later")
		t.Log(v.inNotices("log", "--format=%h %s %ad", "main"))
		// two at a time
		v.git(c, "tag", "v9.0.1", "origin/master")
		v.git(c, "push", "-q", "origin", "v9.0.1")
		v.settleDown("another")
		t.Log(v.inNotices("log", "--format=%h %s %ad", "main"))
		t.Log(strings.Join(v.heard(v.desk), "\n---\n"))
		// removed
		n, err := v.as(maintainer).clone(t.Context(), v.Notices.CloneURL)
		v.must(err)
		v.must(os.Remove(filepath.Join(n.dir, "2026/0001.yml")))
		v.must(os.Remove(filepath.Join(n.dir, "2026/0001.xml")))
		_, err = n.commit(t.Context(), "Remove it")
		v.must(err)
		v.must(v.town.importGit(v.Notices, n.dir, "HEAD:refs/heads/main"))
		v.Clock.Advance(24 * time.Hour)
		v.settleDown("removed")
		t.Log(strings.Join(v.heard(v.desk), "\n---\n"))
		t.Log(v.log.String()[max(0, len(v.log.String())-3000):])
	})
}
