package github

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func (s *Server) sortedRepos() []*repository {
	return slices.SortedFunc(maps.Values(s.repos), func(a, b *repository) int { return cmp.Compare(a.id, b.id) })
}

func (c *call) getApp() reply {
	o := c.appObj(c.cred.app).(obj)
	o["events"] = append([]string{}, c.cred.app.events...)
	o["installations_count"] = len(c.cred.app.installs)
	return ok(o)
}

func (c *call) listInstallations() reply {
	var list []obj
	for _, i := range c.cred.app.installs {
		list = append(list, c.installationObj(i))
	}
	return c.page(list)
}

func (c *call) getInstallation() reply {
	inst := c.installation(c.number("installation_id"))
	if inst == nil || inst.app != c.cred.app {
		return notFound()
	}
	return ok(c.installationObj(inst))
}

func (c *call) repoInstallation() reply {
	for _, i := range c.cred.app.installs {
		if i.covers(c.repo) {
			return ok(c.installationObj(i))
		}
	}
	return notFound()
}

// mintToken narrows an installation to some repositories and permissions and gives a token for an hour.
func (c *call) mintToken() reply {
	inst := c.installation(c.number("installation_id"))
	if inst == nil || inst.app != c.cred.app {
		return notFound()
	}
	if inst.suspended {
		return failure(http.StatusForbidden, "This installation has been suspended")
	}
	var in struct {
		Repositories  []string        `json:"repositories"`
		RepositoryIDs []int64         `json:"repository_ids"`
		Permissions   json.RawMessage `json:"permissions"`
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	asked, rep := permissions(in.Permissions)
	if rep != nil {
		return *rep
	}
	cred := &credential{kind: "installation", app: inst.app, install: inst, perms: maps.Clone(inst.permissions)}
	if cred.perms == nil {
		cred.perms = map[string]string{}
	}
	if asked != nil {
		for name, level := range asked {
			if name == "metadata" && level == "read" {
				continue
			}
			if levels[level] == 0 || levels[level] > levels[inst.permissions[name]] {
				return unprocessable("The permissions requested are not granted to this installation.")
			}
		}
		cred.perms = asked
		cred.perms["metadata"] = "read"
	}
	chosen, found := c.narrow(inst, in.Repositories, in.RepositoryIDs)
	if !found {
		return unprocessable("There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	body := obj{"permissions": cred.perms, "repository_selection": "all"}
	if chosen != nil || inst.repos != nil {
		body["repository_selection"] = "selected"
	}
	if chosen != nil {
		cred.repos = map[int64]bool{}
		list := []obj{}
		for _, r := range chosen {
			cred.repos[r.id] = true
			list = append(list, c.repoObj(r))
		}
		body["repositories"] = list
	}
	for _, r := range c.sortedRepos() {
		if cred.covers(r) {
			cred.names = append(cred.names, r.full())
		}
	}
	// The lengths and dots of GitHub's present format, so that nothing depends on forty characters.
	token := "ghs_" + strconv.FormatInt(inst.app.id, 10) + "_" + sandbox.RandomToken(60) + "." + sandbox.RandomToken(200) + "." + sandbox.RandomToken(120)
	cred.key, cred.expires = "installation"+strconv.FormatInt(inst.id, 10), c.Wall().UTC().Truncate(time.Second).Add(time.Hour)
	c.tokens[token] = cred
	body["token"], body["expires_at"] = token, stamp(cred.expires)
	return created(body)
}

func permissions(raw json.RawMessage) (map[string]string, *reply) {
	if len(raw) == 0 || string(raw) == "null" {
		return nil, nil
	}
	var asked map[string]string
	if err := json.Unmarshal(raw, &asked); err != nil {
		rep := unprocessable("Invalid request.\n\nThe permissions are not an object of strings.")
		return nil, &rep
	}
	if len(asked) == 0 {
		return nil, nil // an empty object narrows nothing
	}
	return asked, nil
}

func (c *call) narrow(inst *installation, names []string, ids []int64) ([]*repository, bool) {
	if len(names) == 0 && len(ids) == 0 {
		return nil, true
	}
	var list []*repository
	add := func(r *repository) bool {
		if r == nil || !inst.covers(r) {
			return false
		}
		if !slices.Contains(list, r) {
			list = append(list, r)
		}
		return true
	}
	for _, n := range names {
		if !add(c.world.repo(inst.account.login + "/" + n)) {
			return nil, false
		}
	}
	for _, id := range ids {
		if !add(c.repoByID(id)) {
			return nil, false
		}
	}
	return list, true
}

func (c *call) revokeToken() reply {
	if c.cred.kind != "installation" {
		return failure(http.StatusForbidden, "Resource not accessible by personal access token")
	}
	for token, cred := range c.tokens {
		if cred == c.cred {
			delete(c.tokens, token)
		}
	}
	return reply{Status: http.StatusNoContent}
}

func (c *call) installationRepos() reply {
	if c.cred.kind != "installation" {
		return failure(http.StatusForbidden, "You must authenticate with an installation access token in order to list repositories for an installation.")
	}
	var list []obj
	for _, r := range c.sortedRepos() {
		if c.cred.covers(r) {
			list = append(list, c.fullRepo(r, c.cred))
		}
	}
	part, h := c.cut(len(list))
	return reply{Status: http.StatusOK, Header: h, Body: obj{"total_count": len(list), "repository_selection": "selected",
		"repositories": append([]obj{}, list[part[0]:part[1]]...)}}
}

func (c *call) deliveryObj(d *delivery, full bool) obj {
	o := obj{
		"id": d.ID, "guid": d.GUID, "delivered_at": stamp(d.at), "redelivery": d.Redelivery, "duration": d.how.Took.Seconds(),
		"status": d.how.Message, "status_code": d.Status, "event": d.Event, "action": nullable(d.Action),
		"installation_id": nil, "repository_id": nil, "throttled_at": nil,
	}
	if d.installID != 0 {
		o["installation_id"] = d.installID
	}
	if d.repoID != 0 {
		o["repository_id"] = d.repoID
	}
	if full {
		o["url"] = d.app.hookURL
		o["request"] = obj{"headers": flat(d.how.Request), "payload": json.RawMessage(d.Body)}
		o["response"] = obj{"headers": flat(d.how.Response), "payload": d.how.Answer}
	}
	return o
}

// listDeliveries shows the newest first and pages by cursor, as GitHub does.
func (c *call) listDeliveries() reply {
	q := c.r.URL.Query()
	per := min(max(atoi(q.Get("per_page"), 30), 1), 100)
	cursor := strings.TrimPrefix(q.Get("cursor"), "v1_")
	before := int64(atoi(cursor, 0))
	if q.Get("cursor") != "" && before == 0 {
		return failure(http.StatusBadRequest, "Invalid cursor")
	}
	list, h := []obj{}, http.Header{}
	for _, d := range slices.Backward(c.cred.app.deliveries) {
		bad := d.Status < 200 || d.Status >= 400
		if !c.kept(d) || before != 0 && d.ID >= before || q.Get("status") == "failure" && !bad || q.Get("status") == "success" && bad {
			continue
		}
		if len(list) == per {
			last := list[per-1]["id"].(int64)
			q.Set("cursor", "v1_"+strconv.FormatInt(last, 10))
			h.Set("Link", "<"+c.URL()+c.r.URL.Path+"?"+q.Encode()+`>; rel="next"`)
			break
		}
		list = append(list, c.deliveryObj(d, false))
	}
	return reply{Status: http.StatusOK, Body: list, Header: h}
}

func (c *call) getDelivery() reply {
	for _, d := range c.cred.app.deliveries {
		if d.ID == c.number("delivery_id") && c.kept(d) {
			return ok(c.deliveryObj(d, true))
		}
	}
	return notFound()
}

func (c *call) redeliverHook() reply {
	if !c.redeliver(c.cred.app, c.number("delivery_id")) {
		return notFound()
	}
	return reply{Status: http.StatusAccepted, Body: obj{}}
}

func (c *call) hookConfig() reply {
	return ok(obj{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": c.cred.app.hookURL})
}

func (c *call) getUser() reply {
	switch c.cred.kind {
	case "user":
		return ok(c.profile(c.cred.user, true))
	case "installation":
		return notAccessible()
	}
	return failure(http.StatusUnauthorized, "Requires authentication")
}

func (c *call) getUserByName() reply {
	a := c.account(c.params["username"])
	if a == nil {
		return notFound()
	}
	return ok(c.profile(a, false))
}

func (c *call) rateLimit() reply {
	used, reset := c.limits.take(c.cred.key, c.Wall(), true)
	rate := obj{"limit": 5000, "used": used, "remaining": max(5000-used, 0), "reset": reset, "resource": "core"}
	return ok(obj{"rate": rate, "resources": obj{"core": rate, "search": rate}})
}
