package gitlab

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// propose opens a merge request of a fresh branch and gives its path and head.
func (c *clone) propose(branch, target, title string) (path, head string) {
	c.w.t.Helper()
	head = c.branch(branch, target, strings.ReplaceAll(branch, "/", "-")+".c", branch+"\n")
	c.mustPush("dev", branch)
	made := c.w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": branch, "target_branch": target, "title": title}).want(201)
	return fmt.Sprintf(":p/merge_requests/%d", made.number("iid")), head
}

func TestMergeRequestFollowsItsBranch(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	mr, head := c.propose("fix", "main", "Draft: Fix it")
	base := c.tip("main")
	w.do("", "GET", mr, nil).want(200).says(`"sha":"` + head).says(`"draft":true`).says(`"detailed_merge_status":"draft_status"`).
		says(`"base_sha":"` + base)
	eq(t, w.s.Tip(shop, "fix"), head)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onMerge}})
	must(t, err)
	w.pass(time.Minute)
	next := c.commit("fix.c", "better\n", "Better")
	c.mustPush("dev", "fix")
	versions := w.do("", "GET", mr+"/versions", nil).want(200).list
	eq(t, len(versions), 2)
	eq(t, versions[0]["head_commit_sha"].(string), next)
	eq(t, versions[1]["head_commit_sha"].(string), head)
	w.do("", "GET", mr+"/notes", nil).want(200).says("added 1 commit").says(`"system":true`)
	eq(t, len(w.do("", "GET", mr+"/commits", nil).want(200).list), 2)
	if out := c.git("ls-remote", c.remote("mia"), "refs/merge-requests/1/head"); !strings.HasPrefix(out, next) {
		t.Errorf("the head is not pinned: %s", out)
	}
	posts := e.heard(w)
	eq(t, len(posts), 1)
	attributes := posts[0].obj["object_attributes"].(map[string]any)
	eq(t, attributes["action"].(string)+" "+attributes["oldrev"].(string), "update "+head)
	w.do("dev", "PUT", mr, obj{"title": "Fix it", "add_labels": "a,b", "reviewer_ids": []int64{w.s.user("rep").id, w.s.user("mia").id}}).want(200).
		says(`"draft":false`).says(`"labels":["a","b"]`).says(`"detailed_merge_status":"mergeable"`)
	w.do("", "GET", mr+"/reviewers", nil).want(200).says(`"state":"unreviewed"`).says(`"username":"rep"`)
	w.do("rep", "PUT", mr, obj{"title": "Mine"}).want(403)
	w.do("dev", "PUT", mr, obj{"state_event": "close"}).want(200).says(`"state":"closed"`)
	w.do("dev", "PUT", mr, obj{"state_event": "reopen"}).want(200).says(`"state":"opened"`)
	actions := ""
	for _, p := range e.heard(w) {
		actions += p.obj["object_attributes"].(map[string]any)["action"].(string) + " "
	}
	eq(t, actions, "update close reopen ")
	c.mustPush("dev", "--delete", "fix")
	w.do("", "GET", mr, nil).want(200).says(`"state":"closed"`)
}

func TestMergeRequestsRefused(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	c.propose("fix", "main", "Fix")
	w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": "fix", "target_branch": "main", "title": "Again"}).want(409).says("Another open merge request already exists for this source branch: !1")
	w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": "nix", "target_branch": "main", "title": "x"}).want(400)
	w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": "main", "target_branch": "main", "title": "x"}).want(422)
	w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": "fix", "target_branch": "stable-1"}).want(400).says("title is missing")
	w.do("rep", "POST", ":p/merge_requests", obj{"source_branch": "fix", "target_branch": "stable-1", "title": "x"}).want(403)
	w.do("dev", "POST", ":p/merge_requests", obj{"source_branch": "fix", "target_branch": "stable-1", "title": "x"}).want(201)
	eq(t, len(w.do("", "GET", ":p/merge_requests?state=opened&target_branch=main", nil).want(200).list), 1)
	eq(t, len(w.do("", "GET", ":p/merge_requests?state=merged", nil).want(200).list), 0)
	w.do("", "GET", ":p/merge_requests?state=lost", nil).want(400)
	w.do("", "GET", ":p/merge_requests/9", nil).want(404)
}

