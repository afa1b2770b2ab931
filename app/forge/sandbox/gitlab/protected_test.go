package gitlab

import "testing"

func TestProtectedBranches(t *testing.T) {
	w := newTown(t)
	newClone(w)
	w.do("dev", "GET", ":p/protected_branches", nil).want(403)
	w.do("mia", "GET", ":p/protected_branches/main", nil).want(200).says(`"push_access_levels":[{"access_level":40`)
	w.do("mia", "POST", ":p/protected_branches", obj{"name": "stable-*", "push_access_level": 0, "merge_access_level": 30}).want(201).
		says(`"access_level_description":"No one"`).says(`"access_level_description":"Developers + Maintainers"`)
	w.do("mia", "POST", ":p/protected_branches", obj{"name": "stable-*"}).want(409).says("Protected branch 'stable-*' already exists")
	w.do("mia", "POST", ":p/protected_branches", obj{"name": "x", "push_access_level": 20}).want(400)
	w.do("", "GET", ":p/repository/branches/stable-1", nil).want(200).says(`"protected":true`).says(`"developers_can_merge":true`)
	w.do("mia", "PATCH", ":p/protected_branches/stable-*", obj{"allow_force_push": true, "allowed_to_push": []obj{{"access_level": 40}}}).want(200).
		says(`"allow_force_push":true`)
	if w.s.projectAt(shop).mayPush(w.s.user("mia"), "stable-1") {
		t.Error("the free tier changes no levels")
	}
	must(t, w.s.SetTier("premium"))
	dev := w.s.user("dev")
	w.do("mia", "PATCH", ":p/protected_branches/stable-*", obj{"allowed_to_push": []obj{{"user_id": dev.id}}}).want(200).says(`"user_id":` + itoa(dev.id))
	if p := w.s.projectAt(shop); !p.mayPush(dev, "stable-1") || p.mayPush(w.s.user("mia"), "stable-1") {
		t.Error("the one who is named may push, and nobody else")
	}
	w.do("mia", "DELETE", ":p/protected_branches/stable-%2A", nil).want(204)
	w.do("mia", "GET", ":p/protected_branches/stable-*", nil).want(404)
}
