package cve

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Ask is an advisory's wish for a number.
type Ask struct {
	Advisory string
	Year     int
	Since    time.Time // when it was first asked for
	Again    bool      // an earlier try had an unknown outcome: look for its number, and reserve none
	// Claimed reports whether an advisory has a number. It is asked after the numbers were seen.
	Claimed func(ctx context.Context, number string) (bool, error)
}

const (
	// clocksDiffer is how far the program's clock and ours may be apart before a number is not found again.
	clocksDiffer = time.Hour
	// slack is for the Date of an answer, which has whole seconds.
	slack = 2 * time.Second
	// settled is after how long every number that somebody was given is stored as claimed.
	settled  = 2 * time.Minute
	maxPages = 20
)

// Reserve gets one number for an advisory. Asking twice would reserve two, so an error of the kind [policy.TroubleUnknown]
// wants another call with Again. That one looks at what the CNA's user has reserved since the number was asked for, and takes
// the one that nobody has claimed. People decide where there are several, or none.
//
// Replicas don't see what each other's Reserve has given out in the last moment, so whoever stores a number must still refuse
// one that another advisory has.
func (s *Services) Reserve(ctx context.Context, ask Ask) (string, error) {
	const verb = "reserve a CVE number"
	way := s.take
	if ask.Again {
		way = s.adopt
	}
	select {
	case s.reserving <- struct{}{}:
		defer func() { <-s.reserving }()
	case <-ctx.Done():
		return "", wire.Told(verb, wire.Unsent())
	}
	id, err := way(ctx, ask)
	if err != nil {
		return "", wire.Told(verb, err)
	}
	s.given[id] = ask.Advisory
	return id, nil
}

// take sends the one request that must not be sent twice.
func (s *Services) take(ctx context.Context, ask Ask) (string, error) {
	want := url.Values{"amount": {"1"}, "cve_year": {strconv.Itoa(ask.Year)}, "short_name": {s.cna.Org}}
	var got struct {
		Error string  `json:"error"` // of an answer by which part of the numbers were reserved: of one, none
		IDs   []entry `json:"cve_ids"`
	}
	if _, err := s.ask(ctx, call{method: http.MethodPost, path: []string{"cve-id"}, query: want}, &got); err != nil {
		return "", err
	}
	if got.Error == "RESERVED_PARTIAL_AMOUNT" && len(got.IDs) == 0 {
		return "", wire.Refused(noNumber)
	}
	if len(got.IDs) != 1 || s.given[got.IDs[0].ID] != "" {
		return "", s.nonsense(http.MethodPost)
	}
	n := got.IDs[0].number()
	if free, err := s.free(ctx, ask, n); err != nil || !free {
		return "", s.nonsense(http.MethodPost)
	}
	return n.ID, nil
}

// free reports whether a number was reserved for us, and is nobody else's.
func (s *Services) free(ctx context.Context, ask Ask, n Number) (bool, error) {
	holder := s.given[n.ID]
	if n.State != Reserved || !s.ours(n) || !strings.EqualFold(n.User, s.cna.User) || holder != "" && holder != ask.Advisory ||
		!numberForm.MatchString(n.ID) || !strings.HasPrefix(n.ID, "CVE-"+strconv.Itoa(ask.Year)+"-") {
		return false, nil
	}
	claimed, err := ask.Claimed(ctx, n.ID)
	return !claimed, err
}

// adopt finds the number of a request whose answer is not known.
func (s *Services) adopt(ctx context.Context, ask Ask) (string, error) {
	var found []string
	now, fresh := s.wire.Now(), s.wire.Now().Before(ask.Since.Add(settled))
	err := s.list(ctx, ask, func(n Number, reserved time.Time) error {
		free, err := s.free(ctx, ask, n)
		if free {
			found = append(found, n.ID)
			// Somebody else may have been given it a moment ago, by another replica, and be about to claim it.
			fresh = fresh || s.given[n.ID] == "" && now.Before(reserved.Add(settled))
		}
		return err
	})
	switch {
	case err != nil:
		return "", still(err)
	case fresh: // or it is still under way
		return "", &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the request for a number was not answered; its number is looked for"}
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", wire.Refused("several reserved numbers are nobody's, and it can't be told which is this one's; " +
			"look at the CNA's reserved numbers, record the right one, and give back those that nobody needs")
	}
	return "", wire.Refused("the request for a number was not answered, and no number of it is to be seen; " +
		"look at the CNA's reserved numbers, and record one or ask anew")
}

// still keeps an unknown outcome unknown while looking for it is in vain, so that the next try looks again.
func still(err error) error {
	switch t := policy.AsTrouble(err); t.Kind {
	case policy.TroubleAway, policy.TroubleLimited:
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: t.Hint, Until: t.Until}
	default:
		return err
	}
}

// list shows each the numbers that the CNA has reserved since, and when by our clock.
func (s *Services) list(ctx context.Context, ask Ask, each func(Number, time.Time) error) error {
	q := url.Values{
		"state": {string(Reserved)}, "cve_id_year": {strconv.Itoa(ask.Year)},
		"time_reserved.gt": {ask.Since.UTC().Add(-clocksDiffer).Format(time.RFC3339)},
	}
	for page := 1; page <= maxPages; page++ {
		q.Set("page", strconv.Itoa(page))
		var got struct {
			IDs  []entry `json:"cve_ids"`
			Next int     `json:"nextPage"` // null after the last
		}
		header, err := s.ask(ctx, call{method: http.MethodGet, path: []string{"cve-id"}, query: q}, &got)
		if err != nil {
			return err
		}
		for _, e := range got.IDs {
			n := e.number()
			reserved := s.wire.Local(header, n.Reserved)
			if reserved.Before(ask.Since.Add(-slack)) {
				continue
			}
			if err := each(n, reserved); err != nil {
				return err
			}
		}
		if got.Next == 0 {
			return nil
		}
		if got.Next != page+1 {
			return s.nonsense(http.MethodGet)
		}
	}
	return wire.Refused("the CNA has reserved so many numbers that ours can't be found among them")
}

// nonsense is an answer that says success and nothing that can be used.
func (s *Services) nonsense(method string) error {
	return s.wire.Unreached(method, errors.New("not what the API answers"))
}
