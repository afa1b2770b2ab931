package drill

import (
	"fmt"
	"path"
	"strings"
	"sync"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// effect is one write request of Liftgate's: of its kind the n-th in a case.
type effect struct {
	kind string
	n    int
}

func (e effect) String() string { return fmt.Sprintf("%s #%d", e.kind, e.n) }

// kindOf names a write by its route and repository, and a push by what it moves.
func kindOf(c sandbox.Call) string {
	repo := path.Base(c.Repo)
	if !c.Git {
		return strings.NewReplacer("/repos/{owner}/{repo}", "", "installations/{installation_id}/", "", "/api/v4/projects/{id}", "").Replace(c.Route) + " " + repo
	}
	what := map[string]bool{}
	for _, ref := range c.Refs {
		name := strings.TrimPrefix(ref.Ref, "refs/heads/")
		switch {
		case ref.New == noObject:
			what["delete"] = true
		case strings.Contains(name, "/backport/"):
			what["backport"] = true
		case strings.Contains(name, "/candidate/"):
			what["candidate"] = true
		default:
			what["branches"] = true
		}
	}
	words := []string{"push"}
	for _, w := range []string{"delete", "backport", "candidate", "branches"} {
		if what[w] {
			words = append(words, w)
		}
	}
	return strings.Join(append(words, repo), " ")
}

// mishap is what becomes of one request.
type mishap string

const (
	refusedThen mishap = "refused"           // nothing happens, and GitHub says so
	erredThen   mishap = "applied, then 502" // it happens, and GitHub says that it failed
	droppedThen mishap = "applied, then cut" // it happens, and the connection breaks
	killedThen  mishap = "applied, then killed"
)

var mishaps = []mishap{refusedThen, erredThen, droppedThen, killedThen}

// refusals are the answers that stand for "no", by turns.
var refusals = []int{403, 500, 422, 409, 404}

// saboteur records the writes of a case and spoils those that are planned. Its fault method is a plan for the sandbox.
type saboteur struct {
	ours func(sandbox.TokenScope) bool
	plan func(e effect, nth int) mishap // nth counts all writes of the case; empty: leave it alone
	kill func()                         // ends the server's process and returns when it is dead

	mu   sync.Mutex
	seen map[string]int
	all  []effect
	hits []string
}

func (s *saboteur) fault(c sandbox.Call) sandbox.Fault {
	if !s.ours(c.Scope) || !c.Write {
		return sandbox.Fault{}
	}
	m, nth := s.draw(kindOf(c))
	return s.spoil(m, sandbox.Refused(refusals[nth%len(refusals)]))
}

// spoil is a mishap as the stand-ins play it.
func (s *saboteur) spoil(m mishap, refused sandbox.Fault) sandbox.Fault {
	switch m {
	case "":
		return sandbox.Fault{}
	case refusedThen:
		return refused
	case erredThen:
		return sandbox.AppliedThen(502)
	case killedThen:
		f := sandbox.AppliedThenDropped()
		f.After = s.kill
		return f
	}
	return sandbox.AppliedThenDropped()
}

// draw records a write, and says what is to become of it.
func (s *saboteur) draw(kind string) (m mishap, nth int) {
	e, nth := s.note(kind)
	if s.plan == nil {
		return "", nth
	}
	if m = s.plan(e, nth); m != "" {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.hits = append(s.hits, fmt.Sprintf("%s %s", e, m))
	}
	return m, nth
}

func (s *saboteur) note(kind string) (e effect, nth int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.seen == nil {
		s.seen = map[string]int{}
	}
	s.seen[kind]++
	e = effect{kind, s.seen[kind]}
	s.all = append(s.all, e)
	return e, len(s.all)
}

func (s *saboteur) done() (hits []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(hits, s.hits...)
}
