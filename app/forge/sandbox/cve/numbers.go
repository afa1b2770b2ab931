package cve

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const (
	stateReserved  = "RESERVED"
	statePublished = "PUBLISHED"
	stateRejected  = "REJECTED"
)

// number is one that was reserved, with every version of its record.
type number struct {
	id, year, state    string
	owner              *org
	by                 string
	reserved, modified time.Time
	published          time.Time // when it first had a record that is no rejection
	versions           []version
}

// stamp is a time as the API writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// full is what the owner sees of a number.
func (n *number) full() obj {
	return obj{
		"cve_id": n.id, "cve_year": n.year, "state": n.state, "owning_cna": n.owner.name, "reserved": stamp(n.reserved),
		"requested_by": obj{"cna": n.owner.name, "user": n.by}, "time": obj{"created": stamp(n.reserved), "modified": stamp(n.modified)},
	}
}

// reserve gives out numbers.
func reserve(c *call) reply {
	amount, err := strconv.Atoi(c.query.Get("amount"))
	year, errYear := strconv.Atoi(c.query.Get("cve_year"))
	left := c.org.quota - c.reserved(c.org)
	switch {
	case err != nil || errYear != nil || amount < 1 || c.query.Get("short_name") == "":
		return failure(http.StatusBadRequest, "BAD_INPUT")
	case amount > 1 && c.query.Get("batch_type") == "":
		return failure(http.StatusBadRequest, "NO_BATCH_TYPE")
	case c.query.Get("short_name") != c.org.name:
		return failure(http.StatusForbidden, "ORG_CANNOT_RESERVE_FOR_OTHER")
	case year < 1999 || year > c.Now().Year()+1:
		return failure(http.StatusForbidden, "CANNOT_RESERVE_FOR_YEAR")
	case amount > left:
		return failure(http.StatusForbidden, "EXCEEDED_ID_QUOTA")
	}
	list := make([]obj, amount)
	for i := range list {
		list[i] = c.give(c.org, c.user, year).full()
		delete(list[i], "time")
	}
	return ok(obj{"cve_ids": list, "meta": obj{"remaining_quota": left - amount}})
}

func (s *Server) give(to *org, user string, year int) *number {
	now := s.Now()
	n := &number{id: fmt.Sprintf("CVE-%d-%d", year, s.next), year: strconv.Itoa(year), state: stateReserved, owner: to, by: user, reserved: now, modified: now}
	s.next++
	s.numbers = append(s.numbers, n)
	return n
}

// Reserve gives an organization's user a number.
func (s *Server) Reserve(to, user string, year int) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(to)
	if o == nil || o.users[user] == "" {
		return "", errors.New("reserve number: there is no such user")
	}
	return s.give(o, user, year).id, nil
}

// listNumbers shows an organization its numbers, in pages once they fill one.
func listNumbers(c *call) reply {
	since, until := time.Time{}, c.Now().Add(time.Hour)
	for name, at := range map[string]*time.Time{"time_reserved.gt": &since, "time_reserved.lt": &until} {
		if text := c.query.Get(name); text != "" {
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return failure(http.StatusBadRequest, "BAD_INPUT")
			}
			*at = t
		}
	}
	list := []obj{}
	for _, n := range c.numbers {
		if n.owner == c.org && n.reserved.After(since) && n.reserved.Before(until) &&
			(!c.query.Has("state") || n.state == c.query.Get("state")) && (!c.query.Has("cve_id_year") || n.year == c.query.Get("cve_id_year")) {
			list = append(list, n.full())
		}
	}
	return c.page(list)
}

func (c *call) page(list []obj) reply {
	page := 1
	if c.query.Has("page") {
		var err error
		if page, err = strconv.Atoi(c.query.Get("page")); err != nil || page < 1 {
			return failure(http.StatusBadRequest, "BAD_INPUT")
		}
	}
	from := min((page-1)*c.perPage, len(list))
	to := min(from+c.perPage, len(list))
	answer := obj{"cve_ids": list[from:to]}
	if len(list) >= c.perPage {
		pages := (len(list) + c.perPage - 1) / c.perPage
		neighbour := func(p int) any {
			if p < 1 || p > pages {
				return nil
			}
			return p
		}
		answer["totalCount"], answer["itemsPerPage"], answer["pageCount"] = len(list), c.perPage, pages
		answer["currentPage"], answer["prevPage"], answer["nextPage"] = page, neighbour(page-1), neighbour(page+1)
	}
	return ok(answer)
}

// showNumber shows the owner all, and others what is public. Of a reserved number they don't see whose it is.
func showNumber(c *call) reply {
	n := c.number(c.params["id"])
	switch {
	case n == nil:
		return failure(http.StatusNotFound, "CVE_ID_NOT_FOUND")
	case n.owner == c.org:
		return ok(n.full())
	}
	owner := n.owner.name
	if n.state == stateReserved {
		owner = "[REDACTED]"
	}
	return ok(obj{"cve_id": n.id, "cve_year": n.year, "state": n.state, "owning_cna": owner})
}

// changeNumber gives a reserved number back, or takes it again, as long as it has no record.
func changeNumber(c *call) reply {
	n, state := c.number(c.params["id"]), c.query.Get("state")
	switch {
	case n == nil || n.owner != c.org:
		return failure(http.StatusForbidden, "ORG_DOES_NOT_OWN_ID")
	case state != stateReserved && state != stateRejected || c.query.Has("org"):
		return failure(http.StatusBadRequest, "BAD_INPUT")
	case len(n.versions) > 0:
		return failure(http.StatusForbidden, "CANNOT_CHANGE_CVE_ID_WITH_RECORD")
	}
	n.state, n.modified = state, c.Now()
	return ok(obj{"message": n.id + " was successfully updated.", "updated": n.full()})
}

func showOrg(c *call) reply {
	if c.params["shortname"] != c.org.name {
		return failure(http.StatusForbidden, "NOT_SAME_ORG_OR_SECRETARIAT")
	}
	return ok(obj{
		"name": c.org.name, "short_name": c.org.name, "UUID": c.org.id, "policies": obj{"id_quota": c.org.quota},
		"authority": obj{"active_roles": c.org.roles},
	})
}

func showQuota(c *call) reply {
	if c.params["shortname"] != c.org.name {
		return failure(http.StatusForbidden, "NOT_SAME_ORG_OR_SECRETARIAT")
	}
	used := c.reserved(c.org)
	return ok(obj{"id_quota": c.org.quota, "total_reserved": used, "available": c.org.quota - used})
}
