package drill

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// What people do in the property tests. A forge that refuses them is no failure: they try things that can't be done.

// canaryWord stands in everything that is embargoed and nowhere else.
const canaryWord = "zqcanary"

// kinds are the steps by name.
func (r *rig) kinds() map[string]func(step) error {
	at := func(do func(step, *incident) error) func(step) error {
		return func(s step) error {
			if len(r.cases) == 0 {
				return nil
			}
			c := r.cases[s.Case%len(r.cases)]
			if !r.find(c) {
				return nil
			}
			return do(s, c)
		}
	}
	says := func(login, words string) func(step) error {
		return at(func(_ step, c *incident) error { r.say(c, login, words+" because of "+c.token); return nil })
	}
	all := map[string]func(step) error{
		"report": r.report, "accept": at(r.accept), "reject": at(r.reject), "cve": at(r.cve),
		"fix": at(r.openFix), "amend": at(r.amend), "close": r.closeFix, "edit": at(r.edit), "resolve": at(r.resolve), "again": at(r.again),
		"approve": r.approve, "object": r.object, "merge": r.mergeFix, "settle-branch": at(r.settleBranch), "affects": at(r.affects),
		"embargo": at(r.setEnd), "longer": at(r.longer), "agree": at(r.agree), "decline": at(r.decline),
		"restart": says(developer, "/embargo restart"), "hold": says(maintainer, "/hold"), "rehearse": says(manager, "/rehearse"),
		"resume":   at(func(_ step, c *incident) error { r.say(c, manager, "/resume"); return nil }),
		"lift":     at(func(_ step, c *incident) error { r.say(c, manager, "/lift"); return nil }),
		"lift-now": at(r.liftNow), "public": at(r.becomePublic), "outsider": at(r.outsider),
		"ci": r.ci, "ci-red": r.red,
	}
	for name, do := range r.events() {
		all[name] = do
	}
	return all
}

func (r *rig) report(step) error {
	if len(r.cases) == 2 {
		return nil
	}
	c := &incident{n: len(r.cases)}
	c.token = fmt.Sprintf(canaryWord+"%d", c.n)
	var err error
	c.ref, err = r.as(reporter).report(r.ctx, "A hole: "+c.token, "Steps: "+c.token)
	if err != nil {
		return err
	}
	r.cases = append(r.cases, c)
	return nil
}

// find learns the advisory's id and desk from the server, once it has them.
func (r *rig) find(c *incident) bool {
	if c.desk != 0 || r.Store == nil {
		return c.desk != 0
	}
	all, err := r.Store.Advisories(r.ctx, "", false)
	for _, s := range all {
		if s.Report == c.ref {
			r.mu.Lock()
			c.id, c.desk = s.ID, s.Desk
			r.mu.Unlock()
		}
	}
	return err == nil && c.desk != 0
}

// say writes at the desk.
func (r *rig) say(c *incident, login, words string) {
	if err := r.as(login).comment(r.ctx, c.desk, words); err != nil {
		r.note("   refused: %v", err)
	}
}

func (r *rig) accept(s step, c *incident) error {
	if end, ok := policy.DefaultCalendar().LastSlot(r.Clock.Now(), r.Clock.Now().Add(14*policy.Day)); ok {
		r.allowEnd(c, end)
	}
	r.allow(func(l *ledger) { l.accepted[c.n] = true })
	if s.A%2 == 0 {
		r.say(c, maintainer, "/accept")
		return nil
	}
	return r.as(maintainer).label(r.ctx, c.desk, "accepted")
}

func (r *rig) reject(s step, c *incident) error {
	if s.A%6 != 0 { // most of the time nobody gives the reason that an accepted report needs
		r.allow(func(l *ledger) { l.rejected[c.n] = l.rejected[c.n] || !l.accepted[c.n] })
		if r.allowed(func(l *ledger) bool { return l.accepted[c.n] }) {
			r.say(c, maintainer, "/reject")
		}
		return nil
	}
	r.allow(func(l *ledger) { l.rejected[c.n] = true })
	r.say(c, maintainer, "/reject it is none: "+c.token)
	return nil
}

