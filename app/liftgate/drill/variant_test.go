package drill

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// The variants are the other ways a case can go: each plays a compact case against the real server, has people do
// something that the story does not, and looks at what the forge shows for it.

// variant is a case that goes its own way.
type variant struct{ *crashCase }

// onForges plays a variant on GitHub, and with LIFTGATE_CASES=all on the others: what differs between them is not what it is
// about.
func onForges(t *testing.T, play func(t *testing.T, v *variant), rules ...string) {
	t.Helper()
	onThese(t, affordable(t, all(), "all"), play, rules...)
}

// onBoth is for what each forge does in a way of its own: the usual run plays it on all of them, a default one on GitHub.
func onBoth(t *testing.T, play func(t *testing.T, v *variant), rules ...string) {
	t.Helper()
	onThese(t, affordable(t, usual(), "usual"), play, rules...)
}

func onThese(t *testing.T, forges []string, play func(t *testing.T, v *variant), rules ...string) {
	t.Helper()
	t.Parallel()
	on(t, forges, func(t *testing.T, forge string) {
		play(t, newVariantOn(t, forge, rules...))
	})
}

// newVariant makes the compact case on GitHub with more lines in the project's configuration, for what only GitHub has. The
// server is not started yet.
func newVariant(t *testing.T, rules ...string) *variant {
	t.Helper()
	if !atLeisure(t) && rest() {
		t.Skip("a default run plays it")
	}
	t.Parallel()
	return newVariantOn(t, onGitHub, rules...)
}

func newVariantOn(t *testing.T, forge string, rules ...string) *variant {
	t.Helper()
	c := newCaseOn(t, forge, func(s *Setting) { s.Watch = held(t, forge) })
	c.plot.patience = 2 * time.Minute
	c.Pace.Look, c.Pace.Tick = 40*time.Millisecond, 100*time.Millisecond // looking more often costs more than it saves
	c.Rules = strings.TrimRight(compactRules, "\n") + "\n" + strings.Join(rules, "\n") + "\n"
	return &variant{c}
}

// widen adds a stable branch, before the server is started.
func (v *variant) widen(branch string) {
	v.t.Helper()
	v.must(v.town.importGit(v.Public, v.Public.Dir, "refs/heads/stable-1.0:refs/heads/"+branch))
	v.must(v.protect([]string{branch}))
	v.stable = append([]string{branch}, v.stable...)
	v.Rules = strings.Replace(v.Rules, "branches:\n", "branches:\n  - name: "+branch+"\n", 1)
}

// toReady starts the server and plays until the case is ready and waits for its end.
func (v *variant) toReady() {
	v.t.Helper()
	v.serve()
	v.playBefore(sceneApproach)
}

// The scenes that variants leave the story at.
const (
	sceneArrive  = "a private report arrives"
	sceneAccept  = "a member accepts it with a label"
	sceneEmbargo = "an embargo is set"
	sceneCVE     = "a CVE number is recorded"
	sceneNotice  = "somebody writes the notice"
	sceneFix     = "a developer opens the fix in the mirror"
	sceneSee     = "backports appear, conflicts are shown"
	sceneMerge   = "an early merge is held"
	sceneApprove = "reviewers approve every fix"
	sceneCI      = "CI proves every candidate, the rehearsal passes"
	sceneClose   = "advisory and notice are public, the desk is closed"
)

// scene plays one scene of the story.
func (v *variant) scene(names ...string) {
	v.t.Helper()
	for _, name := range names {
		v.playScenes(v.scenes()[v.sceneAt(name) : v.sceneAt(name)+1])
	}
}

func (v *variant) must(err error) {
	v.t.Helper()
	if err != nil {
		v.t.Fatal(err, v.where())
	}
}

// patient is a context for one wait.
func (v *variant) patient() (context.Context, context.CancelFunc) {
	return context.WithTimeout(v.t.Context(), v.patience)
}

// wait waits for something that the store shows.
func (v *variant) wait(what string, ready func(policy.Advisory) bool) {
	v.t.Helper()
	ctx, cancel := v.patient()
	defer cancel()
	v.must(v.untilState(ctx, what, ready))
}

