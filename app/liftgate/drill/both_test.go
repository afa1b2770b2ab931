package drill

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

// TestBothForges has one server look after a project on each forge, with a case on each, played step by step beside each
// other: their public repositories have the same name, their desks the same number, their embargoes the same end. Both
// land, and neither forge hears a word or sees a credential of the other's.
func TestBothForges(t *testing.T) {
	t.Parallel()
	hub := newSide(t, onGitHub, nil)
	lab := newSide(t, onGitLab, hub.World)
	lab.number = "CVE-2026-10043"
	hub.serve()
	if _, err := config.ParseServer("liftgate.yml", []byte(hub.Document(""))); err != nil {
		t.Error("the document of both:", err)
	}
	both := []*side{hub, lab}
	for _, one := range both {
		t.Cleanup(one.robot(t.Context()))
	}
	together := func(names ...string) {
		for _, name := range names {
			for _, one := range both {
				one.scene(name)
			}
		}
	}
	together(sceneArrive, sceneAccept, sceneEmbargo, sceneCVE, sceneNotice, sceneFix, sceneSee, sceneMerge, sceneApprove, sceneCI)
	if hub.Public.FullName != lab.Public.FullName || hub.desk != lab.desk || !hub.end().Equal(lab.end()) {
		t.Error("the two cases can't be taken for each other: this test looks for too little")
	}
	hub.wakesAlone(lab)
	lab.wakesAlone(hub)
	together(sceneApproach)
	for _, one := range both {
		one.nothingPublic()
	}
	together(sceneLift, sceneClose)
	for _, one := range both {
		one.checkEnd()
	}
	hub.strangeTo(lab.variant)
	lab.strangeTo(hub.variant)
	hub.unheardBy(lab)
	lab.unheardBy(hub)
	hub.wrongDoor(onGitLab)
	lab.wrongDoor(onGitHub)
}

// side is a case on one forge, with a word in all that it says and an ear at that forge.
type side struct {
	*variant
	word string
	ear  *ear
}

// newSide makes a world of its own, or one beside another. No sweep comes by and the clock does not hurry, so that whatever
// is asked of a forge has a reason there.
func newSide(t *testing.T, forge string, beside *World) *side {
	t.Helper()
	s := &side{word: "quince-at-" + forge, ear: &ear{credentials: map[string]bool{}}}
	c := newCaseOn(t, forge, func(setting *Setting) {
		setting.Beside, setting.Watch = beside, held(t, forge)
		setting.Watch.Exchange = s.ear.at(setting.Watch.Exchange)
		setting.Pace.Sweep, setting.Pace.Hurry = time.Hour, 0
	})
	c.plot.summary = "The " + s.word + " overflows"
	fix := c.plot.fix
	c.plot.fix = func(ctx context.Context, work *clone) error {
		if err := work.write(map[string]string{"doc/" + s.word: s.word + "\n"}); err != nil {
			return err
		}
		return fix(ctx, work)
	}
	s.variant = &variant{c}
	return s
}

// wakesAlone has people talk at a desk and push in public, and checks that Liftgate asks nothing of the other forge for it.
func (s *side) wakesAlone(other *side) {
	s.t.Helper()
	s.still()
	other.still()
	before := other.asked()
	s.say(developer, "The "+s.word+" is ripe.")
	s.say(developer, "/lift")
	s.hear("@developer, `/lift` was not done: ")
	s.pushPublic("refs/heads/master:refs/heads/elsewhere")
	s.see("the mirror to follow", func() bool {
		found, err := tips(s.t.Context(), s.World, s.Mirror.Dir)
		s.must(err)
		return found["elsewhere"] != ""
	})
	s.pushPublic(":refs/heads/elsewhere")
	s.still()
	if n := other.asked() - before; n != 0 {
		s.t.Errorf("what happened on %s led to %d requests to %s", s.forge(), n, other.forge())
	}
}

