package cve

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

func TestPublish(t *testing.T) {
	w := newTown(t)
	w.stand.Delay(30 * time.Minute)
	id := w.reserved()
	deed := func(want Deed, title string) {
		t.Helper()
		if got, err := w.publish(id, title); err != nil || got != want {
			t.Errorf("got %q, %v, want %s", got, err, want)
		}
	}
	sees := func(state State, title string) Record {
		t.Helper()
		r, err := w.Public(t.Context(), id)
		if err != nil || r.State != state || r.Accepted() != (state == Published) || !strings.Contains(string(r.container), title) {
			t.Errorf("the world sees %+v, %v, want %s %s", r, err, state, title)
		}
		return r
	}
	submitted := w.clock()
	deed(Created, "first")
	sees("", "")
	_, err := w.publish(id, "first") // it can't be compared yet, and is not sent again
	w.wants(err, policy.TroubleAway, "not to be seen yet")
	w.wait(time.Hour)
	if r := sees(Published, "first"); !r.Published.Equal(submitted) || r.CNA != org {
		t.Errorf("got %+v", r)
	}
	deed(Unchanged, "first")
	deed(Updated, "second")
	sees(Published, "first")
	w.wait(time.Hour)
	if r := sees(Published, "second"); !r.Published.Equal(submitted) || !r.Updated.After(submitted) {
		t.Errorf("got %+v", r)
	}
	deed(Unchanged, "  second\n") // the program takes such spaces away
	writes := 0
	for _, r := range w.stand.Requests() {
		if r.Public {
			writes++
		}
	}
	if writes != 2 {
		t.Errorf("%d writes", writes)
	}
}

// What is not to be said in public does not reach the API.
func TestPublishRefuses(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	before := len(w.stand.Requests())
	_, err := w.Publish(t.Context(), policy.Clearance{}, advisory, id, w.container("early"))
	w.wants(err, policy.TroubleRefused, "no clearance")
	_, err = w.Publish(t.Context(), w.cleared(), "LSN-2026-0008", id, w.container("another's"))
	w.wants(err, policy.TroubleRefused, "does not cover")
	_, err = w.Reject(t.Context(), policy.Clearance{}, advisory, id, Rejection{Reason: "early"})
	w.wants(err, policy.TroubleRefused, "no clearance")
	for hint, container := range map[string][]byte{
		"no JSON object": []byte("[]"), "MiB": bytes.Repeat([]byte(" "), maxContainer+1),
		"another organization": bytes.Replace(w.container("x"), []byte(w.id), []byte("53f830b8-0a3f-465b-8143-3b8a9948e749"), 1),
	} {
		_, err = w.Publish(t.Context(), w.cleared(), advisory, id, container)
		w.wants(err, policy.TroubleInvalid, hint)
	}
	for _, bad := range []string{"", "CVE-2026-1", "CVE-2026-12345/cna", "CVE-2026-12345\n"} {
		_, err = w.publish(bad, "x")
		w.wants(err, policy.TroubleRefused, "looks like")
		_, err = w.Public(t.Context(), bad)
		w.wants(err, policy.TroubleRefused, "looks like")
	}
	if n := len(w.stand.Requests()); n != before {
		t.Errorf("%d requests were sent", n-before)
	}
	_, err = w.publish("CVE-2026-99999", "nobody's")
	w.wants(err, policy.TroubleRefused, "no such number")
	w.wait(-48 * time.Hour)
	_, err = w.publish(id, "dated ahead")
	w.wants(err, policy.TroubleInvalid, "record format")
}

