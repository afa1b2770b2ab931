package sandbox

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// gate lets everybody in who names a password, and refuses to move what has "no" in its name.
type gate struct {
	sync.Mutex
	git      *Bare
	declined string
	saw      []string // of the pushed commits, what could be read before they were in
	landed   []RefChange
}

func (g *gate) Curious() bool { return true }

func (g *gate) Refuse(ch RefChange, now string, env []string) (status, words string) {
	if out, err := g.git.RunWith(env, nil, "log", "-1", "--format=%s", ch.New); err == nil {
		g.saw = append(g.saw, out)
	}
	if OrZero(now) != ch.Old {
		return "stale", ""
	}
	if strings.Contains(ch.Ref, "no") {
		return "refused here", "we do not like " + ch.Ref + "\n"
	}
	return "", ""
}

func (g *gate) Landed(changes []RefChange) bool {
	g.landed = append(g.landed, changes...)
	return true
}

func (g *gate) admit(r *http.Request, path string, push bool) Visitor {
	who, _, _ := r.BasicAuth()
	v := Visitor{Scope: TokenScope{Kind: "user", Actor: who}, Bare: g.git, Judge: g, Declined: g.declined}
	if push && who == "" {
		v.Status, v.Message = http.StatusUnauthorized, "who are you?"
	}
	if path != "group/sub/name" {
		v.Status, v.Message = http.StatusNotFound, "no such thing"
	}
	return v
}

// street is a repository served to a clone of it.
type street struct {
	t      *testing.T
	gate   *gate
	faults Faults
	log    Recorder
	packs  int // bytes of public writes
	remote string
	dir    string
}

func serve(t *testing.T, declined string) *street {
	t.Helper()
	s := &street{t: t, gate: &gate{git: create(t), declined: declined}, dir: t.TempDir()}
	grow(t, s.gate.git, "", "refs/heads/main")
	s.log.OnPublicWrite = func(_ Request, body []byte) {
		s.gate.Lock()
		defer s.gate.Unlock()
		s.packs += len(body)
	}
	server := httptest.NewServer(&GitHTTP{Admit: s.gate.admit, Faults: &s.faults, Log: &s.log, Now: time.Now, Realm: "here"})
	t.Cleanup(server.Close)
	s.remote = strings.Replace(server.URL, "http://", "http://ada:secret@", 1) + "/group/sub/name.git"
	if out, err := s.run("clone", "-q", s.remote, "."); err != nil {
		t.Fatalf("clone: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"commit", "-q", "--allow-empty", "-m", "Local"}, {"branch", "yes"}, {"branch", "no"}} {
		if out, err := s.run(args...); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	return s
}

func (s *street) run(args ...string) (string, error) {
	cmd := exec.CommandContext(s.t.Context(), "git", args...)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C",
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.org", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.org")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// pushed is the line of the log for the first push. A client whose connection was dropped may try again by itself.
func (s *street) pushed() (line Request) {
	for _, line = range s.log.Requests() {
		if line.Method == http.MethodPost && line.Route == "git-receive-pack" {
			break
		}
	}
	return line
}

func TestGitHTTPJudgesRefByRef(t *testing.T) {
	for _, tt := range []struct {
		name, declined, args string
		want                 string // of yes, then no
		says                 string
	}{
		{"one of two", "", "yes no", "moved, refused here", "remote: we do not like refs/heads/no"},
		{"all or nothing", "", "--atomic yes no", "atomic push failure, refused here", "remote: we do not like refs/heads/no"},
		{"a hook for all", "hook declined", "yes no", "hook declined, refused here", "hook declined"},
		{"nothing wrong", "hook declined", "yes", "moved", "yes -> yes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.declined)
			out, _ := s.run(append([]string{"push", s.remote}, strings.Fields(tt.args)...)...) // what is refused fails
			if !strings.Contains(out, tt.says) {
				t.Errorf("git says %q, want %q in it", out, tt.says)
			}
			s.gate.Lock()
			defer s.gate.Unlock()
			var got []string
			line := s.pushed()
			for _, name := range []string{"refs/heads/yes", "refs/heads/no"} {
				for _, ch := range line.Refs {
					if ch.Ref != name {
						continue
					}
					result := ch.Error
					if ch.Error == "" && s.gate.git.Ref(name) == ch.New {
						result = "moved"
					}
					got = append(got, result)
				}
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("the log has %v, want %s", got, tt.want)
			}
			moved := strings.Contains(tt.want, "moved")
			if line.Public != moved || (s.packs > 0) != moved || (len(s.gate.landed) > 0) != moved {
				t.Errorf("public %v with %d bytes, landed %v, want %v", line.Public, s.packs, s.gate.landed, moved)
			}
			if len(s.gate.saw) == 0 || s.gate.saw[0] != "Local" {
				t.Errorf("judged without a look at what came: %q", s.gate.saw)
			}
		})
	}
}

func TestGitHTTPBreaksAsPlanned(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fault  Fault
		moves  bool
		status int
	}{
		{"refused", Refused(http.StatusServiceUnavailable), false, http.StatusServiceUnavailable},
		{"applied and failed", AppliedThen(http.StatusBadGateway), true, http.StatusBadGateway},
		{"applied and dropped", AppliedThenDropped(), true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, "")
			s.faults.Fail(func(c Call) Fault {
				if c.Git && c.Write && len(c.Refs) > 0 && c.Actor == "ada" {
					return tt.fault
				}
				return Fault{}
			})
			if out, err := s.run("push", s.remote, "yes"); err == nil {
				t.Errorf("the push succeeds: %s", out)
			}
			line := s.pushed()
			if moved := s.gate.git.Ref("refs/heads/yes") != ""; moved != tt.moves || line.Public != tt.moves || line.Status != tt.status {
				t.Errorf("moved %v, logged %+v, want %v and %d", moved, line, tt.moves, tt.status)
			}
		})
	}
}

func TestGitHTTPTurnsAway(t *testing.T) {
	s := serve(t, "")
	anonymous := strings.Replace(s.remote, "ada:secret@", "", 1)
	if out, err := s.run("push", anonymous, "yes"); err == nil || s.pushed().Status != http.StatusUnauthorized {
		t.Errorf("a push by nobody: %v, %s", err, out)
	}
	if out, err := s.run("fetch", "-q", anonymous); err != nil {
		t.Errorf("a fetch by nobody: %v, %s", err, out)
	}
	if out, err := s.run("ls-remote", strings.Replace(s.remote, "name", "other", 1)); err == nil || !strings.Contains(out, "not found") {
		t.Errorf("another repository: %v, %s", err, out)
	}
	for path, want := range map[string]string{
		"/a/b.git/info/refs": "a/b info/refs", "/a/b/c.git/git-upload-pack": "a/b/c git-upload-pack", "/a/b/git-receive-pack": "a/b git-receive-pack",
		"/a.git/info/refs": " ", "//b.git/info/refs": " ", "/a/b.git/HEAD": " ", "/a/b.git/objects/info/packs": " ", "/info/refs": " ",
	} {
		full, tail := SplitRemote(path)
		if got := fmt.Sprint(full, " ", tail); got != want {
			t.Errorf("SplitRemote(%q) = %q, want %q", path, got, want)
		}
	}
}
