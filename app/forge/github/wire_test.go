package github

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

func TestUnchangedAnswersAreKept(t *testing.T) {
	s := newStub(t)
	fresh := 0
	s.On("GET /repos/acme/mirror/branches", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `W/"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fresh++
		w.Header().Set("ETag", `W/"1"`)
		if r.URL.Query().Get("page") == "" {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s/repos/acme/mirror/branches?page=2>; rel="next"`, r.Host))
			_, _ = fmt.Fprint(w, `[{"name": "main", "commit": {"sha": "a"}}]`)
			return
		}
		_, _ = fmt.Fprint(w, `[{"name": "v2", "commit": {"sha": "b"}}]`)
	})
	for range 3 {
		got, err := s.forge.branches(t.Context(), asDesk, s.forge.mirror)
		if err != nil || len(got) != 2 || got[1].Tip != "b" {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if fresh != 2 {
		t.Errorf("the two pages were sent %d times", fresh)
	}
	// Another purpose has another token, for which the same address may look different.
	if _, err := s.forge.branches(t.Context(), asMirror, s.forge.mirror); err != nil || fresh != 4 {
		t.Errorf("another purpose: %d, %v", fresh, err)
	}
}

func TestETagsAreBounded(t *testing.T) {
	e := newETags(10_000)
	for i := range 100 {
		e.keep(fmt.Sprint(i), "t", http.Header{}, make([]byte, 1000))
		e.keep("0", "t", http.Header{}, nil) // used all the time, so never the one to drop
	}
	if e.size > e.max || len(e.byKey) != e.order.Len() || e.find("0") == nil || e.find("1") != nil || e.find("99") == nil {
		t.Errorf("size %d, %d entries", e.size, len(e.byKey))
	}
	e.keep("huge", "t", http.Header{}, make([]byte, 20_000))
	if e.size != 0 || e.order.Len() != 0 {
		t.Errorf("an entry above the bound stays: %d", e.size)
	}
}

func TestRedirects(t *testing.T) {
	s := newStub(t)
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("another host was asked, with the header %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(elsewhere.Close)
	s.JSON("GET /repositories/9", `{"full_name": "acme/renamed", "private": true}`)
	s.On("GET /repos/acme/mirror", answer(301, said, "Location", "/repositories/9"))
	s.On("GET /repos/acme/public", answer(301, said, "Location", elsewhere.URL+"/x"))
	s.On("PATCH /repos/acme/mirror/issues/5", answer(307, said, "Location", "/repositories/9/issues/5"))
	s.On("POST /repos/acme/mirror/issues", answer(302, said, "Location", "/repositories/9"))
	s.On("GET /loop", answer(302, said, "Location", "/loop"))

	mirror, err := s.forge.mirrorState(t.Context())
	problems := mirror.Problems
	if err != nil || len(problems) != 1 || !strings.Contains(problems[0], "renamed") {
		t.Errorf("a renamed mirror: %v, %v", problems, err)
	}
	_, err = s.forge.DefaultBranch(t.Context())
	forgetest.Trouble(t, err, policy.TroubleRefused, "another host")
	forgetest.Trouble(t, s.forge.patch(t.Context(), asDesk, "repos/acme/mirror/issues/5", nil), policy.TroubleRefused, "renamed")
	forgetest.Trouble(t, s.forge.post(t.Context(), "repos/acme/mirror/issues", nil, nil), policy.TroubleRefused, "renamed")
	forgetest.Trouble(t, s.forge.get(t.Context(), asDesk, "loop", nil), policy.TroubleAway, "circles")
	if s.Count("PATCH") != 1 || s.Count("POST") != 1 {
		t.Error("a write was sent again")
	}
}

func TestAcceptedIsSuccess(t *testing.T) {
	s := newStub(t)
	s.On("POST /repos/acme/mirror/issues", answer(202, `{"number": 12}`))
	var made issue
	if err := s.forge.post(t.Context(), "repos/acme/mirror/issues", nil, &made); err != nil || made.Number != 12 {
		t.Errorf("got %d, %v", made.Number, err)
	}
}

func TestNullBodies(t *testing.T) {
	s := newStub(t)
	for _, path := range []string{"branches", "issues/5/events", "issues/5/comments", "pulls", "pulls/6/reviews"} {
		s.JSON("GET /repos/acme/mirror/"+path, `null`)
	}
	s.JSON("GET /repos/acme/mirror", `null`)
	s.JSON("GET /repos/acme/public", `null`)
	s.JSON("GET /repos/acme/public/branches", ``)
	s.JSON("GET /repos/acme/mirror/issues/5", `null`)
	s.JSON("GET /repos/acme/mirror/pulls/6", `{"number": 6, "user": null, "head": {"repo": null}, "base": {}, "requested_reviewers": null}`)
	s.JSON("GET /repos/acme/mirror/commits//check-runs", `{"check_runs": null}`)
	s.JSON("GET /repos/acme/mirror/commits//status", `{"statuses": null}`)
	s.JSON("GET /repos/acme/public/security-advisories/GHSA-1", `{"ghsa_id": "GHSA-1", "cve_id": null, "severity": null, "author": null,
		"credits": null, "vulnerabilities": [{"package": null}, null], "created_at": null, "summary": null, "unheard_of": {"a": []}}`)
	got, err := s.forge.Observe(t.Context(), policy.Look{Advisory: "LSN-2026-0001", Report: "GHSA-1", Desk: 5, Fixes: []int{6}})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Report.Missing) != 4 || len(got.Fixes) != 1 || got.Fixes[0].Author != "" {
		t.Errorf("got %+v", got)
	}
}

// TestWritesGoOneByOne also covers the bound on what is under way.
func TestWritesGoOneByOne(t *testing.T) {
	s := newStub(t)
	s.forge.wire.Gap = 20 * time.Millisecond
	var under, most, reads, mostReads atomic.Int32
	track := func(n, most *atomic.Int32) func() {
		most.Store(max(most.Load(), n.Add(1)))
		time.Sleep(5 * time.Millisecond)
		return func() { n.Add(-1) }
	}
	s.On("POST /repos/acme/mirror/issues", func(w http.ResponseWriter, _ *http.Request) {
		defer track(&under, &most)()
		w.WriteHeader(http.StatusCreated)
	})
	s.On("GET /repos/acme/mirror/issues", func(http.ResponseWriter, *http.Request) { defer track(&reads, &mostReads)() })
	began := time.Now()
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if err := s.forge.post(t.Context(), "repos/acme/mirror/issues", nil, nil); err != nil {
				t.Error(err)
			}
		})
	}
	for range 30 {
		group.Go(func() {
			if err := s.forge.get(t.Context(), asDesk, "repos/acme/mirror/issues", nil); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if most.Load() != 1 || mostReads.Load() > wire.MostUnderWay {
		t.Errorf("%d writes and %d reads at once", most.Load(), mostReads.Load())
	}
	if took := time.Since(began); took < 60*time.Millisecond {
		t.Errorf("four writes in %v leave no gap", took)
	}
}

func TestHeaders(t *testing.T) {
	s := newStub(t)
	s.On("GET /repos/acme/mirror", func(_ http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "liftgate" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" {
			t.Errorf("headers: %v", r.Header)
		}
	})
	if _, err := s.forge.mirrorState(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestNew(t *testing.T) {
	good := Options{AppID: 7, Key: testKey(), Project: project, Now: time.Now}
	for name, spoil := range map[string]func(*Options){
		"no clock":    func(o *Options) { o.Now = nil },
		"no key":      func(o *Options) { o.Key = []byte(canary) },
		"no App":      func(o *Options) { o.AppID = 0 },
		"same":        func(o *Options) { o.Project.Mirror = "Acme/Public" },
		"bad name":    func(o *Options) { o.Project.Public = "acme" },
		"bad address": func(o *Options) { o.API = "ftp://x" },
		"bad lifter":  func(o *Options) { o.Lifter = &AppCredentials{AppID: 8} },
	} {
		o := good
		spoil(&o)
		if _, err := New(o); err == nil || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if f, err := New(good); err != nil || f.wire.API.String() != defaultAPI {
		t.Errorf("%v", err)
	}
}