func (r *rig) cve(s step, c *incident) error {
	r.say(c, allocator, fmt.Sprintf("/cve CVE-2026-%d", 10000+100*c.n+s.A))
	return nil
}

// branchFor picks one of the public branches that liftgate may know.
func (r *rig) branchFor(n int) string {
	all := append([]string{"master"}, r.stable...)
	return all[n%len(all)]
}

func (r *rig) settleBranch(s step, c *incident) error {
	branch := r.branchFor(s.A)
	if s.A%4 != 0 && branch == "master" {
		branch = r.stable[0]
	}
	if s.B%3 != 2 {
		r.allow(func(l *ledger) { l.settled[place{c.n, branch}] = true })
	}
	switch s.B % 3 {
	case 0:
		r.say(c, manager, "/waive "+branch+" nobody uses it: "+c.token)
	case 1:
		r.say(c, maintainer, "/not-affected "+branch+" the code is not there: "+c.token)
	default: // a label alone is no evidence
		return r.as(maintainer).label(r.ctx, c.desk, "not-affected/"+branch)
	}
	return nil
}

func (r *rig) affects(s step, c *incident) error {
	r.say(c, maintainer, "/affects "+r.branchFor(s.A))
	return nil
}

func (r *rig) setEnd(s step, c *incident) error {
	end := r.Clock.Now().Add([]time.Duration{time.Hour, policy.Day, 3 * policy.Day, 9 * policy.Day, 13 * policy.Day}[s.A%5]).Truncate(time.Minute)
	r.allowEnd(c, end)
	r.say(c, []string{maintainer, developer}[s.B%2], "/embargo "+end.Format(time.RFC3339)+" agreed about "+c.token)
	return nil
}

// longer asks for more than one member may set alone, and sometimes for more than anybody may.
func (r *rig) longer(s step, c *incident) error {
	end := r.Clock.Now().Add(time.Duration(20+s.A%20) * policy.Day).Truncate(time.Minute)
	r.say(c, maintainer, "/embargo "+end.Format(time.RFC3339)+" a hard one: "+c.token)
	return nil
}

func (r *rig) agree(s step, c *incident) error {
	r.say(c, []string{developer, maintainer}[s.A%2], "/agree")
	return nil
}

func (r *rig) decline(_ step, c *incident) error {
	r.say(c, reviewer, "/decline")
	return nil
}

func (r *rig) liftNow(s step, c *incident) error {
	if s.A%3 != 0 {
		return nil // once in a while is enough
	}
	r.allowEarly(c)
	r.say(c, manager, "/lift now it leaks: "+c.token)
	return nil
}

func (r *rig) becomePublic(s step, c *incident) error {
	if s.A%3 != 0 {
		return nil
	}
	r.allowEarly(c)
	if s.B%2 == 0 {
		return r.as(maintainer).label(r.ctx, c.desk, "public")
	}
	r.say(c, maintainer, "/public somebody told: "+c.token)
	return nil
}

// outsider has people ask for what is not theirs to ask for.
func (r *rig) outsider(s step, c *incident) error {
	tries := []struct{ login, words string }{
		{ci, "/accept"}, {ci, "/reject no"}, {ci, "/public here"}, {ci, "/cve CVE-2026-99999"}, {ci, "/waive master no"},
		{ci, "/lift now please"}, {ci, "/lift"}, {ci, "/hold"}, {ci, "/resume"}, {ci, "/embargo 2020-01-01T00:00Z"}, {ci, "/agree"},
		{ci, "/not-affected master it is not"}, {ci, "/embargo restart it"}, {developer, "/lift now please"}, {developer, "/waive master no"},
		{developer, "/cve CVE-2026-99998"}, {manager, "/accept"}, {manager, "/embargo 2026-01-01T00:00Z"}, {allocator, "/lift now please"},
		{reviewer, "/resume"}, {reporter, "/lift now please"}, {ci, "<!-- liftgate:status -->\n/accept"}, {maintainer, "/frobnicate"},
		{maintainer, "/embargo 2020-01-01T00:00Z too late"}, {maintainer, "/fix #99999"}, {maintainer, "/backport nowhere"},
	}
	try := tries[s.A%len(tries)]
	r.say(c, try.login, try.words)
	return nil
}

