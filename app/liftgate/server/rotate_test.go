package server

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// TestTokensAreRotatedWhereWanted: off unless the operator says so, and never shortly before a lift.
func TestTokensAreRotatedWhereWanted(t *testing.T) {
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	_, c, token := ending(t, &now)
	file := c.GitLab.TokenFile
	rotated := func() bool {
		t.Helper()
		s, err := New(t.Context(), Options{Config: c, Now: clock, Log: slog.New(slog.DiscardHandler), CreateKeys: true, Owner: "test"})
		if err != nil {
			t.Fatal(err)
		}
		s.tend(t.Context())
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(string(text)) != token
	}
	if rotated() {
		t.Fatal("nobody wanted it")
	}
	c.GitLab.RotateTokens = true
	lift(t, c, clock, now.Add(beforeLift-time.Minute))
	if rotated() {
		t.Fatal("within a day of a lift")
	}
	lift(t, c, clock, now.Add(beforeLift+time.Minute))
	if !rotated() {
		t.Error("not rotated")
	}
	c.Database = "postgres://liftgate@db/liftgate"
	if (&Server{options: Options{Config: c}}).rotation() != nil {
		t.Error("replicas rotate")
	}
}

// TestARotationIsWaitedFor by nobody but the stop: the server answers and works meanwhile.
func TestARotationIsWaitedFor(t *testing.T) {
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	forge, c, token := ending(t, &now)
	c.GitLab.RotateTokens, c.GitLab.WebhookTokenFiles = true, []string{c.GitLab.TokenFile}
	asked, free, worked := make(chan struct{}), make(chan struct{}), make(chan struct{}, 1)
	forge.Fail(func(call sandbox.Call) sandbox.Fault {
		select {
		case <-asked:
			select {
			case worked <- struct{}{}:
			default:
			}
		default:
		}
		if !strings.HasSuffix(call.Path, "/rotate") {
			return sandbox.Fault{}
		}
		close(asked)
		return sandbox.Fault{Before: func() { <-free }}
	})
	s, err := New(t.Context(), Options{
		Config: c, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), CreateKeys: true, Owner: "test", Rhythm: app.DefaultRhythm(),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	<-asked
	<-worked // the timer asks GitLab about the projects
	answer, err := http.Get("http://" + listener.Addr().String() + "/readyz")
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%+v, %v", answer, err)
	}
	_ = answer.Body.Close() // it was not read
	cancel()
	select {
	case err := <-ended:
		t.Fatalf("the stop did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	close(free)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(c.GitLab.TokenFile); err != nil || string(text) == token {
		t.Errorf("not rotated: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

// ending is a GitLab, what a server there is told, and its token, which ends in five days.
func ending(t *testing.T, now *time.Time) (*lab.Server, config.Server, string) {
	t.Helper()
	clock := func() time.Time { return *now }
	forge, err := lab.Start(t.Context(), lab.Options{Dir: t.TempDir(), Now: clock, Wall: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = forge.Close() }) // nothing is left to lose
	if _, err := forge.CreateUser("liftgate"); err != nil {
		t.Fatal(err)
	}
	token, err := forge.CreateToken(lab.TokenSpec{Name: "x", User: "liftgate", Scopes: []string{"api"}, Expires: now.AddDate(0, 0, 30)})
	if err != nil {
		t.Fatal(err)
	}
	*now = now.AddDate(0, 0, 25)
	dir := t.TempDir()
	c := config.DefaultServer()
	c.Data, c.Database = dir, "sqlite:"+filepath.Join(dir, "liftgate.db")
	c.GitLab.API, c.GitLab.Git, c.GitLab.TokenFile = forge.API(), forge.URL(), filepath.Join(dir, "token")
	for _, name := range []string{"one", "two"} {
		c.Projects = append(c.Projects, config.Pair{Name: name, Prefix: strings.ToUpper(name), Forge: "gitlab", Public: "acme/" + name, Mirror: "secret/" + name})
	}
	if err := os.WriteFile(c.GitLab.TokenFile, []byte(token.Secret), 0o600); err != nil {
		t.Fatal(err)
	}
	return forge, c, token.Secret
}

// lift sets the embargo of the one advisory that there is.
func lift(t *testing.T, c config.Server, clock func() time.Time, end time.Time) {
	t.Helper()
	s, err := OpenStore(t.Context(), c, clock)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // what was committed is there
	a, _, err := s.Intake(t.Context(), policy.Project{Name: "one", Prefix: "ONE"}, policy.Report{Ref: "1"}, clock())
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := s.Load(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	loaded.Advisory.Embargo.Start, loaded.Advisory.Embargo.End = clock(), end
	turn := store.Turn{Before: loaded.Version, Decision: policy.Decision{Advisory: loaded.Advisory}, Now: clock()}
	if err := s.Commit(t.Context(), turn); err != nil {
		t.Fatal(err)
	}
}

func TestLiftsThatARotationWaitsFor(t *testing.T) {
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name string
		gate policy.Gate
		end  time.Time
		is   bool
	}{
		{"no date yet", policy.GateHeld, time.Time{}, false}, {"in a month", policy.GateHeld, now.AddDate(0, 1, 0), false},
		{"due", policy.GateHeld, now.Add(-time.Hour), true}, {"under way", policy.GateLifting, now.Add(-time.Hour), true},
		{"being published", policy.GateLanded, now.Add(-time.Hour), true}, {"over", policy.GateDone, now.Add(-time.Hour), false},
	} {
		var a policy.Advisory
		a.Lift.Gate, a.Embargo.End = tt.gate, tt.end
		if !tt.end.IsZero() {
			a.Embargo.Start = now.AddDate(0, 0, -14)
		}
		if lifts(a, now) != tt.is {
			t.Errorf("%s: %v", tt.name, !tt.is)
		}
	}
}

// TestLiftsThatWaitForNoDate: these land as soon as they are proved, whenever their embargo was to end.
func TestLiftsThatWaitForNoDate(t *testing.T) {
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	running := policy.Embargo{Start: now.AddDate(0, 0, -1), End: now.AddDate(0, 0, 13), TermsID: 1}
	early, _, err := running.EndNow("rel", policy.Embargoed("it leaks"), now)
	if err != nil {
		t.Fatal(err)
	}
	public, _, err := policy.Embargo{}.Public("rel", policy.Text{}, now)
	if err != nil {
		t.Fatal(err)
	}
	rejected, _, err := running.Reject("rel", policy.Embargoed("no bug"), now)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		embargo policy.Embargo
		phase   policy.Phase
		is      bool
	}{
		{"as agreed", running, policy.Ready, false}, {"/lift now", early, policy.Ready, true}, {"public", public, policy.Fixing, true},
		{"rejected, its desk still open", rejected, policy.Rejected, false},
	} {
		a := policy.Advisory{Phase: tt.phase, Embargo: tt.embargo}
		a.Lift.Gate = policy.GateHeld
		if lifts(a, now.Add(beforeLift)) != tt.is {
			t.Errorf("%s: %v", tt.name, !tt.is)
		}
	}
}
