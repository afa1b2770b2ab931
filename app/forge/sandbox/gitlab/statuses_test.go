package gitlab

import (
	"net/http"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func TestStatusesMakeAPipeline(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onPipeline}})
	must(t, err)
	head := c.branch("topic", "main", "a.c", "a\n")
	c.mustPush("dev", "topic")
	post := func(who string, o obj) answer { return w.do(who, "POST", ":p/statuses/"+head, o) }
	first := post("dev", obj{"state": "failed", "name": "hold", "ref": "topic", "description": "held"}).want(201).says(`"status":"failed"`)
	pipeline := first.number("pipeline_id")
	w.do("", "GET", ":p/pipelines/"+itoa(pipeline), nil).want(200).says(`"source":"external"`).says(`"status":"failed"`)
	again := post("dev", obj{"state": "success", "name": "hold", "ref": "topic"}).want(201)
	eq(t, again.number("pipeline_id"), pipeline)
	list := ":p/repository/commits/" + head + "/statuses"
	eq(t, len(w.do("", "GET", list, nil).want(200).list), 1)
	eq(t, len(w.do("", "GET", list+"?all=true", nil).want(200).list), 2)
	w.do("", "GET", ":p/pipelines?sha="+head, nil).want(200).says(`"status":"success"`)
	post("dev", obj{"state": "pending", "context": "ci", "pipeline_id": pipeline}).want(201)
	w.do("", "GET", ":p/pipelines/"+itoa(pipeline), nil).want(200).says(`"status":"running"`)
	post("dev", obj{"state": "pending", "name": "ci"}).want(400).says("Cannot transition status via :enqueue from :pending")
	post("dev", obj{"state": "running", "name": "ci"}).want(201)
	post("dev", obj{"state": "running", "name": "ci"}).want(400).says("Cannot transition status via :run from :running")
	post("dev", obj{"state": "canceled", "name": "ci"}).want(201)
	w.do("", "GET", ":p/pipelines/"+itoa(pipeline), nil).want(200).says(`"status":"canceled"`)
	statuses := ""
	posts := e.heard(w)
	for _, p := range posts {
		statuses += p.obj["object_attributes"].(map[string]any)["status"].(string) + " "
	}
	eq(t, statuses, "failed success running canceled ")
}

func TestStatusesRefused(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	head := c.tip("main")
	post := func(who string, o obj) answer { return w.do(who, "POST", ":p/statuses/"+head, o) }
	post("rep", obj{"state": "success"}).want(403)
	post("dev", obj{"state": "success", "ref": "main"}).want(403)
	post("mia", obj{"name": "x"}).want(400).says("state is missing")
	post("mia", obj{"state": "error"}).want(400).says("state does not have a valid value")
	post("mia", obj{"state": "success", "pipeline_id": 1}).want(404).says("Pipeline for pipeline_id, sha and ref")
	post("mia", obj{"state": "success", "description": strings.Repeat("x", 256)}).want(400)
	w.do("mia", "POST", ":p/statuses/"+strings.Repeat("1", 40), obj{"state": "success"}).want(404).says("404 Commit Not Found")
	w.s.Fail(func(call sandbox.Call) sandbox.Fault {
		if call.Route == "POST /api/v4/projects/{id}/statuses/{sha}" {
			return sandbox.Refused(http.StatusConflict)
		}
		return sandbox.Fault{}
	})
	post("mia", obj{"state": "success"}).want(409)
	w.s.Fail(nil)
	post("mia", obj{"state": "success"}).want(201).says(`"name":"default"`)
}
