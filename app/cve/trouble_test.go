package cve

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

const canary = "CANARY-7f3a"

func TestCheck(t *testing.T) {
	w := newTown(t)
	w.reserved()
	if left, err := w.Check(t.Context()); err != nil || left != 49 {
		t.Errorf("got %d, %v", left, err)
	}
	w.stand.SetRoles(org, "ADP")
	_, err := w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "no CNA")
	w.Services.cna.ID = "53f830b8-0a3f-465b-8143-3b8a9948e749"
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "org_id")
	w.key = canary
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "cna.user")
	w.key = canary + "\n"
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "can't be read")
	w.Services.cna.Key = func() ([]byte, error) { return nil, errors.New(canary) }
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "can't be read")
	for _, r := range w.stand.Requests() {
		if strings.Contains(r.Path, "org") && r.Method != http.MethodGet {
			t.Errorf("checking wrote: %s %s", r.Method, r.Path)
		}
	}
	w.Services.cna = CNA{}
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "no CNA is configured")
}

func TestNew(t *testing.T) {
	key := func() ([]byte, error) { return nil, nil }
	for _, o := range []Options{
		{}, {Now: time.Now, URL: "ftp://example.org"}, {Now: time.Now, CNA: CNA{Org: " a", User: "u", ID: "i", Key: key}},
		{Now: time.Now, CNA: CNA{Org: "a", User: "u\n", ID: "i", Key: key}}, {Now: time.Now, CNA: CNA{Org: "a", User: "u", Key: key}},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("took %+v", o)
		}
	}
	s, err := New(Options{Now: time.Now})
	if err != nil || s.wire.API.String() != Program+"/" || s.wire.Gap != time.Second {
		t.Errorf("got %v, %v", s, err)
	}
}

// The key goes to those who need it, and to no other host; reading what is public takes none.
func TestKeyStaysHome(t *testing.T) {
	w := newTown(t)
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s was redirected", r.Method, r.URL) }))
	defer thief.Close()
	elsewhere := httptest.NewServer(http.RedirectHandler(thief.URL, http.StatusTemporaryRedirect))
	defer elsewhere.Close()
	s := w.services(Options{URL: elsewhere.URL})
	_, err := s.Reserve(t.Context(), w.wish(advisory))
	w.wants(err, policy.TroubleRefused, "point elsewhere")
	_, err = s.Lookup(t.Context(), "CVE-2026-12345")
	w.wants(err, policy.TroubleRefused, "point elsewhere")
	_, err = s.Public(t.Context(), "CVE-2026-12345")
	w.wants(err, policy.TroubleRefused, "point elsewhere")

	listens := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for name := range r.Header {
			if strings.HasPrefix(name, "Cve-Api-") {
				t.Errorf("%s was sent along", name)
			}
		}
		rw.WriteHeader(http.StatusNotFound)
	}))
	defer listens.Close()
	_, err = w.services(Options{URL: listens.URL}).Public(t.Context(), "CVE-2026-12345")
	w.wants(err, policy.TroubleRefused, "url") // no API speaks there, so nothing is known of the record
}

// Whatever answers, nothing of it, of the key or of the record is in an error or a log.
func TestNothingLeaks(t *testing.T) {
	w := newTown(t)
	w.key = canary
	status, body := 0, ""
	hostile := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Retry-After", "1")
		rw.Header().Set("Location", "https://"+canary+".example")
		rw.WriteHeader(status)
		_, _ = rw.Write([]byte(body)) // the client may be gone
	}))
	defer hostile.Close()
	s := w.services(Options{URL: hostile.URL})
	id := "CVE-2026-12345"
	for _, status = range []int{200, 206, 301, 400, 401, 403, 404, 408, 409, 413, 418, 429, 500, 503} {
		for _, body = range []string{canary, `{"error":"` + canary + `","message":"` + canary + `"}`, `{"cve_id":"` + canary + `","cveMetadata":{"cveId":"` + canary + `"}}`, "null", `{"cve_ids":[{"cve_id":"` + id + `"}]}`} {
			_, lookup := s.Lookup(t.Context(), id)
			w.wait(time.Minute)
			_, reserve := s.Reserve(t.Context(), w.wish(advisory))
			w.wait(time.Minute)
			_, publish := s.Publish(t.Context(), w.cleared(), advisory, id, w.container(canary))
			w.wait(time.Minute)
			_, public := s.Public(t.Context(), id)
			w.wait(time.Minute)
			_, check := s.Check(t.Context())
			w.wait(time.Minute)
			seen := status == 404 && strings.HasPrefix(body, `{"error`) // then the API says that there is no record
			for verb, err := range map[string]error{"lookup": lookup, "reserve": reserve, "publish": publish, "public": public, "check": check} {
				if err == nil && (verb != "public" || !seen) || err != nil && strings.Contains(err.Error(), canary) {
					t.Errorf("%s, %d %s: %v", verb, status, body, err)
				}
			}
			if kind(reserve) == policy.TroubleAway {
				t.Errorf("%d %s: a number may have been reserved: %v", status, body, reserve)
			}
		}
	}
	if strings.Contains(w.log.String(), canary) {
		t.Errorf("logged:\n%s", w.log)
	}
}

