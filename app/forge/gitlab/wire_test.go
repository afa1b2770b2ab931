package gitlab

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

func TestRefusalsAreSorted(t *testing.T) {
	for code, want := range map[int]struct{ read, write policy.TroubleKind }{
		400: {policy.TroubleInvalid, policy.TroubleInvalid},
		401: {policy.TroubleRefused, policy.TroubleRefused},
		403: {policy.TroubleRefused, policy.TroubleRefused},
		404: {policy.TroubleRefused, policy.TroubleRefused},
		405: {policy.TroubleConflict, policy.TroubleConflict},
		406: {policy.TroubleConflict, policy.TroubleConflict},
		409: {policy.TroubleConflict, policy.TroubleConflict},
		413: {policy.TroubleInvalid, policy.TroubleInvalid},
		422: {policy.TroubleInvalid, policy.TroubleInvalid},
		423: {policy.TroubleAway, policy.TroubleAway},
		429: {policy.TroubleLimited, policy.TroubleLimited},
		500: {policy.TroubleAway, policy.TroubleUnknown},
		502: {policy.TroubleAway, policy.TroubleUnknown},
		503: {policy.TroubleAway, policy.TroubleUnknown},
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			s := newStub(t)
			s.status("GET "+public, code)
			s.status("POST "+mirror+"/issues", code)
			_, err := s.forge.DefaultBranch(t.Context())
			forgetest.Trouble(t, err, want.read, "")
			forgetest.Trouble(t, wire.Told("write", s.forge.post(t.Context(), s.forge.mirror.path()+"/issues", map[string]any{"title": canary}, nil)), want.write, "")
			if n := s.Count("POST"); n != 1 {
				t.Errorf("the write was sent %d times", n)
			}
			if n := s.Count("GET " + public); n != 1 {
				t.Errorf("the read was sent %d times", n)
			}
		})
	}
}

func TestReasonsThatGitLabIsKnownToGive(t *testing.T) {
	for body, hint := range map[string]string{
		`{"error":"insufficient_scope","error_description":"The request requires higher privileges"}`: "lacks the scope api",
		`{"message":"403 Forbidden - project is archived"}`:                                           "archived",
		`{"message":"403 Forbidden"}`:                                                                 "takes the role Reporter",
	} {
		s := newStub(t)
		s.On("GET "+public, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, body, http.StatusForbidden) })
		_, err := s.forge.DefaultBranch(t.Context())
		forgetest.Trouble(t, err, policy.TroubleRefused, hint)
	}
	s := newStub(t)
	s.On("GET "+public, func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error":"invalid_token","error_description":"Token is expired. You can either do re-authorization."}`, http.StatusUnauthorized)
	})
	_, err := s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "it has ended")
}

func TestAWriteWithoutAnAnswerIsUnknown(t *testing.T) {
	s := newStub(t)
	drop := func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	}
	s.On("POST "+mirror+"/issues", drop)
	s.On("GET "+public, drop)
	forgetest.Trouble(t, wire.Told("write", s.forge.post(t.Context(), s.forge.mirror.path()+"/issues", map[string]any{}, nil)), policy.TroubleUnknown, "")
	if n := s.Count("POST"); n != 1 {
		t.Errorf("the write was sent %d times", n)
	}
	_, err := s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleAway, "")
	dial := &net.OpError{Op: "dial", Err: errors.New("refused")}
	forgetest.Trouble(t, s.forge.wire.Unreached(http.MethodPost, dial), policy.TroubleAway, "could not be reached")
}

func TestAnAnswerThatIsNoJSON(t *testing.T) {
	s := newStub(t)
	s.JSON("GET "+public, "<html>"+canary)
	s.JSON("POST "+mirror+"/issues", "<html>"+canary)
	_, err := s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleAway, "no sensible answer")
	var made issue
	forgetest.Trouble(t, wire.Told("write", s.forge.post(t.Context(), s.forge.mirror.path()+"/issues", map[string]any{}, &made)), policy.TroubleUnknown, "")
}

func TestALimitIsWaitedForByOthers(t *testing.T) {
	s := newStub(t)
	reset := s.Now().Add(40 * time.Second)
	s.On("GET "+public, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Date", s.Now().Format(http.TimeFormat))
		w.Header().Set("RateLimit-Reset", fmt.Sprint(reset.Unix()))
		http.Error(w, "Retry later", http.StatusTooManyRequests)
	})
	_, err := s.forge.DefaultBranch(t.Context())
	if got := forgetest.Trouble(t, err, policy.TroubleLimited, ""); !got.Until.Equal(reset) {
		t.Errorf("until %v, want %v", got.Until, reset)
	}
	_, err = s.forge.Reports(t.Context())
	forgetest.Trouble(t, err, policy.TroubleLimited, "")
	if n := s.Count("GET "); n != 1 {
		t.Errorf("%d requests during the limit", n-1)
	}
	s.Pass(41 * time.Second)
	s.JSON("GET "+public, `{"default_branch": "main"}`)
	if _, err := s.forge.DefaultBranch(t.Context()); err != nil {
		t.Errorf("after the limit: %v", err)
	}
}