// see waits for something that the forge shows.
func (v *variant) see(what string, ready func() bool) {
	v.t.Helper()
	ctx, cancel := v.patient()
	defer cancel()
	v.must(v.until(ctx, what, func() (bool, error) { return ready(), nil }))
}

func (v *variant) waitPhase(phase policy.Phase) {
	v.t.Helper()
	v.wait("phase "+string(phase), func(a policy.Advisory) bool { return a.Phase == phase })
}

// say writes at the desk.
func (v *variant) say(login, words string) {
	v.t.Helper()
	v.must(v.as(login).comment(v.t.Context(), v.desk, words))
}

// heard is what Liftgate has said somewhere, the newest last.
func (v *variant) heard(number int) []string {
	v.t.Helper()
	all, err := v.as(maintainer).comments(v.t.Context(), number)
	v.must(err)
	var said []string
	for _, c := range all {
		if c.Ours {
			said = append(said, c.Body)
		}
	}
	return said
}

// count counts what Liftgate has said at the desk with some words in it.
func (v *variant) count(words string) (n int) {
	v.t.Helper()
	for _, said := range v.heard(v.desk) {
		if strings.Contains(said, words) {
			n++
		}
	}
	return n
}

// hear waits until Liftgate has said words at the desk.
func (v *variant) hear(words string) {
	v.t.Helper()
	ctx, cancel := v.patient()
	defer cancel()
	err := v.until(ctx, "words at the desk: "+words, func() (bool, error) { return v.count(words) > 0, nil })
	if err != nil {
		v.t.Fatal(err, v.where(), "\n", strings.Join(v.heard(v.desk), "\n---\n"))
	}
}

// status is the status comment at the desk.
func (v *variant) status() string {
	v.t.Helper()
	for _, said := range v.heard(v.desk) {
		if strings.HasPrefix(said, "### ") {
			return said
		}
	}
	return ""
}

func (v *variant) end() time.Time { return v.stateNow().Embargo.End }

// headOf is the head of a fix as the forge shows it.
func (v *variant) headOf(number int) string {
	v.t.Helper()
	_, head, err := v.fixNow(v.t.Context(), number)
	v.must(err)
	return head
}

// fixFor is the number of the fix of a branch.
func (v *variant) fixFor(branch string) int {
	v.t.Helper()
	a := v.stateNow()
	c := a.Cell(branch)
	if c == nil || c.Fix.Number == 0 {
		v.t.Fatalf("%s has no fix", branch)
	}
	return c.Fix.Number
}

// seeHeld waits until the hold is on the newest head of every open fix.
func (v *variant) seeHeld() {
	v.t.Helper()
	v.see("the holds", func() bool {
		all, err := v.as(developer).fixes(v.t.Context())
		v.must(err)
		return !slices.ContainsFunc(all, func(p fix) bool {
			if !p.Open {
				return false
			}
			held, err := v.as(developer).held(v.t.Context(), p.Head)
			v.must(err)
			return !held
		})
	})
}

// nothingPublic fails if a public branch or the report shows anything.
func (v *variant) nothingPublic() {
	v.t.Helper()
	v.must(v.stillSecret(v.t.Context()))
}

// stays waits until everything is quiet, and again after each of some lengths of time: a case that is over, or waits for
// people, does nothing by itself.
func (v *variant) stays(phase policy.Phase, after ...time.Duration) {
	v.t.Helper()
	for _, d := range append([]time.Duration{0}, after...) {
		v.Clock.Advance(d)
		if a := v.stateNow(); !a.Over() {
			v.looked()
		}
		v.must(v.quiet())
		v.nothingPublic()
		if a := v.stateNow(); a.Phase != phase {
			v.t.Fatalf("the case is %s, not %s", a.Phase, phase)
		}
	}
}

// looked waits until Liftgate has read the desk once more.
func (v *variant) looked() {
	v.t.Helper()
	looks := func() (n int) {
		for _, r := range v.town.requests() {
			if v.ours(r) && v.evidence().readsDesk(r, v.desk) {
				n++
			}
		}
		return n
	}
	before := looks()
	v.see("another look of Liftgate's", func() bool { return looks() > before })
}