func TestPublishAnothers(t *testing.T) {
	w := newTown(t)
	theirs, err := w.stand.CreateCNA("other", 5)
	w.must(err)
	key, err := w.stand.CreateUser("other", bot)
	w.must(err)
	other := w.services(Options{})
	other.cna = CNA{Org: "other", User: bot, ID: theirs, Key: func() ([]byte, error) { return []byte(key), nil }}
	id, err := other.Reserve(t.Context(), w.wish("theirs"))
	w.must(err)
	_, err = w.publish(id, "x")
	w.wants(err, policy.TroubleRefused, "not the CNA's")
	w.wants(w.Release(t.Context(), id), policy.TroubleRefused, "not the CNA's")
	if n, err := w.Lookup(t.Context(), id); err != nil || n.Owner == "other" {
		t.Errorf("whose a reserved number is shows: %+v, %v", n, err)
	}
	ask := w.wish(advisory)
	ask.Again = true
	w.wait(time.Hour)
	_, err = w.Reserve(t.Context(), ask) // each CNA lists its own
	w.wants(err, policy.TroubleRefused, "no number of it")
	_, err = other.Publish(t.Context(), w.cleared(), advisory, id, bytes.Replace(w.container("x"), []byte(w.id), []byte(theirs), 1))
	w.must(err)
	_, err = w.publish(id, "x")
	w.wants(err, policy.TroubleRefused, "another CNA")
}

// A record that the schema does not take is refused by the API, and nothing is public.
func TestPublishBySchema(t *testing.T) {
	if oracle("schemas/cve-5.1.1-bundled.json") == "" {
		t.Skip("the schema of CVE records is not here")
	}
	w := newTown(t)
	id := w.reserved()
	for _, spoil := range [][2]string{{`"references"`, `"refs"`}, {`"HIGH"`, `"AWFUL"`}, {`"unknown"`, `"perhaps"`}, {`https://osn`, `osn `}} {
		text := strings.Replace(string(w.container("x")), spoil[0], spoil[1], 1)
		if text == string(w.container("x")) {
			t.Fatalf("%s is not there", spoil[0])
		}
		_, err := w.Publish(t.Context(), w.cleared(), advisory, id, []byte(text))
		w.wants(err, policy.TroubleInvalid, "record format")
	}
	if w.stand.Record(id) != nil {
		t.Error("there is a record")
	}
}

// However a write ends, calling again brings the record to what it is to say, by one write that counts.
func TestWritesAgain(t *testing.T) {
	type deed struct {
		name, route string
		first       func(w *town, id string)
		do          func(w *town, id string) (Deed, error)
	}
	reject := func(w *town, id string) (Deed, error) {
		return w.Reject(w.Context(), w.cleared(), advisory, id, Rejection{Reason: "It is no vulnerability.", ReplacedBy: []string{"CVE-2026-99999"}})
	}
	release := func(w *town, id string) (Deed, error) {
		n, err := w.Lookup(w.Context(), id)
		w.must(err)
		if err = w.Release(w.Context(), id); n.State == Rejected {
			return Unchanged, err
		}
		return Updated, err
	}
	published := func(w *town, id string) {
		_, err := w.publish(id, "first")
		w.must(err)
	}
	second := func(w *town, id string) (Deed, error) { return w.publish(id, "second") }
	for _, d := range []deed{
		{"publish", "POST /cve/{id}/cna", func(*town, string) {}, second},
		{"update", "PUT /cve/{id}/cna", published, second},
		{"give back", "PUT /cve-id/{id}", func(*town, string) {}, release},
		{"reject a number", "POST /cve/{id}/reject", func(*town, string) {}, reject},
		{"reject a record", "PUT /cve/{id}/reject", published, reject},
	} {
		for name, fault := range unknown() {
			t.Run(d.name+", "+name, func(t *testing.T) {
				w := newTown(t)
				id := w.reserved()
				d.first(w, id)
				w.fail(d.route, fault.Fault)
				_, err := d.do(w, id)
				w.wants(err, policy.TroubleUnknown, "")
				w.stand.Fail(nil)
				did, err := d.do(w, id)
				if err != nil || (did == Unchanged) != fault.applied {
					t.Errorf("got %q, %v", did, err)
				}
				if did, err := d.do(w, id); err != nil || did != Unchanged {
					t.Errorf("once more: got %q, %v", did, err)
				}
			})
		}
	}
}

