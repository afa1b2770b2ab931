package github_test

import (
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// tips gives the branches of a repository as the server has them.
func (h *town) tips(repo string) map[string]string {
	h.t.Helper()
	out := map[string]string{}
	for _, b := range h.want(200, h.users["root"].Token, "GET", "repos/"+repo+"/branches", nil).list() {
		out[b.(m)["name"].(string)] = b.(m)["commit"].(m)["sha"].(string)
	}
	return out
}

// three commits one change on each of three branches, ready to be pushed together.
func (h *town) three(dir string) map[string]string {
	h.t.Helper()
	out := map[string]string{}
	for _, b := range []string{"main", "stable-1", "stable-2"} {
		h.mustGit(dir, "checkout", "-q", b)
		out[b] = h.commit(dir, "main.c", "int main(void) { return 7; }\n", "Fix on "+b)
	}
	return out
}

func TestAtomicPush(t *testing.T) {
	only := func(ref string, rules ...hub.Rule) hub.Ruleset {
		return hub.Ruleset{Name: "guard", Include: []string{ref}, Rules: rules}
	}
	tests := []struct {
		name   string
		atomic bool
		set    func(h *town)
		moved  []string
		says   []string
	}{
		{"nothing in the way", true, func(*town) {}, []string{"main", "stable-1", "stable-2"}, nil},
		{"a ruleset refuses one and so all", true, func(h *town) {
			_, err := h.s.AddRuleset("acme/core", only("refs/heads/stable-2", hub.Rule{Type: "update"}))
			h.must(err)
		}, nil, []string{"GH013: Repository rule violations found for refs/heads/stable-2", "Cannot update this protected ref.", "atomic push failure"}},
		{"a ruleset refuses one alone", false, func(h *town) {
			_, err := h.s.AddRuleset("acme/core", only("refs/heads/stable-2", hub.PullRequestRequired()))
			h.must(err)
		}, []string{"main", "stable-1"}, []string{"Changes must be made through a pull request.", "push declined due to repository rule violations"}},
		{"classic protection refuses", true, func(h *town) {
			h.must(h.s.Protect("acme/core", "main", &hub.Protection{Checks: map[string]int64{"ci": 0}}))
		}, nil, []string{"GH006: Protected branch update failed for refs/heads/main", `Required status check "ci" is expected.`, "protected branch hook declined"}},
		{"two checks are missing", true, func(h *town) {
			_, err := h.s.AddRuleset("acme/core", only("~DEFAULT_BRANCH", hub.RequiredChecks(map[string]int64{"a": 0, "b": 1})))
			h.must(err)
		}, nil, []string{"2 of 2 required status checks are expected."}},
		{"evaluate does not refuse", true, func(h *town) {
			set := only("~ALL", hub.Rule{Type: "update"})
			set.Enforcement = "evaluate"
			_, err := h.s.AddRuleset("acme/core", set)
			h.must(err)
		}, []string{"main", "stable-1", "stable-2"}, nil},
		{"somebody was faster", true, func(h *town) {
			other := h.t.TempDir()
			h.mustGit(other, "clone", "-q", h.remote(h.users["ada"].Token, "acme/core"), ".")
			h.mustGit(other, "checkout", "-q", "stable-1")
			h.commit(other, "race.c", "", "Race")
			h.mustGit(other, "push", "-q", "origin", "stable-1")
		}, nil, []string{"[rejected]"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := open(t)
			dir := h.work("acme/core")
			want := h.three(dir)
			tt.set(h)
			before := h.tips("acme/core")
			args := []string{"push", "--porcelain"}
			if tt.atomic {
				args = append(args, "--atomic")
			}
			out, err := h.git(dir, append(args, "origin", "main", "stable-1", "stable-2")...)
			if (err == nil) != (len(tt.says) == 0) {
				t.Errorf("push: %v\n%s", err, out)
			}
			for _, s := range tt.says {
				if !strings.Contains(out, s) {
					t.Errorf("git does not say %q:\n%s", s, out)
				}
			}
			for _, b := range tt.moved {
				before[b] = want[b]
			}
			after := h.tips("acme/core")
			for b := range before {
				if before[b] != after[b] {
					t.Errorf("%s is at %s, want %s", b, after[b], before[b])
				}
			}
			h.idle()
		})
	}
}

func TestPushIsLogged(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	old := h.tips("acme/core")
	want := h.three(dir)
	h.mustGit(dir, "push", "-q", "--atomic", "origin", "main", "stable-1", "stable-2")
	h.mustGit(dir, "push", "-q", "--atomic", "origin", "main", "stable-1", "stable-2") // the same again changes nothing
	var pushes []sandbox.Request
	for _, r := range h.s.Requests() {
		if r.Route == "git-receive-pack" && len(r.Refs) > 0 {
			pushes = append(pushes, r)
		}
	}
	if len(pushes) != 2 {
		t.Fatalf("%d pushes logged, want 2", len(pushes))
	}
	last := pushes[1]
	if !last.Public || last.Token.Actor != "ada" || last.Token.Kind != "user" || len(last.Refs) != 3 || last.Status != 200 {
		t.Errorf("log line %+v", last)
	}
	for _, r := range last.Refs {
		b := strings.TrimPrefix(r.Ref, "refs/heads/")
		if r.Old != old[b] || r.New != want[b] || r.Error != "" {
			t.Errorf("ref %+v, want %s..%s", r, old[b], want[b])
		}
	}
	if !h.public.has("PACK") {
		t.Error("the pack did not reach OnPublicWrite")
	}
}

func TestBypass(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	_, err := h.s.AddRuleset("acme/core", hub.Ruleset{Name: "guard", Include: []string{"~ALL"},
		Rules:  []hub.Rule{{Type: "update"}, hub.PullRequestRequired()},
		Bypass: []hub.Bypass{{ActorID: h.app.ID, ActorType: "Integration"}}})
	h.must(err)
	h.three(dir)
	if out, err := h.git(dir, "push", "origin", "main"); err == nil {
		t.Errorf("ada got past the ruleset: %s", out)
	}
	h.mustGit(dir, "push", "-q", h.remote(h.token([]string{"core"}, map[string]string{"contents": "write"}), "acme/core"), "main")
}

func TestForcePushAndDelete(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	_, err := h.s.AddRuleset("acme/core", hub.Ruleset{Name: "guard", Include: []string{"refs/heads/main"},
		Rules: []hub.Rule{{Type: "non_fast_forward"}, {Type: "deletion"}}})
	h.must(err)
	h.mustGit(dir, "commit", "-q", "--amend", "-m", "Rewritten")
	if out, err := h.git(dir, "push", "--force", "origin", "main"); err == nil || !strings.Contains(out, "Cannot force-push to this protected ref.") {
		t.Errorf("force push: %v %s", err, out)
	}
	h.mustGit(dir, "push", "-q", "--force", "origin", "main:stable-1")
	h.mustGit(dir, "push", "-q", "origin", ":stable-1")
	if out, err := h.git(dir, "push", "origin", ":main"); err == nil || !strings.Contains(out, "refusing to delete the current branch") {
		t.Errorf("delete the default branch: %v %s", err, out)
	}
	h.commit(dir, "a.c", "", "More")
	if out, err := h.git(dir, "push", "origin", "main:refs/pull/1/head"); err == nil {
		t.Errorf("push to a hidden ref: %s", out)
	}
	h.idle()
}

func TestGitAccess(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	h.mustGit(dir, "push", "-q", h.remote(h.users["ada"].Token, "acme/core-private"), "main")
	h.commit(dir, "a.c", "", "More")
	tokens := map[string]string{
		"nobody": "", "mallory": h.users["mallory"].Token, "wrong": "ghp_wrong",
		"reads":       h.token([]string{"core"}, map[string]string{"contents": "read"}),
		"writes":      h.token([]string{"core"}, map[string]string{"contents": "write"}),
		"no contents": h.token([]string{"core-private"}, map[string]string{"issues": "write"}),
	}
	tests := []struct {
		who, repo string
		push      bool
		fails     string // part of what git says; empty for success
	}{
		{"nobody", "acme/core", false, ""},
		{"nobody", "acme/core-private", false, "could not read Username"},
		{"nobody", "acme/core", true, "could not read Username"},
		{"mallory", "acme/core", false, ""},
		{"mallory", "acme/core", true, "403"},
		{"mallory", "acme/core-private", false, "not found"},
		{"wrong", "acme/core-private", false, "Authentication failed"},
		{"reads", "acme/core", false, ""},
		{"reads", "acme/core", true, "403"},
		{"reads", "acme/core-private", false, "not found"},
		{"writes", "acme/core", true, ""},
		{"writes", "acme/core-private", true, "not found"},
		{"no contents", "acme/core-private", false, "403"},
		{"mallory", "acme/absent", false, "not found"},
	}
	for _, tt := range tests {
		t.Run(tt.who+" "+tt.repo, func(t *testing.T) {
			url := h.remote(tokens[tt.who], tt.repo)
			if tt.who == "nobody" {
				url = h.s.URL() + "/" + tt.repo + ".git"
			}
			args := []string{"ls-remote", url}
			if tt.push {
				args = []string{"push", "-q", url, "main"}
			}
			out, err := h.git(dir, args...)
			if (err == nil) != (tt.fails == "") || !strings.Contains(out, tt.fails) {
				t.Errorf("git %s: %v, want %q\n%s", args[0], err, tt.fails, out)
			}
		})
	}
	out, err := h.git(dir, "-c", "http.extraHeader=Authorization: Bearer "+tokens["writes"], "ls-remote", h.s.URL()+"/acme/core-private.git")
	if err == nil || !strings.Contains(out, "could not read Username") {
		t.Errorf("a bearer token must get 401: %v %s", err, out)
	}
}

func TestWorkflowPermission(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	with := map[string]string{"contents": "write", "workflows": "write"}
	h.commit(dir, ".github/workflows/ci.yml", "on: push\n", "Add CI")
	url := h.remote(h.token([]string{"core"}, map[string]string{"contents": "write"}), "acme/core")
	if out, err := h.git(dir, "push", url, "main"); err == nil || !strings.Contains(out, "without `workflows` permission") {
		t.Errorf("push of a workflow: %v %s", err, out)
	}
	if a := h.rest(h.users["root"].Token, "GET", "app", nil); a.status != 401 {
		t.Errorf("GET /app with a user token: %d", a.status)
	}
	h.must(h.s.SetInstallation(h.install, map[string]string{"contents": "write", "workflows": "write", "metadata": "read"}))
	h.mustGit(dir, "push", "-q", h.remote(h.token([]string{"core"}, with), "acme/core"), "main")
	// What a branch already has may go to another branch without the permission.
	h.mustGit(dir, "push", "-q", url, "main:stable-1")
}

func TestTagEvents(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core")
	for _, tag := range []string{"v1", "v2", "v3", "v4", "w1"} {
		h.mustGit(dir, "tag", tag)
	}
	h.idle()
	count := func() int { return strings.Count(strings.Join(h.hooks.names(), " "), "create") }
	before := count()
	h.mustGit(dir, "push", "-q", "origin", "v1", "v2", "v3", "v4")
	h.idle()
	if n := count() - before; n != 0 {
		t.Errorf("four tags at once made %d events, want none", n)
	}
	h.mustGit(dir, "push", "-q", "origin", "w1")
	h.idle()
	if n := count() - before; n != 1 {
		t.Errorf("one tag made %d create events, want 1", n)
	}
}

func TestLargePush(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	var b strings.Builder
	for i := range 400000 {
		b.WriteString(itoa(int64(i) * 7919))
	}
	h.commit(dir, "big.txt", b.String(), "Something big")
	// Over http.postBuffer git sends chunks after a probe, which the CGI library would refuse.
	h.mustGit(dir, "-c", "http.postBuffer=65536", "push", "-q", "origin", "main")
	h.mustGit(dir, "push", "-q", "-o", "ci.skip", "origin", "main:refs/heads/options")
	clone := t.TempDir()
	h.mustGit(clone, "clone", "-q", h.remote(h.users["ada"].Token, "acme/core-private"), ".")
	h.mustGit(clone, "fetch", "-q", "origin", h.mustGit(dir, "rev-parse", "HEAD~1")) // any object by its hash
	if h.public.has("PACK") {
		t.Error("a push to a private repository reached OnPublicWrite")
	}
}

func TestImportGit(t *testing.T) {
	h := open(t)
	dir := h.work("acme/core-private")
	first := h.mustGit(dir, "rev-parse", "main")
	h.commit(dir, "a.c", "", "More")
	h.must(h.s.ImportGit("acme/core", dir, "refs/heads/main:refs/heads/main", first+":refs/heads/stable-9"))
	tips := h.tips("acme/core")
	if tips["main"] != h.mustGit(dir, "rev-parse", "main") || tips["stable-9"] != first {
		t.Errorf("imported %v", tips)
	}
}
