package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// story is one case being played.
type story struct {
	*World
	plot

	ref      string // of the report: a GHSA number, or an issue's
	desk     int
	advisory string
	before   map[string]string    // public tips before the case
	answered map[policy.Mail]bool // mails that somebody has answered for
	number   string               // of the CVE; empty: the one of every drill
	main     int                  // number of the main fix
	releases []string             // tags that people made after the lift
	waive    bool                 // conflicts that nobody resolves are waived
	enduring bool                 // a database that is away is waited for
}

// cveNumber is what the allocator of every drill records.
const cveNumber = "CVE-2026-10042"

// scene is one step of the story.
type scene struct {
	name string
	play func(ctx context.Context) error
}

func (s *story) scenes() []scene {
	return []scene{
		{"a private report arrives", s.arrive},
		{"a member accepts it with a label", s.accept},
		{"an embargo is set", s.setEmbargo},
		{"a CVE number is recorded", s.recordCVE},
		{"somebody writes the notice", s.writeNotice},
		{"a developer opens the fix in the mirror", s.openFix},
		{"backports appear, conflicts are shown", s.seeBackports},
		{"a person resolves a conflict, older branches follow", s.resolveConflicts},
		{"an early merge is held", s.tryEarlyMerge},
		{"a release is named", s.nameRelease},
		{"reviewers approve every fix", s.approveAll},
		{"CI proves every candidate, the rehearsal passes", s.rehearse},
		{"the last rehearsals pass", s.approach},
		{"nothing is public yet", s.stillSecret},
		{"the embargo ends, everything lands", s.lift},
		{"advisory and notice are public, the desk is closed", s.closeOut},
		{"releases carry the fix, the notice says so", s.follow},
	}
}

func (s *story) arrive(ctx context.Context) (err error) {
	if s.before, err = tips(ctx, s.World, s.Public.Dir); err != nil {
		return err
	}
	s.ref, err = s.as(reporter).report(ctx, s.summary, "The report, with steps to reproduce.")
	if err != nil {
		return err
	}
	return s.until(ctx, "the desk", func() (bool, error) {
		numbers, titles, err := s.as(maintainer).desks(ctx)
		if err != nil || len(numbers) == 0 {
			return false, err
		}
		s.desk, s.advisory = numbers[0], titles[0]
		return true, nil
	})
}

// state is the advisory as the server's store has it.
func (s *story) state(ctx context.Context) (policy.Advisory, error) {
	loaded, err := s.Store.Load(ctx, s.advisory)
	if err != nil && s.enduring {
		err = s.until(ctx, "the database", func() (bool, error) {
			loaded, err = s.Store.Load(ctx, s.advisory)
			return err == nil, nil
		})
	}
	return loaded.Advisory, err
}

func (s *story) untilState(ctx context.Context, what string, ready func(policy.Advisory) bool) error {
	var waiting []string
	err := s.until(ctx, what, func() (bool, error) {
		a, err := s.state(ctx)
		waiting = a.Waiting
		return err == nil && ready(a), err
	})
	if err != nil && len(waiting) > 0 {
		err = fmt.Errorf("%w; the lift waits for %s", err, strings.Join(waiting, "; "))
	}
	return err
}

func (s *story) accept(ctx context.Context) error {
	if err := s.as(maintainer).label(ctx, s.desk, "accepted"); err != nil {
		return err
	}
	return s.untilState(ctx, "acceptance", func(a policy.Advisory) bool { return a.Phase == policy.Triaged })
}

// setEmbargo asks for the last slot of the coming week, which is shorter than the default.
func (s *story) setEmbargo(ctx context.Context) error {
	now := s.Clock.Now()
	end, ok := policy.DefaultCalendar().LastSlot(now.Add(26*time.Hour), now.Add(8*policy.Day))
	if !ok {
		return fmt.Errorf("no lift slot in the next week")
	}
	if err := s.as(maintainer).comment(ctx, s.desk, "/embargo "+end.Format(time.RFC3339)); err != nil {
		return err
	}
	return s.untilState(ctx, "the embargo", func(a policy.Advisory) bool { return a.Embargo.End.Equal(end) })
}

func (s *story) recordCVE(ctx context.Context) error {
	number := cmp.Or(s.number, cveNumber)
	if err := s.as(allocator).comment(ctx, s.desk, "/cve "+number); err != nil {
		return err
	}
	return s.untilState(ctx, "the CVE number", func(a policy.Advisory) bool { return a.CVE == number })
}

