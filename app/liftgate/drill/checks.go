package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

const noObject = "0000000000000000000000000000000000000000"

// ours tells Liftgate's requests from people's.
func (s *story) ours(r sandbox.Request) bool { return s.town.ours(r.Token) }

// publicWrites counts what Liftgate changed in public so far, and lifts those that belong to the lift out when it has
// happened.
func (s *story) publicWrites() int {
	n := 0
	for _, r := range s.town.requests() {
		if r.Public && s.ours(r) {
			n++
		}
	}
	return n
}

// pushes lists Liftgate's pushes to the public repository that moved a branch. Where a connection was cut, git's HTTP
// library sends the request again by itself; the second one finds the refs moved already, and moves nothing.
func (s *story) pushes() []sandbox.Request {
	var found []sandbox.Request
	tip := map[string]string{}
	for _, r := range s.town.requests() {
		if !r.Public || !s.ours(r) || r.Repo != s.Public.FullName || !strings.HasSuffix(r.Path, "/git-receive-pack") {
			continue
		}
		moved := false
		for _, ref := range r.Refs {
			if !strings.HasPrefix(ref.Ref, "refs/heads/") {
				continue
			}
			moved = moved || tip[ref.Ref] != ref.New
			tip[ref.Ref] = ref.New
		}
		if moved {
			found = append(found, r)
		}
	}
	return found
}

// report gathers the result and checks what must be true.
func (s *story) report(ctx context.Context) (Report, error) {
	r := Report{Branches: []BranchReport{}, Advisory: s.advisory, PublicRepo: s.Public.Dir, MirrorRepo: s.Mirror.Dir, Notices: s.Notices.Dir}
	if s.ref != "" {
		r.Report, r.GHSA = s.town.cite(s.ref)
	}
	if s.advisory == "" {
		return r, nil
	}
	a, err := s.state(ctx)
	if err != nil {
		return r, err
	}
	after, err := tips(ctx, s.World, s.Public.Dir)
	if err != nil {
		return r, err
	}
	r.CVE, r.Published = a.CVE, !a.Lift.Published.IsZero()
	if !a.Embargo.End.IsZero() {
		r.EmbargoEnds = &a.Embargo.End
	}
	if !a.Lift.Landed.IsZero() {
		r.LandedAt = &a.Lift.Landed
	}
	r.Pushes = len(s.pushes())
	for _, request := range s.town.requests() {
		if request.Public && s.ours(request) && (a.Lift.Committed.IsZero() || s.earlier(request, a)) {
			r.PublicWritesBeforeLift++
		}
	}
	for _, c := range a.Cells {
		r.Branches = append(r.Branches, BranchReport{
			Name: c.Branch, State: branchState(c), Before: s.before[c.Branch], Candidate: c.Candidate.SHA, After: after[c.Branch],
		})
	}
	return r, s.check(ctx, &r, a)
}

// earlier reports whether a public write came before the push of the lift.
func (s *story) earlier(r sandbox.Request, _ policy.Advisory) bool {
	pushes := s.pushes()
	return len(pushes) == 0 || r.Seq < pushes[0].Seq
}

func branchState(c policy.Cell) string {
	switch {
	case c.Landed != "":
		return "landed"
	case unresolved(c):
		return "conflict"
	case c.State.NeedsFix():
		return "held"
	}
	return string(c.State)
}

// check compares the end of the story with what was promised.
func (s *story) check(ctx context.Context, r *Report, a policy.Advisory) error {
	must := func(holds bool, what string, args ...any) {
		if !holds {
			r.Failed = append(r.Failed, fmt.Sprintf(what, args...))
		}
	}
	must(r.PublicWritesBeforeLift == 0, "%d public writes came before the lift", r.PublicWritesBeforeLift)
	conflict := len(s.open(a)) > 0
	if conflict {
		must(r.Pushes == 0 && !r.Published, "something became public although a conflict is open")
	} else {
		must(r.Pushes == 1, "%d pushes reached the public repository, not one", r.Pushes)
		must(r.Published, "the advisory is not published")
		must(s.reportState(ctx) == "published", "the forge does not show the advisory as published")
	}
	for _, b := range r.Branches {
		switch {
		case b.State == "landed":
			must(b.After == b.Candidate && b.After != b.Before, "%s is not at its candidate", b.Name)
		default:
			must(b.After == b.Before, "%s moved and should not have", b.Name)
		}
		if !conflict {
			must(b.State != "held" && b.State != "conflict" && b.State != string(policy.Unknown), "%s ended as %s", b.Name, b.State)
		}
	}
	if !conflict {
		s.checkNotice(ctx, r, a, must)
	}
	if main := a.Cell(s.plot.main); main != nil && main.Tag != "" && main.Landed != "" {
		c := &clone{dir: s.Public.Dir, author: maintainer, now: s.Clock.Now}
		at, err := c.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+main.Tag)
		must(err == nil && at == main.Landed, "the tag %s is not at what landed on %s", main.Tag, s.plot.main)
	}
	for _, push := range s.pushes() {
		// The forge's clock shows whole seconds; the embargo may have been ended within this one.
		must(!push.Time.Before(a.Embargo.ExitedAt.Truncate(time.Second)), "a push came before the end of the embargo")
		for _, ref := range push.Refs {
			must(ref.Old != noObject && ref.New != noObject && ref.Error == "", "%s was created, deleted or refused", ref.Ref)
		}
	}
	if len(r.Failed) > 0 {
		return errors.New(strings.Join(r.Failed, "; "))
	}
	return nil
}

// reportState is the advisory's state as the forge shows it.
func (s *story) reportState(ctx context.Context) string {
	state, err := s.as(maintainer).reportState(ctx, s.ref, s.advisory)
	if err != nil {
		return "unreadable"
	}
	return state
}