// TestPushMarksMerged is how fixes close after a lift: their heads arrive on the target.
func TestPushMarksMerged(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	forward, head := c.propose("forward", "stable-1", "Forward")
	merged, _ := c.propose("merged", "stable-2", "Merged")
	picked, _ := c.propose("picked", "main", "Picked")
	c.git("checkout", "-q", "stable-2")
	c.git("merge", "-q", "--no-ff", "-m", "Take it", "merged")
	commit := c.git("rev-parse", "HEAD")
	c.git("checkout", "-q", "main")
	c.commit("main.c", "int main(void) { return 2; }\n", "Meanwhile")
	c.git("cherry-pick", "picked")
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onMerge}})
	must(t, err)
	c.mustPush("mia", "--atomic", "forward:stable-1", "stable-2", "main")
	w.do("", "GET", forward, nil).want(200).says(`"state":"merged"`).says(`"merge_commit_sha":"` + head).says(`"sha":"` + head)
	w.do("", "GET", merged, nil).want(200).says(`"state":"merged"`).says(`"merge_commit_sha":"` + commit)
	w.do("", "GET", merged+"/resource_state_events", nil).want(200).says(`"state":"merged"`)
	w.do("", "GET", picked, nil).want(200).says(`"state":"opened"`)
	posts := e.heard(w)
	eq(t, len(posts), 2)
	w.do("", "GET", ":p/repository/commits/"+head+"/merge_requests", nil).want(200).says(`"title":"Forward"`)
}

func TestApprovals(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	mr, head := c.propose("fix", "main", "Fix")
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onMerge, onNote}})
	must(t, err)
	w.do("rep", "POST", mr+"/approve", nil).want(403)
	w.do("mia", "POST", mr+"/approve", obj{"sha": strings.Repeat("1", 40)}).want(409).says("SHA does not match HEAD of source branch: " + head)
	w.do("mia", "POST", mr+"/approve", obj{"sha": head}).want(201).says(`"user_has_approved":true`)
	w.do("mia", "POST", mr+"/approve", nil).want(401)
	w.do("", "GET", mr+"/notes", nil).want(200).says(`"body":"approved this merge request"`)
	c.commit("fix.c", "more\n", "More")
	c.mustPush("dev", "fix")
	approved := w.do("", "GET", mr+"/approvals", nil).want(200).says(`"username":"mia"`)
	eq(t, approved.obj["user_has_approved"].(bool), false)
	w.do("mia", "POST", mr+"/unapprove", nil).want(201).says(`"approved_by":[]`)
	w.do("mia", "POST", mr+"/unapprove", nil).want(404)
	w.do("", "GET", mr+"/notes", nil).want(200).says(`"body":"unapproved this merge request"`)
	must(t, w.s.Review(shop, 1, "rep", "requested_changes"))
	w.do("", "GET", mr+"/reviewers", nil).want(200).says(`"state":"requested_changes"`)
	w.do("dev", "POST", mr+"/notes", obj{"body": "/lift\nnow"}).want(201)
	posts := e.heard(w)
	actions := ""
	for _, p := range posts {
		actions += p.obj["object_attributes"].(map[string]any)["action"].(string) + " "
	}
	eq(t, actions, "approved update unapproved update create ")
	must(t, w.s.SetTier("premium"))
	must(t, w.s.SetApprovals(shop, 1, true))
	w.do("", "GET", mr, nil).want(200).says(`"detailed_merge_status":"requested_changes"`)
	must(t, w.s.Review(shop, 1, "rep", "reviewed"))
	w.do("dev", "POST", mr+"/approve", nil).want(401)
	w.do("mia", "PUT", mr+"/merge", nil).want(405)
	w.do("mia", "POST", mr+"/approve", nil).want(201).says(`"approvals_left":0`)
	c.commit("fix.c", "most\n", "Most")
	c.mustPush("dev", "fix")
	w.do("", "GET", mr+"/approvals", nil).want(200).says(`"approvals_left":1`)
}

