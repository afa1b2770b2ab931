package gitlab

import (
	"strings"
	"testing"
	"time"
)

func TestExternalStatusChecks(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	mr, head := c.propose("fix", "main", "Fix")
	const all = ":p/external_status_checks"
	check := obj{"name": "hold", "external_url": "https://judge.example/x"}
	w.do("mia", "GET", all, nil).want(401) // not paid for
	w.do("mia", "POST", all, check).want(401)
	must(t, w.s.SetTier("ultimate"))
	w.do("dev", "GET", all, nil).want(401)
	id := w.do("mia", "POST", all, check).want(201).says(`"protected_branches":[]`).number("id")
	w.do("mia", "POST", all, check).want(422)
	w.do("mia", "POST", all, obj{"name": "two", "external_url": "nowhere"}).want(422)
	status := func(want string) {
		t.Helper()
		w.do("dev", "GET", mr+"/status_checks", nil).want(200).says(`"status":"` + want + `"`)
	}
	answer := func(word, sha string) answer {
		t.Helper()
		return w.do("dev", "POST", mr+"/status_check_responses", obj{"sha": sha, "external_status_check_id": id, "status": word})
	}
	status("pending")
	w.do("", "GET", mr, nil).says(`"detailed_merge_status":"mergeable"`) // nobody has said that checks must succeed
	w.do("mia", "PUT", ":p", obj{"only_allow_merge_if_all_status_checks_passed": true}).want(200).
		says(`"only_allow_merge_if_all_status_checks_passed":true`)
	w.do("rep", "GET", mr+"/status_checks", nil).want(403)
	w.do("dev", "PUT", mr+"/merge", obj{"sha": head}).want(401) // no Maintainer
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(405)
	answer("failed", strings.Repeat("1", 40)).want(409)
	answer("perhaps", head).want(400)
	answer("failed", head).want(201).says(`"external_status_check":{`)
	status("failed")
	w.do("", "GET", mr, nil).says(`"detailed_merge_status":"status_checks_must_pass"`)
	w.do("dev", "POST", mr+"/status_checks/"+itoa(id)+"/retry", obj{}).want(202)
	status("pending")
	w.do("dev", "POST", mr+"/status_checks/"+itoa(id)+"/retry", obj{}).want(422)
	answer("pending", head).want(201)
	w.pass(3 * time.Minute)
	status("failed")
	answer("passed", head).want(201)
	status("passed")
	head = c.commit("fix.c", "better\n", "Better")
	c.mustPush("dev", "fix")
	status("pending") // of the new head nobody has said anything
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(405)
	answer("passed", head).want(201)
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(200)
	w.do("mia", "DELETE", all+"/"+itoa(id), nil).want(204)
	w.do("mia", "GET", all, nil).want(200)
}

func TestStatusChecksOfSomeBranches(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	must(t, w.s.SetTier("ultimate"))
	must(t, w.s.Protect(shop, Protection{Name: "stable-*", Push: Maintainer, Merge: Maintainer}))
	w.do("mia", "POST", ":p/external_status_checks", obj{"name": "hold", "external_url": "https://judge.example/x",
		"protected_branch_ids": []int64{w.s.projectAt(shop).protection("stable-*").id}}).want(201).says(`"name":"stable-*"`)
	onMain, _ := c.propose("fix", "main", "Fix")
	onStable, _ := c.propose("back", "stable-1", "Fix of old")
	eq(t, len(w.do("dev", "GET", onMain+"/status_checks", nil).want(200).list), 0)
	eq(t, len(w.do("dev", "GET", onStable+"/status_checks", nil).want(200).list), 1)
}
