package store

import (
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/liftgate/liftgate/policy"
)

// modelEffect is what the store should know of an effect.
type modelEffect struct {
	key       string
	status    string
	attempts  int
	again     bool
	notBefore time.Time
	lease     time.Time
}

// effectsModel plays the store's part for the effects of one advisory, in plain Go.
type effectsModel struct {
	s       *Store
	id      string
	now     time.Time
	effects []*modelEffect
	claims  []modelClaim // all that were ever given, the lost ones too
}

type modelClaim struct {
	Claim
	of *modelEffect
}

func (m *effectsModel) find(key string) *modelEffect {
	i := slices.IndexFunc(m.effects, func(e *modelEffect) bool { return e.key == key })
	if i < 0 {
		return nil
	}
	return m.effects[i]
}

// next is what a claim should give.
func (m *effectsModel) next() *modelEffect {
	for _, e := range m.effects {
		if e.status == "pending" && !m.now.Before(e.notBefore) || e.status == "started" && !m.now.Before(e.lease) {
			return e
		}
	}
	return nil
}

func (m *effectsModel) claim(t *rapid.T) {
	c, ok, err := m.s.Claim(t.Context(), m.id, "model", m.now, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	e := m.next()
	if ok != (e != nil) {
		t.Fatalf("claim = %v, want %v", c, e)
	}
	if !ok {
		return
	}
	e.again = e.again || e.status == "started"
	e.status, e.lease = "started", m.now.Add(time.Minute)
	e.attempts++
	if c.Effect.Key != e.key || c.Attempt != e.attempts || c.Again != e.again {
		t.Fatalf("claim = %s %d %v, want %+v", c.Effect.Key, c.Attempt, c.Again, e)
	}
	m.claims = append(m.claims, modelClaim{c, e})
}

// settle uses any claim that was ever given; only the newest one of an effect may work.
func (m *effectsModel) settle(t *rapid.T, f func(Claim) error, then func(*modelEffect)) {
	if len(m.claims) == 0 {
		return
	}
	c := rapid.SampledFrom(m.claims).Draw(t, "claim")
	e := m.find(c.Effect.Key)
	held := e == c.of && e.status == "started" && e.attempts == c.Attempt
	if err := f(c.Claim); (err == nil) != held {
		t.Fatalf("settle %s %d = %v, want success %v of %+v", c.Effect.Key, c.Attempt, err, held, e)
	}
	if held {
		then(e)
	}
}

func (m *effectsModel) turn(t *rapid.T) {
	l, err := m.s.Load(t.Context(), m.id)
	if err != nil {
		t.Fatal(err)
	}
	turn := Turn{Before: l.Version, Decision: policy.Decision{Advisory: l.Advisory}, Now: m.now}
	for _, o := range l.Outcomes {
		turn.Absorbed = append(turn.Absorbed, o.Effect.Key)
	}
	var keys []string
	for range rapid.IntRange(0, 3).Draw(t, "asked") {
		keys = append(keys, fmt.Sprint("say/", rapid.IntRange(1, 5).Draw(t, "key")))
	}
	for _, key := range keys {
		turn.Decision.Effects = append(turn.Decision.Effects, say(m.id, key))
	}
	if err := m.s.Commit(t.Context(), turn); err != nil {
		t.Fatal(err)
	}
	m.effects = slices.DeleteFunc(m.effects, func(e *modelEffect) bool { return e.status == "done" })
	for _, key := range keys {
		if m.find(key) == nil {
			m.effects = append(m.effects, &modelEffect{key: key, status: "pending", notBefore: m.now})
		}
	}
}

func (m *effectsModel) check(t *rapid.T) {
	l, err := m.s.Load(t.Context(), m.id)
	if err != nil {
		t.Fatal(err)
	}
	var pending, done, gotDone []string
	for _, e := range m.effects {
		if e.status == "done" {
			done = append(done, e.key)
		} else {
			pending = append(pending, e.key)
		}
	}
	for _, o := range l.Outcomes {
		gotDone = append(gotDone, o.Effect.Key)
	}
	if !slices.Equal(l.Pending, pending) || !slices.Equal(gotDone, done) {
		t.Fatalf("pending %v, done %v; want %v, %v", l.Pending, gotDone, pending, done)
	}
	due, err := m.s.Due(t.Context(), m.now)
	if want := len(done) > 0 || m.next() != nil; err != nil || slices.Contains(due, m.id) != want {
		t.Fatalf("due = %v, %v; want %v", due, err, want)
	}
}

func TestEffectsFollowTheModel(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	if _, err := s.write.Exec("PRAGMA synchronous=OFF"); err != nil { // thousands of steps, and nothing to survive
		t.Fatal(err)
	}
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // a hundred take too long beside everything else
		if err := f.Value.Set("25"); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = f.Value.Set(f.DefValue) }() // it has just taken another
	}
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		a, _, err := s.Intake(t.Context(), testProject, policy.Report{Ref: fmt.Sprint("GHSA-", n)}, testStart)
		if err != nil {
			t.Fatal(err)
		}
		m := &effectsModel{s: s, id: a.ID, now: testStart}
		t.Repeat(map[string]func(*rapid.T){
			"":      m.check,
			"turn":  m.turn,
			"claim": m.claim,
			"wait": func(t *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second)
			},
			"finish": func(t *rapid.T) {
				m.settle(t, func(c Claim) error { return s.Finish(t.Context(), c, policy.Outcome{At: m.now}) },
					func(e *modelEffect) { e.status = "done" })
			},
			"retry": func(t *rapid.T) {
				until := m.now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "rest")) * time.Second)
				unknown := rapid.Bool().Draw(t, "unknown")
				m.settle(t, func(c Claim) error { return s.Retry(t.Context(), c, until, unknown) }, func(e *modelEffect) {
					e.status, e.notBefore, e.again = "pending", until, e.again || unknown
				})
			},
			"extend": func(t *rapid.T) {
				until := m.now.Add(2 * time.Minute)
				m.settle(t, func(c Claim) error { return s.Extend(t.Context(), c, until) }, func(e *modelEffect) { e.lease = until })
			},
		})
	})
}