func TestMergeButton(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	mr, head := c.propose("fix", "main", "Draft: Fix")
	w.do("dev", "PUT", mr+"/merge", nil).want(401)
	w.do("mia", "PUT", mr+"/merge", nil).want(405).says("405 Method Not Allowed")
	w.do("mia", "PUT", mr, obj{"title": "Fix", "merge_after": "2026-05-04T10:00:00Z"}).want(200).says(`"detailed_merge_status":"merge_time"`)
	w.do("mia", "PUT", mr+"/merge", nil).want(405)
	w.pass(2 * time.Hour)
	w.do("mia", "PUT", mr, obj{"milestone_id": 1}).want(501)
	w.do("mia", "PUT", mr+"/merge", obj{"sha": strings.Repeat("1", 40)}).want(409).says("SHA does not match HEAD of source branch")
	w.do("mia", "PUT", ":p", obj{"only_allow_merge_if_pipeline_succeeds": true}).want(200)
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(405)
	w.do("mia", "POST", ":p/statuses/"+head, obj{"state": "failed", "name": "hold", "ref": "fix"}).want(201)
	w.do("", "GET", mr, nil).want(200).says(`"detailed_merge_status":"ci_must_pass"`).says(`"head_pipeline":{`)
	w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(405)
	w.do("mia", "POST", ":p/statuses/"+head, obj{"state": "success", "name": "hold", "ref": "fix"}).want(201)
	done := w.do("mia", "PUT", mr+"/merge", obj{"sha": head}).want(200).says(`"state":"merged"`)
	eq(t, done.obj["merge_commit_sha"].(string), c.tip("main"))
	w.do("", "GET", ":p/repository/commits/main", nil).want(200).says("See merge request tools/shop!1")
	eq(t, c.tip("fix"), "")
	w.do("mia", "PUT", mr+"/merge", nil).want(405)
}

func TestMergeMethods(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	base := c.tip("main")
	first, head := c.propose("first", "main", "First")
	second, _ := c.propose("second", "main", "Second")
	c.commit("main.c", "two\n", "Two commits")
	c.mustPush("dev", "second")
	clash, _ := c.propose("clash", "main", "Clash")
	c.commit("main.c", "three\n", "Three")
	c.mustPush("dev", "clash")
	w.do("mia", "PUT", ":p", obj{"merge_method": "ff"}).want(200)
	w.do("mia", "PUT", first+"/merge", nil).want(200).says(`"merge_commit_sha":null`)
	eq(t, c.tip("main"), head)
	w.do("", "GET", second, nil).want(200).says(`"detailed_merge_status":"need_rebase"`)
	w.do("mia", "PUT", second+"/merge", nil).want(422).says("Branch cannot be merged")
	w.do("mia", "PUT", ":p", obj{"merge_method": "merge"}).want(200)
	done := w.do("mia", "PUT", second+"/merge", obj{"squash": true, "should_remove_source_branch": false}).want(200)
	squash := done.obj["squash_commit_sha"].(string)
	w.do("", "GET", ":p/repository/commits/"+squash, nil).want(200).says(`"parent_ids":["` + base)
	w.do("", "GET", clash, nil).want(200).says(`"has_conflicts":true`).says(`"detailed_merge_status":"conflict"`)
	w.do("mia", "PUT", clash+"/merge", nil).want(422)
	if c.tip("second") == "" {
		t.Error("the source branch was to stay")
	}
}

func TestMergeWhenThePipelineSucceeds(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	must(t, w.s.SetCI(shop, "unit"))
	mr, head := c.propose("fix", "main", "Fix")
	w.do("mia", "PUT", mr+"/merge", obj{"auto_merge": true}).want(200).says(`"merge_when_pipeline_succeeds":true`).says(`"state":"opened"`)
	must(t, w.s.FinishJob(shop, head, "unit", "success"))
	w.do("", "GET", mr, nil).want(200).says(`"state":"merged"`).says(`"merge_user":{`)
}
