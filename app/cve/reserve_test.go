package cve

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

const reserving = "POST /cve-id"

func TestReserve(t *testing.T) {
	w := newTown(t)
	one, other := w.reserved(), w.reserved()
	if one == other || !strings.HasPrefix(one, "CVE-2026-") {
		t.Errorf("got %s and %s", one, other)
	}
	n, err := w.Lookup(t.Context(), one)
	if err != nil || n != (Number{one, Reserved, org, bot, w.clock()}) {
		t.Errorf("got %+v, %v", n, err)
	}
	if r, err := w.Public(t.Context(), one); err != nil || r.State != "" || r.Accepted() {
		t.Errorf("a reserved number has the record %+v, %v", r, err)
	}
	for _, r := range w.stand.Requests() {
		if r.Public {
			t.Errorf("%s tells the world something", r.Route)
		}
	}
}

func TestReserveRefused(t *testing.T) {
	w := newTown(t)
	refuse := func(status int, code string) {
		w.fail(reserving, sandbox.Fault{Refuse: &sandbox.Refusal{Status: status, Body: fmt.Sprintf(`{"error":%q}`, code)}})
	}
	for _, test := range []struct {
		status int
		code   string
		want   policy.TroubleKind
		hint   string
	}{
		{403, "RESERVATION_IN_PROGRESS", policy.TroubleAway, "another number"},
		{403, "EXCEEDED_ID_QUOTA", policy.TroubleRefused, "quota"},
		{403, "YEAR_RANGE_FULL", policy.TroubleRefused, "this year"},
		{206, "RESERVED_PARTIAL_AMOUNT", policy.TroubleRefused, "this year"},
		{403, "CNA_ONLY", policy.TroubleRefused, "cna.org"},
		{403, "SOMETHING_NEW", policy.TroubleRefused, "roles"},
		{400, "BAD_INPUT", policy.TroubleInvalid, "content"},
		{404, "", policy.TroubleRefused, "url"},
	} {
		refuse(test.status, test.code)
		_, err := w.Reserve(t.Context(), w.wish(advisory))
		w.wants(err, test.want, test.hint)
	}
	w.stand.Fail(nil)
	ask := w.wish(advisory)
	ask.Year = 2040
	_, err := w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleRefused, "this year")
	if got := w.stand.Numbers(org); len(got) > 0 {
		t.Errorf("reserved %v", got)
	}
	w.must(w.stand.Close())
	_, err = w.services(Options{}).Reserve(t.Context(), w.wish(advisory)) // no connection of before
	w.wants(err, policy.TroubleAway, "could not be reached")
}

// However a request ends that was not answered, there is one number at the most, and it is found again if it is there.
func TestReserveUnknown(t *testing.T) {
	for name, fault := range unknown() {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			ask := w.wish(advisory)
			w.fail(reserving, fault.Fault)
			_, err := w.Reserve(t.Context(), ask)
			w.wants(err, policy.TroubleUnknown, "")
			w.stand.Fail(nil)
			ask.Again = true
			_, err = w.Reserve(t.Context(), ask)
			w.wants(err, policy.TroubleUnknown, "looked for") // it may still be under way
			w.wait(settled + time.Minute)
			id, err := w.Reserve(t.Context(), ask)
			there := w.stand.Numbers(org)
			if !fault.applied {
				w.wants(err, policy.TroubleRefused, "no number of it")
			} else if err != nil || len(there) != 1 || id != there[0] {
				t.Errorf("got %q, %v, of %v", id, err, there)
			}
			if !fault.applied && len(there) != 0 {
				t.Errorf("there are %v", there)
			}
		})
	}
}

// Of all that the CNA has reserved, only what is ours, young enough and nobody's is taken.
func TestReserveAdopts(t *testing.T) {
	w := newTown(t)
	w.stand.PageSize(2)
	w.wait(3 * time.Hour)
	for range 3 {
		w.reserved() // claimed
	}
	w.fail(reserving, sandbox.AppliedThenDropped())
	if _, err := w.Reserve(t.Context(), w.wish("LSN-2026-0001")); kind(err) != policy.TroubleUnknown { // long before
		t.Fatal(err)
	}
	w.stand.Fail(nil)
	w.wait(10 * time.Minute)
	colleague, err := w.stand.CreateUser(org, "colleague@osn.example")
	w.must(err)
	other := w.services(Options{})
	other.cna.User, other.cna.Key = "colleague@osn.example", func() ([]byte, error) { return []byte(colleague), nil }
	ask := w.wish(advisory)
	if _, err := other.Reserve(t.Context(), w.wish("by hand")); err != nil {
		t.Fatal(err)
	}
	w.fail(reserving, sandbox.AppliedThenDropped())
	if _, err := w.Reserve(t.Context(), ask); kind(err) != policy.TroubleUnknown {
		t.Fatal(err)
	}
	w.stand.Fail(nil)
	mine := w.stand.Numbers(org)[5]
	for range 2 {
		w.reserved()
	}
	w.wait(settled + time.Minute)
	ask.Again = true
	id, err := w.Reserve(t.Context(), ask)
	if err != nil || id != mine {
		t.Errorf("got %s, %v, want %s", id, err, mine)
	}
	// It was not stored, and is found again; nobody else gets it.
	if again, err := w.Reserve(t.Context(), ask); err != nil || again != mine {
		t.Errorf("got %s, %v, want %s", again, err, mine)
	}
	ask.Advisory = "LSN-2026-0008"
	_, err = w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleRefused, "no number of it")
}