func TestALimitOfOneEndpointLeavesTheOthers(t *testing.T) {
	s := newStub(t)
	s.status("POST "+mirror+"/issues", http.StatusTooManyRequests)
	err := wire.Told("write", s.forge.post(t.Context(), s.forge.mirror.path()+"/issues", map[string]any{}, nil))
	if got := forgetest.Trouble(t, err, policy.TroubleLimited, ""); !got.Until.Equal(s.Now().Add(time.Minute)) {
		t.Errorf("until %v", got.Until)
	}
	s.JSON("GET "+public, `{"default_branch": "main"}`)
	if _, err := s.forge.DefaultBranch(t.Context()); err != nil {
		t.Errorf("a read: %v", err)
	}
}

func TestListsAreReadToTheirEnd(t *testing.T) {
	s := newStub(t)
	s.On("GET "+public+"/repository/branches", func(w http.ResponseWriter, r *http.Request) {
		page := r.URL.Query().Get("page")
		switch page {
		case "":
			w.Header().Set("X-Page", "1")
			w.Header().Set("X-Next-Page", "2")
		case "2":
			w.Header().Set("X-Page", "2")
			w.Header().Set("X-Next-Page", "")
			w.Header().Set("Link", `<http://elsewhere.example/?page=1>; rel="first", <http://elsewhere.example/?page=2>; rel="last"`)
		}
		fmt.Fprintf(w, `[{"name": "branch-%s", "commit": {"id": "abc"}}]`, page)
	})
	got, err := s.forge.branches(t.Context(), s.forge.public)
	if err != nil || len(got) != 2 || got[1].Name != "branch-2" {
		t.Errorf("numbered pages: %v, %v", got, err)
	}
	s.On("GET "+public+"/repository/branches", func(w http.ResponseWriter, r *http.Request) {
		token := r.URL.Query().Get("page_token")
		if token == "" {
			w.Header().Set("Link", `<http://elsewhere.example/x?page_token=b&pagination=keyset>; rel="next"`)
		}
		fmt.Fprintf(w, `[{"name": "branch-%s", "commit": {"id": "abc"}}]`, token)
	})
	got, err = s.forge.branches(t.Context(), s.forge.public)
	if err != nil || len(got) != 2 || got[1].Name != "branch-b" {
		t.Errorf("linked pages: %v, %v", got, err)
	}
	s.On("GET "+public+"/repository/branches", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Next-Page", "2")
		fmt.Fprint(w, `[]`)
	})
	_, err = s.forge.branches(t.Context(), s.forge.public)
	forgetest.Trouble(t, wire.Told("list", err), policy.TroubleRefused, "20,000")
}

func TestNoTokenGoesToAnotherHost(t *testing.T) {
	other := newStub(t)
	s := newStub(t)
	s.On("GET "+public, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.forge.wire.API.String()+"user", http.StatusFound)
	})
	_, err := s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "another host")
	if other.Count("") != 0 {
		t.Error("the other host was asked")
	}
	s.On("POST "+mirror+"/issues", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/api/v4/elsewhere", http.StatusTemporaryRedirect)
	})
	err = wire.Told("write", s.forge.post(t.Context(), s.forge.mirror.path()+"/issues", map[string]any{}, nil))
	forgetest.Trouble(t, err, policy.TroubleRefused, "moved or was renamed")
	if s.Count("POST elsewhere") != 0 {
		t.Error("the write was sent again")
	}
}

func TestATokenIsReadAnewForEveryRequest(t *testing.T) {
	s := newStub(t)
	s.JSON("GET "+public, `{"default_branch": "main"}`)
	for _, token := range []string{"glpat-one", "glpat-two"} {
		s.Lock()
		s.token = token
		s.Unlock()
		if _, err := s.forge.DefaultBranch(t.Context()); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []string{"", "  \n", "two\nlines", "grün", strings.Repeat("x", 600)} {
		s.Lock()
		s.token = bad
		s.Unlock()
		_, err := s.forge.DefaultBranch(t.Context())
		forgetest.Trouble(t, err, policy.TroubleRefused, "is not a token")
	}
}

func TestSetUpNamesWhatIsWrong(t *testing.T) {
	token := func() ([]byte, error) { return []byte("x"), nil }
	now := func() time.Time { return time.Time{} }
	with := func(public, mirror string) policy.Project { return policy.Project{Public: public, Mirror: mirror} }
	for want, o := range map[string]Options{
		"no clock":       {Token: token, Project: project},
		"no token":       {Now: now, Project: project},
		"not a URL":      {Token: token, Now: now, Project: project, API: "gitlab.com"},
		"public project": {Token: token, Now: now, Project: with("public", "g/m")},
		"mirror":         {Token: token, Now: now, Project: with("g/p", "g/../m")},
		"are the same":   {Token: token, Now: now, Project: with("g/p", "G/P")},
	} {
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	f, err := New(Options{Token: token, Now: now, Project: project})
	if err != nil || f.wire.API.String() != "https://gitlab.com/api/v4/" || f.wire.Gap != time.Second {
		t.Errorf("at gitlab.com: %v", err)
	}
	if f, err = New(Options{Token: token, Now: now, Project: project, API: "https://git.example.org"}); err != nil || f.wire.API.Path != "/api/v4/" {
		t.Errorf("without the version: %v", err)
	}
}