// A limit is kept by all, whoever has met it: CVE Services' own, and the one of the guard before them.
func TestLimits(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	for name, refusal := range map[string]sandbox.Refusal{
		"429": {Status: 429, Header: http.Header{"Retry-After": {"90"}}}, "403 without a code": {Status: 403, Body: "<html>Request blocked.</html>", Header: http.Header{"Retry-After": {"90"}}},
	} {
		w.fail("GET /cve/{id}", sandbox.Fault{Refuse: &refusal})
		_, err := w.Public(t.Context(), id)
		w.wants(err, policy.TroubleLimited, "rate")
		if until := policy.AsTrouble(err).Until; !until.Equal(w.clock().Add(90 * time.Second)) {
			t.Errorf("%s: until %s", name, until)
		}
		before := len(w.stand.Requests())
		_, err = w.Lookup(t.Context(), id)
		w.wants(err, policy.TroubleLimited, "still in force")
		if len(w.stand.Requests()) != before {
			t.Errorf("%s: asked on", name)
		}
		w.wait(2 * time.Minute)
	}
}

// Reading in vain changes nothing, and says so.
func TestReadsInVain(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	for name, f := range unknown() {
		for _, route := range []string{"GET /cve/{id}", "GET /cve-id/{id}"} {
			w.fail(route, f.Fault)
			var err error
			if route == "GET /cve/{id}" {
				_, err = w.Public(t.Context(), id)
			} else {
				_, err = w.Lookup(t.Context(), id)
			}
			if kind(err) != policy.TroubleAway {
				t.Errorf("%s, %s: got %v", route, name, err)
			}
		}
	}
}

// Answers in the API's form that are about something else, or too large to be true.
func TestOddAnswers(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	record := func(id, state, more string) sandbox.Fault {
		return garbled(fmt.Sprintf(`{"cveMetadata":{"cveId":%q,"state":%q,"datePublished":"2026-11-03T12:00:00Z"},"more":%q}`, id, state, more))
	}
	w.fail("GET /cve/{id}", record(id, "PUBLISHED", ""))
	if r, err := w.Public(t.Context(), id); err != nil || !r.Accepted() {
		t.Errorf("got %+v, %v", r, err)
	}
	for _, f := range []sandbox.Fault{record("CVE-2026-99999", "PUBLISHED", ""), record(id, "RESERVED", ""), record(id, "PUBLISHED", strings.Repeat("x", 10<<20))} {
		w.fail("GET /cve/{id}", f)
		_, err := w.Public(t.Context(), id)
		w.wants(err, policy.TroubleAway, "no sensible answer")
	}
	w.fail("GET /org/{shortname}/id_quota", garbled("{}"))
	_, err := w.Check(t.Context())
	w.wants(err, policy.TroubleAway, "no sensible answer")
}

func TestTimeout(t *testing.T) {
	w := newTown(t)
	s := w.services(Options{Timeout: 50 * time.Millisecond})
	w.fail(reserving, sandbox.Fault{Delay: 5 * time.Second})
	_, err := s.Reserve(t.Context(), w.wish(advisory))
	w.wants(err, policy.TroubleUnknown, "in time")
}