func (s *story) openFix(ctx context.Context) error {
	dev := s.as(developer)
	if err := s.until(ctx, "the mirror", func() (bool, error) {
		found, err := tips(ctx, s.World, s.Mirror.Dir)
		return found[s.plot.main] == s.before[s.plot.main], err
	}); err != nil {
		return err
	}
	c, err := dev.clone(ctx, s.Mirror.CloneURL)
	if err != nil {
		return err
	}
	if _, err := c.git(ctx, "switch", "-q", "-C", "work", "origin/"+s.plot.main); err != nil {
		return err
	}
	if err := s.fix(ctx, c); err != nil {
		return err
	}
	if _, err := c.git(ctx, "push", "-q", "origin", "HEAD:refs/heads/topic/"+s.advisory); err != nil {
		return err
	}
	if s.main, err = dev.openFix(ctx, s.advisory, "topic/"+s.advisory, s.plot.main); err != nil {
		return err
	}
	if err := dev.comment(ctx, s.desk, fmt.Sprintf("/fix #%d", s.main)); err != nil {
		return err
	}
	return s.untilState(ctx, "the fix", func(a policy.Advisory) bool { return a.Phase == policy.Fixing })
}

// seeBackports waits until every stable branch has a fix, or a conflict, or has the change already.
func (s *story) seeBackports(ctx context.Context) error {
	return s.untilState(ctx, "the backports", func(a policy.Advisory) bool {
		for _, branch := range s.stable {
			c := a.Cell(branch)
			if c == nil || c.State.NeedsFix() && c.Fix.Number == 0 {
				return false
			}
		}
		return true
	})
}

// open lists the branches whose conflict nobody has resolved.
func (s *story) open(a policy.Advisory) []string {
	var names []string
	for _, c := range a.Cells {
		if unresolved(c) {
			names = append(names, c.Branch)
		}
	}
	return names
}

// unresolved takes a draft for what it is, a guess: nobody in the story knows the code well enough to approve one.
func unresolved(c policy.Cell) bool {
	draft := c.Backport.State == policy.PickDraft && c.Fix.Head == c.Backport.Head
	return c.State.NeedsFix() && (c.Conflicted() || draft)
}

func (s *story) resolveConflicts(ctx context.Context) error {
	if s.resolve == nil && !s.waive {
		return nil
	}
	for {
		a, err := s.state(ctx)
		if err != nil {
			return err
		}
		open := s.open(a)
		if len(open) == 0 {
			return nil
		}
		if s.resolve != nil {
			err = s.resolveOne(ctx, open[0])
		} else {
			err = s.as(manager).comment(ctx, s.desk, "/waive "+open[0]+" nobody resolves conflicts in this drill")
		}
		if err != nil {
			return err
		}
		if err := s.untilState(ctx, "the resolved conflict and the branches that follow it", func(now policy.Advisory) bool {
			return !slices.Contains(s.open(now), open[0]) && (s.resolve == nil || !slices.Equal(now.Planned, a.Planned))
		}); err != nil {
			return err
		}
	}
}

func (s *story) resolveOne(ctx context.Context, branch string) error {
	c, err := s.as(developer).clone(ctx, s.Mirror.CloneURL)
	if err != nil {
		return err
	}
	ref := policy.BackportRef(s.advisory, branch)
	if _, err := c.git(ctx, "switch", "-q", "--create", "resolve", "origin/"+ref); err != nil {
		return err
	}
	if err := s.resolve(ctx, c, branch); err != nil {
		return err
	}
	if _, err := c.git(ctx, "commit", "-q", "--all", "--amend", "--no-edit"); err != nil {
		return err
	}
	_, err = c.git(ctx, "push", "-q", "--force-with-lease", "origin", "HEAD:refs/heads/"+ref)
	return err
}

// tryEarlyMerge has a developer press the merge button on the main fix. The hold refuses it.
func (s *story) tryEarlyMerge(ctx context.Context) error {
	if err := s.until(ctx, "the hold", func() (bool, error) {
		_, head, err := s.fixNow(ctx, s.main)
		if err != nil {
			return false, err
		}
		return s.as(developer).held(ctx, head)
	}); err != nil {
		return err
	}
	refused, err := s.as(developer).merge(ctx, s.main)
	if err == nil && !refused {
		err = errors.New("the early merge was not refused")
	}
	return err
}

// fixNow is a fix as the forge shows it.
func (s *story) fixNow(ctx context.Context, number int) (open bool, head string, err error) {
	all, err := s.as(developer).fixes(ctx)
	i := slices.IndexFunc(all, func(f fix) bool { return f.Number == number })
	if err != nil || i < 0 {
		return false, "", err
	}
	return all[i].Open, all[i].Head, nil
}

// release is the tag that the lift makes at what lands on main.
const release = "v1.3.0"

func (s *story) nameRelease(ctx context.Context) error {
	if err := s.as(manager).comment(ctx, s.desk, "/release "+s.plot.main+" "+release); err != nil {
		return err
	}
	return s.untilState(ctx, "the release's name", func(a policy.Advisory) bool { return a.Cell(s.plot.main).Tag == release })
}