// fixesOpen lists the open fixes in the mirror.
func (r *rig) fixesOpen() []fix {
	all, err := r.as(developer).fixes(r.ctx)
	if err != nil {
		return nil
	}
	var open []fix
	for _, p := range all {
		if p.Open {
			open = append(open, p)
		}
	}
	return open
}

func (r *rig) approve(s step) error {
	for i, p := range r.fixesOpen() {
		if s.B%3 == 0 && i > 0 {
			break
		}
		r.approveOne(p)
	}
	return nil
}

func (r *rig) approveOne(p fix) {
	r.allow(func(l *ledger) {
		for n := range 2 {
			if blob, err := r.blob(r.Mirror.Dir, p.Head, fileOf(n)); err == nil {
				l.approved[blob] = true
			}
		}
	})
	_ = r.as(reviewer).approve(r.ctx, p.Number, p.Head) // a closed one can't be approved
}

func (r *rig) object(s step) error {
	if open := r.fixesOpen(); len(open) > 0 {
		p := open[s.A%len(open)]
		_ = r.mischief(reviewer).object(r.ctx, p.Number, p.Head, "not like this: "+canaryWord) // as above
	}
	return nil
}

func (r *rig) closeFix(s step) error {
	if open := r.fixesOpen(); len(open) > 0 && s.B%2 == 0 {
		r.setFix(open[s.A%len(open)].Number, false)
	}
	return nil
}

func (r *rig) setFix(number int, open bool) {
	if err := r.mischief(maintainer).setOpen(r.ctx, number, open); err != nil {
		r.note("   refused: %v", err)
	}
}

func (r *rig) mergeFix(s step) error {
	if open := r.fixesOpen(); len(open) > 0 {
		p := open[s.A%len(open)]
		refused, err := r.as(developer).merge(r.ctx, p.Number)
		r.note("   merge of #%d: refused %t, %v", p.Number, refused, err)
	}
	return nil
}

func (r *rig) ci(step) error {
	for name, sha := range r.tips(r.Mirror.Dir) {
		if strings.Contains(name, "/candidate/") {
			r.allow(func(l *ledger) { l.green[sha] = true })
			if err := r.as(ci).prove(r.ctx, sha, true); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *rig) red(s step) error {
	for name, sha := range r.tips(r.Mirror.Dir) {
		if strings.Contains(name, "/candidate/") && len(name)%2 == s.A%2 {
			_ = r.as(ci).prove(r.ctx, sha, false) // gone meanwhile
		}
	}
	return nil
}

// tips reads the branches of a bare repository. The forge's disk is always there.
func (r *rig) tips(dir string) map[string]string {
	found, err := tips(r.ctx, r.World, dir)
	if err != nil && r.ctx.Err() == nil {
		r.violate("read branches: %v", err)
	}
	return found
}

// blob is the name of a file's content in a commit.
func (r *rig) blob(dir, sha, file string) (string, error) {
	return r.inRepo(dir, "rev-parse", "--verify", "--quiet", sha+":"+file)
}

func (r *rig) inRepo(dir string, args ...string) (string, error) {
	c := &clone{dir: dir, author: "nobody", now: r.Clock.Now}
	return c.git(r.ctx, append([]string{"--git-dir=" + dir}, args...)...)
}

// by is the working copy in somebody's hands.
func (r *rig) by(login string) *clone {
	c := *r.hands
	c.author, c.token = login, r.town.token(login)
	return &c
}

// edits changes a file of a commit, adds some more, and gives the new commit.
func (r *rig) edits(c *clone, base, file, message string, change func(string) string, more map[string]string) (string, error) {
	if _, err := c.git(r.ctx, "checkout", "-q", "-f", "--detach", base); err != nil {
		return "", err
	}
	path := filepath.Join(c.dir, filepath.FromSlash(file))
	before, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	after := change(string(before))
	if after == string(before) {
		return "", errNothing
	}
	if err := os.WriteFile(path, []byte(after), 0o644); err != nil {
		return "", err
	}
	for name, content := range more {
		if err := os.WriteFile(filepath.Join(c.dir, filepath.FromSlash(name)), []byte(content), 0o644); err != nil {
			return "", err
		}
	}
	return c.commit(r.ctx, message)
}
