package server

import (
	"log/slog"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// TestProjectsOfOneUserShareItsLimits: GitLab counts all requests of a user, whichever project they are about.
func TestProjectsOfOneUserShareItsLimits(t *testing.T) {
	now := time.Date(2026, 3, 10, 14, 0, 0, 0, time.UTC)
	forge, c, _ := ending(t, &now)
	s, err := New(t.Context(), Options{
		Config: c, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), CreateKeys: true, Owner: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }() // nothing was stored
	reset := strconv.FormatInt(now.Add(time.Minute).Unix(), 10)
	forge.Fail(func(sandbox.Call) sandbox.Fault {
		return sandbox.Fault{Refuse: &sandbox.Refusal{Status: http.StatusTooManyRequests, Header: http.Header{"Ratelimit-Reset": {reset}}}}
	})
	for _, p := range s.Projects {
		if _, err := p.Forge.DefaultBranch(t.Context()); policy.AsTrouble(err).Kind != policy.TroubleLimited {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if n := len(forge.Requests()); n != 1 {
		t.Errorf("%d requests, want none after the limit", n)
	}
}

// TestPaces: GitHub counts the requests of each installation, which an account has one of.
func TestPaces(t *testing.T) {
	s, _ := assembled(t, onGitLab)
	of := func(mirror string) any { return s.pace("github", installation(policy.Project{Mirror: mirror})) }
	if of("acme/one") != of("Acme/two") || of("acme/one") == of("other/one") || of("acme/one") == any(s.pace("gitlab", "")) {
		t.Error("what is counted together and what is not is mixed up")
	}
}