func (s *story) approveAll(ctx context.Context) error {
	all, err := s.as(reviewer).fixes(ctx)
	if err != nil {
		return err
	}
	a, err := s.state(ctx)
	if err != nil {
		return err
	}
	for _, f := range all {
		left := slices.ContainsFunc(a.Cells, func(c policy.Cell) bool { return c.Fix.Number == f.Number && unresolved(c) })
		if !f.Open || left {
			continue
		}
		if err := s.as(reviewer).approve(ctx, f.Number, f.Head); err != nil {
			return err
		}
	}
	return s.untilState(ctx, "the approvals", func(a policy.Advisory) bool {
		for _, c := range a.Cells {
			if c.State.NeedsFix() && !unresolved(c) && c.Fix.Number != 0 && c.Fix.Wanting != "" {
				return false
			}
		}
		return true
	})
}

// stuck reports whether an open conflict keeps the case from ever being ready.
func (s *story) stuck(ctx context.Context) (bool, error) {
	a, err := s.state(ctx)
	return len(s.open(a)) > 0, err
}

func (s *story) rehearse(ctx context.Context) error {
	if stuck, err := s.stuck(ctx); err != nil || stuck {
		return err
	}
	return s.untilState(ctx, "a passed rehearsal", func(a policy.Advisory) bool { return a.Phase == policy.Ready })
}

// approach moves the clock to where the last rehearsals are: a day, an hour and five minutes before the end.
func (s *story) approach(ctx context.Context) error {
	if stuck, err := s.stuck(ctx); err != nil || stuck {
		return err
	}
	a, err := s.state(ctx)
	if err != nil {
		return err
	}
	for _, before := range s.approaches {
		at := a.Embargo.End.Add(-before)
		s.Clock.AdvanceTo(at)
		if err := s.untilState(ctx, "the rehearsal before the end", func(a policy.Advisory) bool {
			return !a.Lift.Rehearsal.At.Before(at) && a.Phase == policy.Ready
		}); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) stillSecret(ctx context.Context) error {
	now, err := tips(ctx, s.World, s.Public.Dir)
	if err != nil {
		return err
	}
	for branch, sha := range s.before {
		if now[branch] != sha {
			return fmt.Errorf("%s of the public repository moved before the lift", branch)
		}
	}
	if n := s.publicWrites(); n != 0 {
		return fmt.Errorf("%d public writes before the lift", n)
	}
	return nil
}

func (s *story) lift(ctx context.Context) error {
	a, err := s.state(ctx)
	if err != nil {
		return err
	}
	s.Clock.AdvanceTo(a.Embargo.End)
	if len(s.open(a)) > 0 {
		return nil // the report says so
	}
	return s.untilState(ctx, "the lift", func(a policy.Advisory) bool { return a.Phase == policy.Published })
}

func (s *story) closeOut(ctx context.Context) error {
	if stuck, err := s.stuck(ctx); err != nil || stuck {
		return err
	}
	return s.until(ctx, "the closing", func() (bool, error) {
		a, err := s.state(ctx)
		if err == nil {
			err = s.settleMails(ctx, a)
		}
		return err == nil && a.Over() && !s.owes(a, policy.OweRecord, policy.OweNotice), err
	})
}

func (s *story) owes(a policy.Advisory, names ...string) bool {
	return slices.ContainsFunc(a.Owes(), func(o policy.Obligation) bool { return slices.Contains(names, o.Name) })
}

// follow releases each stable branch that has the fix, by hand, and waits until nothing is owed any more.
func (s *story) follow(ctx context.Context) error {
	if stuck, err := s.stuck(ctx); err != nil || stuck {
		return err
	}
	a, err := s.state(ctx)
	if err != nil {
		return err
	}
	c, err := s.as(maintainer).clone(ctx, s.Public.CloneURL)
	if err != nil {
		return err
	}
	push := []string{"push", "-q", "--atomic", "origin"}
	for _, cell := range a.Cells {
		if cell.Landed == "" || cell.Tagged == policy.TagMade {
			continue
		}
		tag := "release-of-" + strings.ReplaceAll(cell.Branch, "/", "-")
		if _, err := c.git(ctx, "tag", tag, cell.Landed); err != nil {
			return err
		}
		s.releases = append(s.releases, tag)
		push = append(push, "refs/tags/"+tag)
	}
	if len(s.releases) > 0 {
		if _, err := c.git(ctx, push...); err != nil {
			return err
		}
	}
	return s.untilState(ctx, "the releases to be seen", policy.Advisory.Idle)
}

// robot is the mirror's CI: it passes every candidate that it sees.
func (s *story) robot(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		seen := map[string]bool{}
		// An error is met again at the next look; the story fails by itself if nothing is ever proved.
		s.untilCancelled(ctx, func() {
			found, err := tips(ctx, s.World, s.Mirror.Dir)
			if err != nil {
				return
			}
			for name, sha := range found {
				if strings.Contains(name, "/candidate/") && !seen[sha] && s.as(ci).prove(ctx, sha, true) == nil {
					seen[sha] = true
				}
			}
		})
	})
	return func() { cancel(); done.Wait() }
}
