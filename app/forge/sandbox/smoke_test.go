package sandbox_test

import (
	"strconv"
	"testing"

	"github.com/google/go-github/v62/github"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

func TestSmoke(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	dir := h.work("acme/core-private")
	h.mustGit(dir, "checkout", "-q", "-b", "fix")
	head := h.commit(dir, "main.c", "int main(void) { return 1; }\n", "Fix it")
	h.mustGit(dir, "push", "-q", "origin", "fix")
	bot, ada := h.bot(), h.as("ada")
	pr, _, err := ada.PullRequests.Create(ctx, "acme", "core-private", &github.NewPullRequest{
		Title: github.String("Fix"), Head: github.String("fix"), Base: github.String("main"), Body: github.String("text")})
	h.must(err)
	if pr.GetHead().GetSHA() != head || pr.GetCommits() != 1 || !pr.GetMergeable() {
		t.Errorf("pull request: %v", pr)
	}
	run, _, err := bot.Checks.CreateCheckRun(ctx, "acme", "core-private", github.CreateCheckRunOptions{Name: "liftgate", HeadSHA: head,
		Status: github.String("completed"), Conclusion: github.String("action_required"),
		Output:  &github.CheckRunOutput{Title: github.String("Held"), Summary: github.String("until lift")},
		Actions: []*github.CheckRunAction{{Label: "Lift now", Description: "Lift", Identifier: "lift"}}})
	h.must(err)
	_, _, err = bot.Repositories.CreateStatus(ctx, "acme", "core-private", head, &github.RepoStatus{State: github.String("failure"), Context: github.String("liftgate/hold")})
	h.must(err)
	h.must(h.s.PressButton("acme/core-private", run.GetID(), "lift", "ada"))
	issue, _, err := bot.Issues.Create(ctx, "acme", "core-private", &github.IssueRequest{Title: github.String("LSN-2026-0001"), Labels: &[]string{"accepted"}})
	h.must(err)
	_, _, err = ada.Issues.CreateComment(ctx, "acme", "core-private", issue.GetNumber(), &github.IssueComment{Body: github.String("/accept")})
	h.must(err)
	_, _, err = ada.PullRequests.Merge(ctx, "acme", "core-private", pr.GetNumber(), "", &github.PullRequestOptions{SHA: head})
	h.must(err)
	h.idle()
	t.Log(h.hooks.names())
}
