package cve

import (
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
	"github.com/liftgate/liftgate/policy"
)

// What is asked and what the stand-in answers is as the API's own description says, refusals included.
func TestCVEContract(t *testing.T) {
	c := contract.CVE(t)
	w := newTownBehind(t, c.Middleware)
	w.stand.PageSize(2)
	if _, err := w.Check(t.Context()); err != nil {
		t.Error(err)
	}
	id, spare, never := w.reserved(), w.reserved(), w.reserved()
	w.fail(reserving, sandbox.AppliedThenDropped()) // which no description speaks of
	ask := w.wish(advisory)
	_, err := w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleUnknown, "")
	w.stand.Fail(nil)
	w.wait(settled + time.Minute)
	ask.Again = true
	_, err = w.Reserve(t.Context(), ask)
	w.must(err)

	for _, title := range []string{"first", "second", "second"} {
		_, err := w.publish(id, title)
		w.must(err)
	}
	for _, which := range []string{id, spare} {
		_, err := w.Reject(t.Context(), w.cleared(), advisory, which, Rejection{Reason: "It is no vulnerability.", ReplacedBy: []string{never}})
		w.must(err)
		_, err = w.Public(t.Context(), which)
		w.must(err)
	}
	w.must(w.Release(t.Context(), never))
	_, err = w.Public(t.Context(), never)
	w.must(err)

	_, err = w.Lookup(t.Context(), "CVE-2026-99999")
	w.wants(err, policy.TroubleRefused, "no such number")
	spoilt := []byte(`{"providerMetadata":{"orgId":"` + w.id + `"}}`)
	_, err = w.Publish(t.Context(), w.cleared(), advisory, w.reserved(), spoilt)
	if oracle("schemas/cve-5.1.1-bundled.json") != "" {
		w.wants(err, policy.TroubleInvalid, "record format")
	}
	w.key = "another"
	_, err = w.Check(t.Context())
	w.wants(err, policy.TroubleRefused, "cna.user")
	for _, route := range []string{"GET /cve-id", "POST /cve-id", "GET /cve-id/{id}", "PUT /cve-id/{id}", "GET /cve/{id}", "POST /cve/{id}/cna",
		"PUT /cve/{id}/cna", "POST /cve/{id}/reject", "PUT /cve/{id}/reject", "GET /org/{identifier}", "GET /org/{shortname}/id_quota"} {
		if c.Seen()[route] == 0 {
			t.Errorf("%s was not asked", route)
		}
	}
}
