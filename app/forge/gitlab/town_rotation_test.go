package gitlab

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// keeper is a town whose tokens lie in files and are rotated.
type keeper struct {
	*town
	file  tokenFile
	lift  tokenFile // empty: one token serves both
	quiet bool
	log   bytes.Buffer
}

func newKeeper(t *testing.T, spec lab.TokenSpec) *keeper {
	t.Helper()
	k := &keeper{town: newTown(t), quiet: true}
	k.file = tokenFile(filepath.Join(t.TempDir(), "token"))
	k.put(k.file, k.made(spec))
	k.start()
	return k
}

func (k *keeper) made(spec lab.TokenSpec) string {
	k.Helper()
	made, err := k.s.CreateToken(spec)
	k.Must(err)
	if spec.User == "" {
		for _, at := range []string{project.Public, project.Mirror} {
			k.Must(k.s.SetMember(at, made.Username, lab.Maintainer))
		}
	}
	return made.Secret
}

func (k *keeper) put(file tokenFile, secret string) {
	k.Helper()
	k.Must(os.WriteFile(string(file), []byte(secret+"\n"), 0o600))
}

func (k *keeper) token(file tokenFile) string {
	k.Helper()
	text, err := os.ReadFile(string(file))
	k.Must(err)
	return strings.TrimSpace(string(text))
}