// A number that another replica may just have given out is left alone until that one has had time to store it.
func TestReserveWaitsForReplicas(t *testing.T) {
	w := newTown(t)
	ask := w.wish(advisory)
	ask.Again = true
	w.wait(time.Hour)
	replica := w.services(Options{})
	theirs, err := replica.Reserve(t.Context(), w.wish("LSN-2026-0008"))
	w.must(err)
	_, err = w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleUnknown, "looked for")
	if again, err := replica.Reserve(t.Context(), Ask{"LSN-2026-0008", 2026, ask.Since, true, ask.Claimed}); err != nil || again != theirs {
		t.Errorf("got %s, %v, want %s at once", again, err, theirs)
	}
	w.claim("LSN-2026-0008", theirs)
	w.wait(settled)
	_, err = w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleRefused, "no number of it")
}

// CVE Services that answer with a number of before are not believed, whether it is stored or not.
func TestReserveSameAnswer(t *testing.T) {
	w := newTown(t)
	id, err := w.Reserve(t.Context(), w.wish(advisory))
	w.must(err)
	w.fail(reserving, garbled(fmt.Sprintf(`{"cve_ids":[{"cve_id":%q,"state":"RESERVED","owning_cna":%q,"requested_by":{"user":%q}}]}`, id, org, bot)))
	for _, s := range []*Services{w.Services, w.services(Options{})} { // the second as after a restart
		_, err = s.Reserve(t.Context(), w.wish("LSN-2026-0008"))
		w.wants(err, policy.TroubleUnknown, "no sensible answer")
		_, err = s.Reserve(t.Context(), w.wish(advisory))
		w.wants(err, policy.TroubleUnknown, "no sensible answer")
		w.claim(advisory, id)
	}
}

func TestReserveAsksPeople(t *testing.T) {
	w := newTown(t)
	w.fail(reserving, sandbox.AppliedThenDropped())
	ask, other := w.wish(advisory), w.wish("LSN-2026-0008")
	for _, a := range []Ask{ask, other} {
		if _, err := w.Reserve(t.Context(), a); kind(err) != policy.TroubleUnknown {
			t.Fatal(err)
		}
	}
	w.stand.Fail(nil)
	w.wait(time.Hour)
	ask.Again = true
	_, err := w.Reserve(t.Context(), ask)
	w.wants(err, policy.TroubleRefused, "several")
	w.claim(other.Advisory, w.stand.Numbers(org)[1]) // people have said
	if id, err := w.Reserve(t.Context(), ask); err != nil || id != w.stand.Numbers(org)[0] {
		t.Errorf("got %s, %v", id, err)
	}
}

// While looking is in vain the outcome stays unknown: nothing may take it for one that has not happened.
func TestReserveStaysUnknown(t *testing.T) {
	w := newTown(t)
	ask := w.wish(advisory)
	ask.Again = true
	for name, f := range map[string]sandbox.Fault{
		"failed": sandbox.Refused(500), "limited": sandbox.Refused(429), "garbage": garbled("<html>"), "10 MB": garbled(strings.Repeat(" ", 10<<20)),
		"in circles": garbled(`{"cve_ids":[],"nextPage":1}`), "dropped": sandbox.AppliedThenDropped(),
	} {
		w.wait(time.Hour)
		w.fail("GET /cve-id", f)
		if _, err := w.Reserve(t.Context(), ask); kind(err) != policy.TroubleUnknown {
			t.Errorf("%s: got %v", name, err)
		}
	}
	w.wait(time.Hour)
	w.stand.Fail(nil)
	w.reserved()
	delete(w.claims, w.stand.Numbers(org)[0])
	ask.Claimed = func(context.Context, string) (bool, error) { return false, errors.New("the database is away") }
	w.wait(time.Hour)
	if _, err := w.Reserve(t.Context(), ask); kind(err) != policy.TroubleUnknown {
		t.Errorf("got %v", err)
	}
}

// Many advisories want a number at once, while requests fail in every way. No two get the same.
func TestReserveNeverTwice(t *testing.T) {
	w := newTown(t)
	dice, mu := rand.New(rand.NewPCG(1, 2)), sync.Mutex{}
	faults := []sandbox.Fault{{}, {}, {}, sandbox.Refused(503), sandbox.AppliedThen(500), sandbox.AppliedThenDropped(), sandbox.AppliedThen(200), garbled("{}")}
	w.stand.Fail(func(sandbox.Call) sandbox.Fault {
		mu.Lock()
		defer mu.Unlock()
		return faults[dice.IntN(len(faults))]
	})
	var all sync.WaitGroup
	got := make([]string, 24)
	for i := range got {
		all.Go(func() {
			ask := w.wish(fmt.Sprintf("LSN-2026-%04d", i+1))
			for range 12 {
				id, err := w.Reserve(t.Context(), ask)
				switch kind(err) {
				case policy.TroubleNone:
					w.claim(ask.Advisory, id)
					got[i] = id
					return
				case policy.TroubleRefused:
					return // people are asked
				case policy.TroubleUnknown:
					ask.Again = true
				}
				w.wait(time.Minute)
			}
		})
	}
	all.Wait()
	served := map[string]bool{}
	for _, id := range got {
		if served[id] {
			t.Errorf("%s was given twice", id)
		}
		served[id] = id != ""
	}
	if delete(served, ""); len(served) < 4 {
		t.Errorf("only %d got a number", len(served))
	}
}
