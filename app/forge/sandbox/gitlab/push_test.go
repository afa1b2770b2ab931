package gitlab

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

func TestProtectedBranchRefusesTheWholePush(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	before := c.tip("main")
	c.branch("main", "main", "a.c", "a\n")
	c.git("branch", "topic")
	c.refused("GitLab: You are not allowed to push code to protected branches on this project.", "dev", "main", "topic")
	eq(t, c.tip("main"), before)
	eq(t, c.tip("topic"), "")
	out, _ := c.push("dev", "main", "topic")
	if strings.Count(out, "(pre-receive hook declined)") != 2 {
		t.Errorf("both refs are declined by the hook:\n%s", out)
	}
	c.mustPush("dev", "topic", "main:stable-1")
	c.mustPush("mia", "main")
	if strings.Contains(w.publicWrites(), "You are not allowed") || w.publicWrites() == "" {
		t.Error("packs pushed to a public project are public writes")
	}
}

func TestForceAndDeletion(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	c.git("checkout", "-q", "--orphan", "other")
	c.commit("o.c", "o\n", "Other")
	c.refused("You are not allowed to force push code to a protected branch", "mia", "--force", "other:main")
	c.refused("The default branch of a project cannot be deleted.", "mia", "--delete", "main")
	c.mustPush("dev", "--force", "other:stable-1")
	must(t, w.s.Protect(shop, Protection{Name: "stable-*", Push: Maintainer, Merge: Developer}))
	c.refused("Only a project maintainer or owner can delete", "dev", "--delete", "stable-2")
	c.refused("You can only delete protected branches using the web interface.", "mia", "--delete", "stable-2")
	c.refused("You can only create protected branches using the web interface and API.", "dev", "main:stable-9")
	c.mustPush("mia", "main:stable-9")
	must(t, w.s.Protect(shop, Protection{Name: "main", Push: NoAccess, Merge: Maintainer}))
	c.branch("main", "main", "m.c", "m\n")
	c.refused("You are not allowed to push code to protected branches", "mia", "main")
	c.refused("deny updating a hidden ref", "mia", "main:refs/merge-requests/1/head")
	w.do("dev", "DELETE", ":p/repository/branches/stable-2", nil).want(405)
	w.do("mia", "DELETE", ":p/repository/branches/stable-2", nil).want(204)
	w.do("mia", "DELETE", ":p/repository/branches/main", nil).want(405)
}

func TestWhoMayFetchAndPush(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	c.refused("You are not allowed to push code to this project.", "rep", "main:x")
	c.refused("403", "zoe", "main:x")
	reader, err := w.s.CreateToken(TokenSpec{Name: "r", User: "mia", Scopes: []string{"read_repository", "read_api"}})
	must(t, err)
	w.tokens["reader"] = reader.Secret
	c.git("ls-remote", c.remote("reader"))
	c.refused("You are not allowed to upload code.", "reader", "main:x")
	bearer := w.s.URL() + "/" + shop + ".git"
	if _, err := c.run("-c", "http.extraHeader=Authorization: Bearer "+w.tokens["mia"], "ls-remote", bearer); err == nil {
		t.Error("a bearer is no password for git")
	}
	c.git("ls-remote", bearer)
	must(t, w.s.SetVisibility(shop, "private"))
	if out, err := c.run("ls-remote", c.remote("zoe")); err == nil || !strings.Contains(out, "not found") {
		t.Errorf("a stranger sees a private project: %v %s", err, out)
	}
	if out, err := c.run("ls-remote", c.remote("gus")); err == nil || !strings.Contains(out, "403") {
		t.Errorf("a guest reads the code of a private project: %v %s", err, out)
	}
	w.do("gus", "GET", ":p/repository/branches", nil).want(403)
	c.git("ls-remote", c.remote("rep"))
}

