package github

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/policy"
)

func TestMintingIsNarrow(t *testing.T) {
	s := newStub(t)
	for _, as := range purposes() {
		if as.signed() {
			continue
		}
		if _, err := s.forge.mint(t.Context(), as); err != nil {
			t.Fatalf("%s: %v", as, err)
		}
		m := s.mints[len(s.mints)-1]
		g := s.forge.grant(as)
		if !slices.Equal(m.Repositories, []string{g.repo.name}) {
			t.Errorf("%s: for %v", as, m.Repositories)
		}
		want := maps.Clone(g.needs)
		maps.Copy(want, g.wants)
		delete(want, "administration") // wanted, and not granted here
		if !maps.Equal(m.Permissions, want) {
			t.Errorf("%s: asked for %v, want %v", as, m.Permissions, want)
		}
		if as != asLifting && g.repo == s.forge.public && (m.Permissions["contents"] == "write" || m.Permissions["workflows"] != "") {
			t.Errorf("%s could move public branches", as)
		}
	}
}

// TestTokensLast: a token is kept until a minute before its end, by our clock and whatever GitHub's says.
func TestTokensLast(t *testing.T) {
	s := newStub(t)
	take := func() string {
		t.Helper()
		_, _, secret, err := s.forge.PublicGit(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return secret
	}
	first := take()
	s.Pass(58 * time.Minute)
	if take() != first {
		t.Error("a token that lasts was thrown away")
	}
	s.Pass(90 * time.Second)
	if take() == first {
		t.Error("a token was used in its last minute")
	}
}

func TestRevokedTokenIsReplaced(t *testing.T) {
	s := newStub(t)
	var used []string
	s.On("GET /repos/acme/public", func(w http.ResponseWriter, r *http.Request) {
		used = append(used, r.Header.Get("Authorization"))
		if len(used) == 1 {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	_, err := s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleAway, "new one")
	if _, err := s.forge.DefaultBranch(t.Context()); err != nil || len(used) != 2 || used[0] == used[1] {
		t.Errorf("%v, %q", err, used)
	}
}

func TestMissingPermissionsAreListed(t *testing.T) {
	s := newStub(t)
	s.has = map[string]string{"contents": "read", "issues": "read"}
	_, err := s.forge.tokenFor(t.Context(), asDesk)
	got := forgetest.Trouble(t, err, policy.TroubleRefused, "the App lacks permissions at the mirror")
	if !strings.HasSuffix(got.Hint, "checks:write, issues:write, pull_requests:write, statuses:write") {
		t.Errorf("got %q", got.Hint)
	}
}

func TestCovers(t *testing.T) {
	for _, test := range []struct {
		has, needs string
		want       bool
	}{{"write", "read", true}, {"read", "write", false}, {"", "read", false}, {"admin", "write", true}, {"read", "read", true}} {
		if covers(test.has, test.needs) != test.want {
			t.Errorf("%q covers %q: %v", test.has, test.needs, !test.want)
		}
	}
}