// asked counts what Liftgate has asked of the forge so far.
func (s *side) asked() (n int) {
	for _, r := range s.town.requests() {
		if s.ours(r) {
			n++
		}
	}
	return n
}

// still waits until no webhook is under way, no doorbell waits, and Liftgate has asked nothing for a while.
func (s *side) still() {
	s.t.Helper()
	calm, before := 0, -1
	s.see("silence", func() bool {
		s.must(s.evidence().Idle(s.t.Context()))
		stats, err := s.Store.Stats(s.t.Context(), s.Clock.Now())
		s.must(err)
		if n := s.asked(); n != before || stats.Doorbells > 0 {
			calm, before = 0, n
		}
		calm++
		return calm > 60
	})
}

// unheardBy fails if the other forge has heard or keeps anything of this case, or was shown a credential of this forge's.
func (s *side) unheardBy(other *side) {
	s.t.Helper()
	if !s.ear.heard(s.word) || !s.ear.heard(s.advisory) || !s.keeps(s.word) {
		s.t.Errorf("%s has not heard of %s, %s itself: this test looks for nothing", s.forge(), s.word, s.advisory)
	}
	for _, word := range []string{s.word, s.advisory} {
		if other.ear.heard(word) {
			s.t.Errorf("%s was told of %s", other.forge(), word)
		}
		if other.keeps(word) {
			s.t.Errorf("%s keeps %s", other.forge(), word)
		}
	}
	theirs := other.ear.shown()
	for credential := range s.ear.shown() {
		if theirs[credential] {
			s.t.Errorf("a credential for %s was shown to %s", s.forge(), other.forge())
		}
	}
	for _, r := range s.town.requests() { // git's credentials pass by the ear; notices are read without one, as by everybody
		if strings.HasPrefix(r.Route, "git-") && r.Token.Kind == "none" && r.Repo != s.Notices.FullName {
			s.t.Errorf("git came to %s with a credential that it does not know", s.forge())
		}
	}
}

// keeps looks through all objects of both repositories.
func (s *side) keeps(word string) bool {
	s.t.Helper()
	var all bytes.Buffer
	for _, repo := range []Repo{s.Public, s.Mirror} {
		s.must(s.evidence().DumpObjects(repo.FullName, &all))
	}
	return bytes.Contains(all.Bytes(), []byte(word))
}

// wrongDoor sends this forge's webhooks to where the other's arrive. They are refused.
func (s *side) wrongDoor(forge string) {
	s.t.Helper()
	s.must(s.evidence().Idle(s.t.Context()))
	s.must(s.town.hookTo("http://" + s.address + "/webhooks/" + forge))
	taken, refused := s.delivered()
	s.say(developer, "Is anybody there?")
	s.must(s.evidence().Idle(s.t.Context()))
	if nowTaken, nowRefused := s.delivered(); nowTaken != taken || nowRefused == refused {
		s.t.Errorf("of webhooks of %s at the address for %s %d were taken and %d refused", s.forge(), forge, nowTaken-taken, nowRefused-refused)
	}
}

// ear hears every request to a forge's API.
type ear struct {
	mu          sync.Mutex
	said        bytes.Buffer
	credentials map[string]bool
}

// at listens before another watcher, which may be missing.
func (e *ear) at(watch func(http.Handler) http.Handler) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		if watch != nil {
			next = watch(next)
		}
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, "the request broke off", http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			e.hear(r, body)
			next.ServeHTTP(w, r)
		})
	}
}

func (e *ear) hear(r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fmt.Fprintf(&e.said, "%s %s %v\n%s\n", r.Method, r.URL, r.Header, body)
	for _, name := range []string{"Authorization", "Private-Token"} {
		for _, credential := range r.Header[name] {
			e.credentials[credential[strings.LastIndex(credential, " ")+1:]] = true
		}
	}
}

// shown are the credentials so far: a server goes on asking.
func (e *ear) shown() map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.credentials)
}

func (e *ear) heard(word string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return bytes.Contains(e.said.Bytes(), []byte(word))
}
