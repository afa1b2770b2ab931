package cve

import (
	"encoding/json"
	"net/http"
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
	n := c.number(c.params["id"])
	switch {
	case n == nil:
		return failure(http.StatusBadRequest, "CVEID_DNE")
	case n.owner != c.org:
		return failure(http.StatusForbidden, "ORG_DOES_NOT_OWN_ID")
	case update && len(n.versions) == 0:
		return failure(http.StatusForbidden, "CVE_RECORD_DNE")
	case !update && len(n.versions) > 0:
		return failure(http.StatusForbidden, "CVE_RECORD_EXISTS")
	}
	now := c.Now()
	published := n.published
	if state == statePublished && published.IsZero() {
		published = now
	}
	record := n.record(state, now, published, container)
	if c.check(sandbox.Encode(record)) != nil {
		return failure(http.StatusBadRequest, "INVALID_JSON_SCHEMA")
	}
	n.state, n.modified, n.published = state, now, published
	n.versions = append(n.versions, version{now, record})
	c.public = true
	if update {
		return ok(obj{"message": n.id + " record was successfully updated.", "updated": record})
	}
	return ok(obj{"message": n.id + " record was successfully created.", "created": record})
}

// container reads the one object that a body is to hold, and the one rule about it that no schema says.
func (c *call) container(state string) (obj, *reply) {
	bad := failure(http.StatusBadRequest, "INVALID_JSON_SCHEMA")
	var body map[string]obj
	if json.Unmarshal(c.body, &body) != nil || len(body) != 1 || body["cnaContainer"] == nil {
		return nil, &bad
	}
	container := body["cnaContainer"]
	words := "descriptions"
	if state == stateRejected {
		words = "rejectedReasons"
	}
	list, isList := container[words].([]any)
	if !isList || len(list) == 0 {
		return nil, &bad
	}
	english := 0
	for _, item := range list {
		if text, is := item.(obj); is && text["lang"] == "en" {
			english++
		}
	}
	if english != 1 {
		bad = failure(http.StatusBadRequest, "BAD_INPUT")
		return nil, &bad
	}
	return container, nil
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
