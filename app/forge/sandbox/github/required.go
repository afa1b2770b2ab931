package github

import (
	"fmt"
	"slices"
	"strings"
)

func passes(run *checkRun) bool {
	return run.status == "completed" && slices.Contains([]string{"success", "neutral", "skipped"}, run.conclusion)
}

// missing explains, as the merge button does, why a required context does not hold on a commit; "" if it does.
func (r *repository) missing(sha, context string, appID int64) string {
	seen := false
	latest := map[int64]*checkRun{}
	for _, run := range r.runs {
		if run.sha == sha && run.name == context && (appID == 0 || run.app.id == appID) {
			latest[run.app.id] = run
		}
	}
	for _, run := range latest {
		seen = true
		if !passes(run) {
			if run.status != "completed" {
				return fmt.Sprintf("Required status check %q is in progress.", context)
			}
			return fmt.Sprintf("Required status check %q is failing.", context)
		}
	}
	if st := r.latestStatus(sha, context); st != nil && (appID == 0 || st.app != nil && st.app.id == appID) {
		seen = true
		switch st.state {
		case "pending":
			return fmt.Sprintf("Required status check %q is pending.", context)
		case "failure", "error":
			return fmt.Sprintf("Required status check %q is failing.", context)
		}
	}
	if !seen {
		return fmt.Sprintf("Required status check %q is expected.", context)
	}
	return ""
}

// latestStatus is the one that counts; GitHub compares contexts without regard to case.
func (r *repository) latestStatus(sha, context string) *commitStatus {
	for _, st := range slices.Backward(r.statuses) {
		if st.sha == sha && strings.EqualFold(st.context, context) {
			return st
		}
	}
	return nil
}
