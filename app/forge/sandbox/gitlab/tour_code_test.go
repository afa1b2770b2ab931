package gitlab

import "testing"

// TestTourOfCode calls every operation that stands on git once; every town's exchanges are held to what GitLab publishes.
func TestTourOfCode(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL})
	must(t, err)
	must(t, w.s.SetCI(shop, "unit"))
	c.git("tag", "-a", "v1", "-m", "One")
	c.mustPush("mia", "v1")
	mr, head := c.propose("fix", "main", "Fix")
	w.do("dev", "PUT", mr, obj{"reviewer_ids": []int64{w.s.user("mia").id}, "assignee_ids": []int64{w.s.user("dev").id}, "labels": "a"}).want(200)
	note := mr + "/notes/" + itoa(w.do("dev", "POST", mr+"/notes", obj{"body": "said"}).want(201).number("id"))
	w.do("dev", "PUT", note, obj{"body": "better"}).want(200)
	w.do("mia", "POST", mr+"/approve", obj{"sha": head}).want(201)
	w.do("mia", "POST", mr+"/unapprove", nil).want(201)
	w.do("dev", "POST", ":p/statuses/"+head, obj{"state": "success", "name": "hold", "target_url": "http://127.0.0.1/", "coverage": 99.5}).want(201)
	must(t, w.s.FinishJob(shop, head, "unit", "success"))
	w.do("dev", "POST", ":p/pipeline", obj{"ref": "fix"}).want(201)
	w.do("dev", "POST", ":p/repository/branches", obj{"branch": "new", "ref": "v1"}).want(201)
	w.do("mia", "POST", ":p/protected_branches", obj{"name": "stable-*"}).want(201)
	w.do("mia", "PATCH", ":p/protected_branches/stable-*", obj{"allow_force_push": true}).want(200)
	pipeline := ":p/pipelines/" + itoa(w.do("", "GET", ":p/pipelines/latest?ref=fix", nil).want(200).number("id"))
	for _, path := range []string{
		":p/repository/branches", ":p/repository/branches/main", ":p/repository/tags", ":p/repository/tags/v1", ":p/repository/commits",
		":p/repository/commits/v1", ":p/repository/commits/" + head + "/refs", ":p/repository/commits/" + head + "/statuses",
		":p/repository/commits/" + head + "/merge_requests", ":p/repository/files/main.c?ref=main", ":p/pipelines", pipeline, pipeline + "/jobs",
		":p/protected_branches", ":p/protected_branches/main", ":p/merge_requests?with_labels_details=false", mr, mr + "/approvals",
		mr + "/reviewers", mr + "/versions", mr + "/commits", mr + "/pipelines", mr + "/notes", note, mr + "/resource_label_events",
		mr + "/resource_state_events",
	} {
		w.do("mia", "GET", path, nil).want(200)
	}
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head, "squash": true}).want(200)
	for _, path := range []string{note, ":p/repository/branches/new", ":p/protected_branches/stable-*"} {
		w.do("mia", "DELETE", path, nil).want(204)
	}
	if len(e.heard(w)) == 0 {
		t.Error("no webhook rang")
	}
}