// start makes a Forge as a server that starts does.
func (k *keeper) start() {
	k.Helper()
	from := func(file tokenFile) func() ([]byte, error) {
		return func() ([]byte, error) { return os.ReadFile(string(file)) }
	}
	r := &Rotation{TokenFile: string(k.file), LiftTokenFile: string(k.lift), Quiet: func(context.Context) (bool, error) { return k.quiet, nil }}
	o := Options{
		Token: from(k.file), API: k.s.API(), Git: k.s.URL(), Project: project, Now: k.Now, Rotation: r,
		Log: slog.New(slog.NewTextHandler(&k.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if k.lift != "" {
		o.LiftToken = from(k.lift)
	}
	var err error
	k.f, err = New(o)
	k.Must(err)
	k.Cleanup(k.f.Close)
}

// tend lets an hour pass and looks after the tokens.
func (k *keeper) tend() error { k.Pass(rotationEvery); return k.f.TendTokens(k.Context()) }

// fresh checks that a token took the place of another one, works, and was made for as many days.
func (k *keeper) fresh(file tokenFile, old string, days int) {
	k.Helper()
	now := k.token(file)
	if now == old {
		k.Fatal("not rotated")
	}
	if _, err := os.Stat(file.beside()); !os.IsNotExist(err) {
		k.Errorf("something is left: %v", err)
	}
	c, err := k.f.credential(k.Context(), asBot)
	if file == k.lift {
		c, err = k.f.credential(k.Context(), asLifter)
	}
	if want := k.Now().UTC().AddDate(0, 0, days).Format(time.DateOnly); err != nil || !c.Active || c.Expires != want {
		k.Errorf("%+v, %v, want an end on %s", c, err, want)
	}
	for _, secret := range []string{old, now} {
		if strings.Contains(k.log.String(), secret) {
			k.Error("a token is in the log")
		}
	}
}

// year is a token of the app's user that was made for a year.
func year() lab.TokenSpec {
	return lab.TokenSpec{Name: "year", User: "liftgate", Scopes: []string{"api"}}
}

// almost is how long a year's token is left alone.
const almost = (365 - rotationDays) * day

func TestRotation(t *testing.T) {
	for name, spec := range map[string]lab.TokenSpec{
		"a person's":   year(),
		"by its scope": {Name: "x", User: "liftgate", Scopes: []string{"read_api", "write_repository", "self_rotate"}},
		"a project's":  {Name: "x", Project: project.Mirror, Level: lab.Maintainer, Scopes: []string{"api"}},
		"a group's":    {Name: "x", Group: "acme-security", Level: lab.Maintainer, Scopes: []string{"api"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t, spec)
			old := k.token(k.file)
			k.Must(k.tend())
			k.Pass(almost - day)
			k.Must(k.tend())
			if k.token(k.file) != old {
				t.Fatal("rotated too early")
			}
			k.Pass(day)
			k.quiet = false
			k.Must(k.tend())
			if k.token(k.file) != old {
				t.Fatal("rotated shortly before a lift")
			}
			k.quiet = true
			k.Must(k.f.TendTokens(t.Context())) // within the hour
			if k.token(k.file) != old {
				t.Fatal("looked twice in an hour")
			}
			k.Must(k.tend())
			k.fresh(k.file, old, 365)
			if info, err := os.Stat(string(k.file)); err != nil || info.Mode().Perm() != 0o600 || info.Size() != int64(len(k.token(k.file))+1) {
				t.Errorf("%+v, %v", info, err)
			}
			now := k.token(k.file)
			k.Must(k.tend())
			if k.token(k.file) != now {
				t.Error("rotated again")
			}
		})
	}
}

// TestRotationOfTwoTokens: each has its own file, and its own user.
func TestRotationOfTwoTokens(t *testing.T) {
	k := newKeeper(t, year())
	k.lift = tokenFile(filepath.Join(t.TempDir(), "lift"))
	k.put(k.lift, k.made(lab.TokenSpec{Name: "x", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"write_repository", "self_rotate"}}))
	k.start()
	bot, lift := k.token(k.file), k.token(k.lift)
	k.Pass(almost)
	k.Must(k.tend())
	k.fresh(k.file, bot, 365)
	k.fresh(k.lift, lift, 365)

	k.put(k.lift, k.token(k.file)) // one token in two files: to rotate one is to end the other
	bot = k.token(k.file)
	k.Pass(almost)
	forgetest.Trouble(t, k.tend(), policy.TroubleRefused, "two files hold one token")
	if k.token(k.file) != bot {
		t.Error("rotated")
	}
}

// TestRotationWithinALimit: where GitLab makes no token for as long, it makes one for a week, which is rotated at half its life.
func TestRotationWithinALimit(t *testing.T) {
	k := newKeeper(t, year())
	k.Must(k.s.SetTokenLifetime(30))
	old := k.token(k.file)
	k.Pass(almost)
	k.Must(k.tend())
	k.fresh(k.file, old, 7)
	week := k.token(k.file)
	k.Pass(2 * day)
	k.Must(k.tend())
	if k.token(k.file) != week {
		t.Fatal("rotated every hour")
	}
	k.Pass(2 * day)
	k.Must(k.tend())
	k.fresh(k.file, week, 7)
}

// TestRotationRefused: whatever GitLab or the disk refuses for sure changes nothing, and is tried again.
func TestRotationRefused(t *testing.T) {
	k := newKeeper(t, year())
	old := k.token(k.file)
	k.Pass(almost)
	for _, status := range []int{http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusBadRequest} {
		k.rotating(sandbox.Refused(status))
		if k.tend() == nil {
			t.Errorf("%d: no error", status)
		}
		if left, err := k.file.left(); left.found || err != nil || k.token(k.file) != old {
			t.Errorf("%d: %+v, %v", status, left, err)
		}
	}
	k.s.Fail(nil)
	k.Must(os.Rename(string(k.file), string(k.file)+".real")) // a secret that is mounted is a link
	k.Must(os.Symlink(string(k.file)+".real", string(k.file)))
	forgetest.Trouble(t, k.tend(), policy.TroubleRefused, "can't be written")
	if got := k.Observe(policy.Look{}).Warnings; len(got) == 0 || !strings.Contains(got[0], "can't be written") {
		t.Errorf("warnings: %q", got)
	}
	k.Must(os.Rename(string(k.file)+".real", string(k.file)))
	k.Must(k.tend())
	k.fresh(k.file, old, 365)
	k.Pass(time.Hour)
	if got := k.Observe(policy.Look{}).Warnings; len(got) != 0 {
		t.Errorf("warnings: %q", got)
	}

	k.put(k.file, k.made(lab.TokenSpec{Name: "narrow", User: "liftgate", Scopes: []string{"read_api"}}))
	k.Pass(almost + day) // the year has a day more
	forgetest.Trouble(t, k.tend(), policy.TroubleRefused, "lacks the scope self_rotate")
}

// rotating makes something go wrong with every rotation.
func (k *keeper) rotating(fault sandbox.Fault) {
	k.s.Fail(func(c sandbox.Call) sandbox.Fault {
		if strings.HasSuffix(c.Path, "/rotate") {
			return fault
		}
		return sandbox.Fault{}
	})
}

// TestRotationWithoutAnAnswer: it is told, and never tried again, whether or not GitLab did it.
func TestRotationWithoutAnAnswer(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"done, and dropped": sandbox.AppliedThenDropped(), "done, and a failure": sandbox.AppliedThen(http.StatusBadGateway),
		"not done": sandbox.Refused(http.StatusBadGateway),
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t, year())
			old := k.token(k.file)
			k.Pass(almost)
			k.rotating(fault)
			forgetest.Trouble(t, k.tend(), policy.TroubleRefused, "gave no clear answer")
			k.s.Fail(nil)
			asked := k.requests("POST", "/rotate")
			for range 3 {
				forgetest.Trouble(t, k.tend(), policy.TroubleRefused, "make a new token at GitLab")
				k.start()
			}
			if k.requests("POST", "/rotate") != asked || k.token(k.file) != old {
				t.Error("tried again")
			}
			if fault.Refuse != nil { // it works still, and people are told at the desk
				k.Pass(time.Hour)
				forgetest.Trouble(t, k.f.TendTokens(t.Context()), policy.TroubleRefused, "gave no clear answer")
				if got := k.Observe(policy.Look{}).Warnings; len(got) == 0 || !strings.Contains(got[0], "gave no clear answer") {
					t.Errorf("warnings: %q", got)
				}
			}
			k.put(k.file, k.made(year()))
			k.Must(k.tend())
			if left, err := k.file.left(); left.found || err != nil {
				t.Errorf("left: %+v, %v", left, err)
			}
			if got := k.Observe(policy.Look{}).Warnings; len(got) != 0 {
				t.Errorf("warnings: %q", got)
			}
		})
	}
}