// A record that was stored although CVE Services say that it was not, and whose number is still called reserved.
func TestPublishHalf(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	w.stand.StoreHalf(true)
	_, err := w.publish(id, "x")
	w.wants(err, policy.TroubleUnknown, "failure")
	w.stand.StoreHalf(false)
	if did, err := w.publish(id, "x"); err != nil || did != Unchanged {
		t.Errorf("got %q, %v", did, err)
	}
	if did, err := w.publish(id, "y"); err != nil || did != Updated {
		t.Errorf("got %q, %v", did, err)
	}
}

// Somebody else submits the record between our look and our write.
func TestPublishMeanwhile(t *testing.T) {
	w := newTown(t)
	id := w.reserved()
	other := w.services(Options{})
	busy := false
	w.stand.Fail(func(c sandbox.Call) sandbox.Fault {
		if c.Route != "POST /cve/{id}/cna" || busy {
			return sandbox.Fault{}
		}
		busy = true
		return sandbox.Fault{Before: func() {
			if _, err := other.Publish(t.Context(), w.cleared(), advisory, id, w.container("theirs")); err != nil {
				t.Error(err)
			}
		}}
	})
	_, err := w.publish(id, "ours")
	w.wants(err, policy.TroubleConflict, "meanwhile")
	if did, err := w.publish(id, "ours"); err != nil || did != Updated {
		t.Errorf("got %q, %v", did, err)
	}
}

func TestReject(t *testing.T) {
	w := newTown(t)
	id, spare := w.reserved(), w.reserved()
	reject := func(id string, why Rejection) (Deed, error) {
		return w.Reject(t.Context(), w.cleared(), advisory, id, why)
	}
	for _, why := range []Rejection{{}, {Reason: strings.Repeat("x", maxReason+1)}, {Reason: "\xff"}, {Reason: "x", ReplacedBy: []string{id}}, {Reason: "x", ReplacedBy: []string{"0007"}}} {
		_, err := reject(id, why)
		w.wants(err, policy.TroubleInvalid, "")
	}
	if _, err := w.publish(id, "x"); err != nil {
		t.Fatal(err)
	}
	w.wants(w.Release(t.Context(), id), policy.TroubleRefused, "has a record")
	if did, err := reject(id, Rejection{Reason: "It is no vulnerability."}); err != nil || did != Updated {
		t.Errorf("got %q, %v", did, err)
	}
	if r, err := w.Public(t.Context(), id); err != nil || r.State != Rejected || r.Accepted() || !strings.Contains(string(r.container), "no vulnerability") {
		t.Errorf("got %+v, %v", r, err)
	}
	_, err := w.publish(id, "x")
	w.wants(err, policy.TroubleRefused, "was rejected")

	w.must(w.Release(t.Context(), spare))
	w.must(w.Release(t.Context(), spare))
	if n, err := w.Lookup(t.Context(), spare); err != nil || n.State != Rejected || w.stand.Record(spare) != nil {
		t.Errorf("got %+v, %v", n, err)
	}
}

// Records of other CNAs, and old ones, have dates in every form that the format allows.
func TestInstant(t *testing.T) {
	for text, want := range map[string]string{
		"2026-11-03T12:00:00Z": "2026-11-03T12:00:00Z", "2026-11-03T12:00:00.123Z": "2026-11-03T12:00:00.123Z",
		"2026-11-03T12:00:00+02:00": "2026-11-03T10:00:00Z", "1999-09-29T04:00:00": "1999-09-29T04:00:00Z",
		"1999-09-29T04:00:00.5": "1999-09-29T04:00:00.5Z", "": "0001-01-01T00:00:00Z", "yesterday": "0001-01-01T00:00:00Z",
	} {
		if got := instant(text).Format(time.RFC3339Nano); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
