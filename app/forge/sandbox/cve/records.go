package cve

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// version is a record as it was from one submission to the next.
type version struct {
	at     time.Time
	record obj
}

// showRecord shows the world the last version that it may see.
func showRecord(c *call) reply {
	n := c.number(c.params["id"])
	if n == nil {
		return failure(http.StatusNotFound, "CVE_RECORD_DNE")
	}
	for i := len(n.versions) - 1; i >= 0; i-- {
		if !c.Now().Before(n.versions[i].at.Add(c.delay)) {
			return ok(n.versions[i].record)
		}
	}
	return failure(http.StatusNotFound, "CVE_RECORD_DNE")
}

func createRecord(c *call) reply    { return c.submit(statePublished, false) }
func updateRecord(c *call) reply    { return c.submit(statePublished, true) }
func createRejection(c *call) reply { return c.submit(stateRejected, false) }
func updateRejection(c *call) reply { return c.submit(stateRejected, true) }

// submit takes the CNA container of a record, in a state, for a number with or without a record.
func (c *call) submit(state string, update bool) reply {
	container, bad := c.container(state)
	if bad != nil {
		return *bad
	}
	status := http.StatusForbidden
	if state == stateRejected {
		status = http.StatusBadRequest // for once
	}
	n := c.number(c.params["id"])
	switch {
	case n == nil || n.owner != c.org:
		return failure(http.StatusForbidden, "ORG_DOES_NOT_OWN_ID")
	case update && len(n.versions) == 0:
		return failure(status, "CVE_RECORD_DNE")
	case !update && len(n.versions) > 0:
		return failure(status, "CVE_RECORD_EXISTS")
	}
	before := n.state
	if c.take(n, state, container) != nil {
		return failure(http.StatusBadRequest, "INVALID_JSON_SCHEMA")
	}
	c.public = true
	if c.halfway {
		n.state = before
		return failure(http.StatusBadRequest, "UNABLE_TO_STORE_CVE_RECORD")
	}
	record, did := n.versions[len(n.versions)-1].record, "created"
	if update {
		did = "updated"
	}
	return ok(obj{"message": n.id + " record was successfully " + did + ".", did: record})
}

// take makes a container a number's newest record, if the schema allows it.
func (s *Server) take(n *number, state string, container obj) error {
	now, published := s.Now(), n.published
	if state == statePublished && published.IsZero() {
		published = now
	}
	record := n.record(state, now, published, container)
	if err := s.check(sandbox.Encode(record)); err != nil {
		return fmt.Errorf("submit record: %w", err)
	}
	n.state, n.modified, n.published = state, now, published
	n.versions = append(n.versions, version{now, record})
	return nil
}

// container reads the one object that a body is to hold, and judges what no schema says.
func (c *call) container(state string) (obj, *reply) {
	bad := failure(http.StatusBadRequest, "INVALID_JSON_SCHEMA")
	var body map[string]obj
	if json.Unmarshal(c.body, &body) != nil || len(body) != 1 || body["cnaContainer"] == nil {
		return nil, &bad
	}
	container := body["cnaContainer"]
	trim(container)
	words := "descriptions"
	if state == stateRejected {
		words = "rejectedReasons"
	}
	if repeatsEnglish(container[words]) || c.isFuture(container["datePublic"]) {
		bad = failure(http.StatusBadRequest, "BAD_INPUT")
		return nil, &bad
	}
	return container, nil
}

// trim takes the spaces around every text, as the API does.
func trim(v any) any {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		for i := range v {
			v[i] = trim(v[i])
		}
	case obj:
		for key := range v {
			v[key] = trim(v[key])
		}
	}
	return v
}

// repeatsEnglish reports whether two texts of a list are in the same kind of English.
func repeatsEnglish(list any) bool {
	seen := map[string]bool{}
	items, _ := list.([]any) // what is no list, the schema refuses
	for _, item := range items {
		text, _ := item.(obj)
		lang, _ := text["lang"].(string)
		if lang = strings.ToLower(lang); strings.HasPrefix(lang, "en") && seen[lang] {
			return true
		}
		seen[lang] = true
	}
	return false
}

// isFuture reports whether a date is more than a day ahead.
func (c *call) isFuture(date any) bool {
	text, _ := date.(string)
	t, err := time.Parse(time.RFC3339, text)
	return err == nil && t.After(c.Now().AddDate(0, 0, 1))
}

// record is the whole record around a container. Who provides it and when, the API says itself.
func (n *number) record(state string, now, published time.Time, container obj) obj {
	container["providerMetadata"] = obj{"orgId": n.owner.id, "shortName": n.owner.name, "dateUpdated": stamp(now)}
	meta := obj{
		"cveId": n.id, "state": state, "assignerOrgId": n.owner.id, "assignerShortName": n.owner.name,
		"dateReserved": stamp(n.reserved), "dateUpdated": stamp(now),
	}
	if !published.IsZero() {
		meta["datePublished"] = stamp(published)
	}
	if state == stateRejected {
		meta["dateRejected"] = stamp(now)
	}
	return obj{"dataType": "CVE_RECORD", "dataVersion": "5.1", "cveMetadata": meta, "containers": obj{"cna": container}}
}

// Publish submits a small record for a number, as its owner would.
func (s *Server) Publish(id, title string) error {
	return s.put(id, statePublished, obj{
		"title": title, "descriptions": []any{obj{"lang": "en", "value": title}}, "references": []any{obj{"url": "https://example.org/notice"}},
		"affected": []any{obj{"vendor": "example", "product": "app", "versions": []any{obj{"version": "1.0", "status": "affected"}}}},
	})
}

// Reject submits a rejection of a number, as its owner would.
func (s *Server) Reject(id, reason string) error {
	return s.put(id, stateRejected, obj{"rejectedReasons": []any{obj{"lang": "en", "value": reason}}})
}

func (s *Server) put(id, state string, container obj) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.number(id)
	if n == nil {
		return errors.New("submit record: there is no such number")
	}
	return s.take(n, state, container)
}