// TestRotationCutOff stops the process at each step of a rotation. All but one are recovered from.
func TestRotationCutOff(t *testing.T) {
	ask := func(k *keeper) string { // GitLab does it, and what it says is all that is left of the process
		k.Helper()
		token, err := k.f.askRotation(k.Context(), asBot, "personal_access_tokens/self/rotate", credential{})
		k.Must(err)
		return token
	}
	mark := func(k *keeper) *slot {
		k.Helper()
		s, err := k.file.prepare(k.token(k.file), k.Now())
		k.Must(err)
		k.Cleanup(s.close)
		return s
	}
	for name, step := range map[string]struct {
		until func(k *keeper)
		lost  bool
	}{
		"before the mark is whole":    {until: func(k *keeper) { k.Must(os.WriteFile(k.file.beside(), []byte("rotating 12"), 0o600)) }},
		"before GitLab is asked":      {until: func(k *keeper) { mark(k) }},
		"before the answer is stored": {lost: true, until: func(k *keeper) { mark(k); ask(k) }},
		"while the answer is stored": {lost: true, until: func(k *keeper) {
			s, token := mark(k), ask(k)
			_, err := s.out.WriteAt([]byte(token[:10]), 0)
			k.Must(err)
		}},
		"before the new token has the name": {until: func(k *keeper) { s := mark(k); k.Must(s.write(ask(k))) }},
		"before the folder is synced": {until: func(k *keeper) {
			s := mark(k)
			k.Must(s.write(ask(k)))
			k.Must(os.Rename(k.file.beside(), string(k.file)))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t, year())
			old := k.token(k.file)
			k.Pass(almost)
			step.until(k)
			k.start()
			err := k.f.TendTokens(t.Context())
			if step.lost {
				forgetest.Trouble(t, err, policy.TroubleRefused, "its successor is lost")
				k.put(k.file, k.made(year()))
				k.Must(k.tend())
				if left, err := k.file.left(); left.found || err != nil {
					t.Errorf("left: %+v, %v", left, err)
				}
				return
			}
			k.Must(err)
			k.Must(k.tend())
			if k.token(k.file) == old || k.Observe(policy.Look{}).Mirror.URL == "" {
				t.Error("not recovered")
			}
			if left, err := k.file.left(); left.found || err != nil {
				t.Errorf("left: %+v, %v", left, err)
			}
			if n := len(k.Observe(policy.Look{}).Warnings); n != 0 {
				t.Errorf("%d warnings", n)
			}
		})
	}
}

// TestAStoredTokenDoesNotReplaceAWorkingOne: people were faster.
func TestAStoredTokenDoesNotReplaceAWorkingOne(t *testing.T) {
	k := newKeeper(t, year())
	k.put(tokenFile(k.file.beside()), "glpat-stale")
	own := k.token(k.file)
	k.Must(k.tend())
	if left, err := k.file.left(); left.found || err != nil || k.token(k.file) != own {
		t.Errorf("%+v, %v", left, err)
	}
}

// TestARequestThatARotationOvertakes: a token that another took the place of meanwhile is no trouble for people.
func TestARequestThatARotationOvertakes(t *testing.T) {
	s := newStub(t)
	s.On("GET user", func(w http.ResponseWriter, _ *http.Request) {
		s.Lock()
		s.token = "glpat-next"
		s.Unlock()
		http.Error(w, `{"error": "invalid_token"}`, http.StatusUnauthorized)
	})
	_, err := s.forge.me(t.Context())
	forgetest.Trouble(t, wire.Told("ask", err), policy.TroubleAway, "the token was replaced meanwhile")
	var r *wire.Refusal
	if errors.As(err, &r) {
		t.Error("a refusal")
	}
}