// TestFiveBranchesAtOnce is a lift: all or nothing, no webhook, and four pipelines.
func TestFiveBranchesAtOnce(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	c.mustPush("mia", "main:stable-3", "main:stable-4")
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onPush}})
	must(t, err)
	refs := []string{"--atomic"}
	tips := map[string]string{}
	for _, b := range []string{"main", "stable-1", "stable-2", "stable-3", "stable-4"} {
		tips[b] = c.branch("lift/"+b, "main", ".gitlab-ci.yml", "stages: [test]\nunit:\n  script: make # "+b+"\n.hidden:\n  script: x\n")
		refs = append(refs, "lift/"+b+":"+b)
	}
	must(t, w.s.Protect(shop, Protection{Name: "stable-4", Push: NoAccess, Merge: NoAccess}))
	c.refused("pre-receive hook declined", "mia", refs...)
	for b := range tips {
		if c.tip(b) == tips[b] {
			t.Fatalf("%s moved although the push was refused", b)
		}
	}
	must(t, w.s.Unprotect(shop, "stable-4"))
	c.mustPush("mia", refs...)
	for b, tip := range tips {
		eq(t, c.tip(b), tip)
	}
	if posts := e.heard(w); len(posts) != 0 {
		t.Errorf("%d webhooks for a push of five branches, want none", len(posts))
	}
	eq(t, len(w.do("mia", "GET", ":p/pipelines", nil).want(200).list), 4)
	left := w.do("mia", "GET", ":p/pipelines?sha="+tips["stable-4"], nil).want(200)
	eq(t, len(left.list), 0)
	w.do("dev", "POST", ":p/pipeline", obj{"ref": "stable-4"}).want(201).says(`"sha":"` + tips["stable-4"]).says(`"status":"pending"`)
	w.do("dev", "POST", ":p/pipeline", obj{"ref": "main"}).want(400).says("sufficient permission")
	w.do("dev", "POST", ":p/pipeline", obj{"ref": "nowhere"}).want(400).says("Reference not found")
	must(t, w.s.FinishJob(shop, tips["stable-4"], "unit", "success"))
	w.do("mia", "GET", ":p/pipelines?ref=stable-4", nil).want(200).says(`"status":"success"`)
	w.do("mia", "GET", ":p/repository/commits/"+tips["stable-4"]+"/statuses", nil).want(200).says(`"name":"unit"`)
}

func TestPushHooks(t *testing.T) {
	w, e := newTown(t), newEar(t)
	c := newClone(w)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL, Events: []string{onPush, onTag}})
	must(t, err)
	tip := c.branch("main", "main", "a.c", "a\n")
	c.git("tag", "-a", "v1", "-m", "One")
	c.mustPush("mia", "main", "main:stable-1", "main:stable-2", "v1")
	posts := e.heard(w)
	eq(t, len(posts), 4)
	eq(t, posts[0].obj["checkout_sha"].(string), tip)
	eq(t, posts[3].header.Get("X-Gitlab-Event"), "Tag Push Hook")
	eq(t, posts[3].obj["checkout_sha"].(string), tip)
	c.mustPush("dev", "--delete", "stable-2")
	posts = e.heard(w)
	eq(t, posts[0].obj["after"].(string), sandbox.Zero)
	eq(t, posts[0].obj["checkout_sha"], nil)
}

func TestAPushThatFailsAfterwards(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	tip := c.branch("main", "main", "a.c", "a\n")
	w.s.Fail(func(call sandbox.Call) sandbox.Fault {
		if call.Git && call.Write {
			return sandbox.AppliedThenDropped()
		}
		return sandbox.Fault{}
	})
	if _, err := c.push("mia", "main"); err == nil {
		t.Fatal("the connection was to be dropped")
	}
	eq(t, c.tip("main"), tip)
	w.s.Fail(nil)
	log := w.s.Requests()
	last := log[len(log)-1]
	eq(t, fmt.Sprintf("%d %v %s %d", last.Status, last.Public, last.Route, len(last.Refs)), "0 true git-receive-pack 1")
}

func TestBranchesCommitsAndFiles(t *testing.T) {
	w := newTown(t)
	c := newClone(w)
	tip := c.tip("main")
	w.do("", "GET", ":p/repository/branches?search=stable", nil).want(200).says(`"name":"stable-1"`)
	w.do("", "GET", ":p/repository/branches/main", nil).want(200).says(`"protected":true`).says(`"default":true`)
	w.do("dev", "POST", ":p/repository/branches", obj{"branch": "a/b", "ref": "main"}).want(201).says(tip)
	w.do("dev", "POST", ":p/repository/branches", obj{"branch": "a/b", "ref": "main"}).want(400).says("Branch already exists")
	w.do("", "GET", ":p/repository/branches/a%2Fb", nil).want(200).says(`"can_push":false`)
	w.do("", "GET", ":p/repository/commits/main", nil).want(200).says(`"stats":{"additions":1,"deletions":0,"total":1}`)
	w.do("", "GET", ":p/repository/commits/"+strings.Repeat("0", 40), nil).want(404).says("404 Commit Not Found")
	w.do("", "GET", ":p/repository/commits/"+tip+"/refs?type=branch", nil).want(200).says(`"name":"a/b"`)
	eq(t, len(w.do("", "GET", ":p/repository/commits?ref_name=main", nil).want(200).list), 1)
	w.do("", "GET", ":p/repository/files/main.c?ref=main", nil).want(200).says(`"file_name":"main.c"`)
	w.do("", "GET", ":p/repository/files/main.c", nil).want(400).says("ref is missing")
	w.do("", "GET", ":p/repository/files/..%2Fmain.c?ref=main", nil).want(404)
	resp, err := http.Get(w.s.API() + "projects/tools%2Fshop/repository/files/main.c/raw?ref=stable-1")
	must(t, err)
	defer func() { must(t, resp.Body.Close()) }()
	eq(t, resp.StatusCode, 200)
	eq(t, resp.Header.Get("X-Gitlab-Commit-Id"), tip)
	eq(t, resp.ContentLength, int64(len("int main(void) { return 0; }\n")))
}