// landed waits until the case is closed, and checks that every branch stands where its candidate did and that the mirror is
// level, after so many pushes.
func (v *variant) landed(pushes int) {
	v.t.Helper()
	v.waitPhase(policy.Published)
	v.wait("the closing", func(a policy.Advisory) bool { return a.Over() })
	after := v.publicTips()
	for _, c := range v.stateNow().Cells {
		if c.State.NeedsFix() && (c.Landed == "" || after[c.Branch] != c.Candidate.SHA) {
			v.t.Errorf("%s is at %s, its candidate was %s", c.Branch, after[c.Branch], c.Candidate.SHA)
		}
	}
	if n := v.pushed(); n != pushes {
		v.t.Errorf("%d pushes moved public branches, want %d", n, pushes)
	}
	if state := v.reportState(v.t.Context()); state != "published" {
		v.t.Errorf("the report is %s", state)
	}
	v.checkMirror(v.t.Context())
	v.checkWords(v.t.Context())
}

// pushed counts the pushes that were not refused.
func (v *variant) pushed() (n int) {
	for _, push := range v.pushes() {
		if !slices.ContainsFunc(push.Refs, func(r sandbox.RefChange) bool { return r.Error != "" }) {
			n++
		}
	}
	return n
}

// inPublic runs git in the public repository, as somebody who looks at what has landed.
func (v *variant) inPublic(args ...string) string {
	v.t.Helper()
	git := &clone{dir: v.Public.Dir, author: "anybody", now: v.Clock.Now}
	out, err := git.git(v.t.Context(), args...)
	v.must(err)
	return out
}

// namesMain checks that each commit that has landed on a stable branch since some commit names one that has landed on main.
func (v *variant) namesMain(branch, since string) {
	v.t.Helper()
	all := strings.Fields(v.inPublic("rev-list", since+".."+branch))
	if len(all) == 0 {
		v.t.Errorf("nothing has landed on %s", branch)
	}
	fresh := v.inPublic("rev-list", v.before[v.plot.main]+".."+v.plot.main)
	for _, sha := range all {
		message := v.inPublic("log", "-1", "--format=%B", sha)
		_, named, _ := strings.Cut(message, "(cherry picked from commit ")
		named, _, closed := strings.Cut(named, ")")
		if strings.Count(message, "(cherry picked from commit ") != 1 || !closed || !strings.Contains(fresh, named) {
			v.t.Errorf("%s of %s does not name a commit of main, which has\n%s\n%s", sha, branch, fresh, message)
		}
	}
}

// work is a person's clone of the mirror that stands on a branch.
func (v *variant) work(login, branch string) *clone {
	v.t.Helper()
	c, err := v.as(login).clone(v.t.Context(), v.Mirror.CloneURL)
	v.must(err)
	v.git(c, "switch", "-q", "-C", "work", "origin/"+branch)
	return c
}

func (v *variant) git(c *clone, args ...string) string {
	v.t.Helper()
	out, err := c.git(v.t.Context(), args...)
	v.must(err)
	return out
}

// commitTo writes files into a clone, commits, and pushes to a branch of the clone's origin.
func (v *variant) commitTo(c *clone, ref, message string, files map[string]string) (sha string) {
	v.t.Helper()
	v.must(c.write(files))
	sha, err := c.commit(v.t.Context(), message)
	v.must(err)
	v.git(c, "push", "-q", "origin", "HEAD:refs/heads/"+ref)
	return sha
}

// movePublic has somebody work in public, with a file that has nothing to do with anything.
func (v *variant) movePublic(branch string) (tip string) {
	v.t.Helper()
	c, err := v.as(maintainer).clone(v.t.Context(), v.Public.CloneURL)
	v.must(err)
	v.git(c, "switch", "-q", "-C", "work", "origin/"+branch)
	return v.commitTo(c, branch, "Note something", map[string]string{"NOTES-" + branch: v.Clock.Now().String() + "\n"})
}

// onTop fails if a public branch does not contain a commit.
func (v *variant) onTop(branch, tip string) {
	v.t.Helper()
	if base := v.inPublic("merge-base", branch, tip); base != tip {
		v.t.Errorf("%s has lost %s", branch, tip)
	}
}
