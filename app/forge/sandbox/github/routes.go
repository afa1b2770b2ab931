package github

import "slices"

// table lists what the sandbox serves. It reads like GitHub's reference: operation, the permission an installation
// token needs, the role a person needs, the handler. An empty permission leaves the judgement to the handler.
func (s *Server) table() []route {
	return compile(slices.Concat(s.appRoutes(), s.issueRoutes(), s.pullRoutes(), s.checkRoutes(), s.advisoryRoutes(), s.repoRoutes()))
}

const inRepo = "/repos/{owner}/{repo}"

func get(pattern, perm string, role Role, h func(*call) reply) route {
	return route{method: "GET", pattern: pattern, perm: perm, role: role, handle: h}
}

func post(pattern, perm string, role Role, h func(*call) reply) route {
	return route{method: "POST", pattern: pattern, perm: perm, role: role, handle: h}
}

func put(pattern, perm string, role Role, h func(*call) reply) route {
	return route{method: "PUT", pattern: pattern, perm: perm, role: role, handle: h}
}

func patch(pattern, perm string, role Role, h func(*call) reply) route {
	return route{method: "PATCH", pattern: pattern, perm: perm, role: role, handle: h}
}

func del(pattern, perm string, role Role, h func(*call) reply) route {
	return route{method: "DELETE", pattern: pattern, perm: perm, role: role, handle: h}
}

// quietly marks a write that nobody outside sees although it stands under a public repository.
func quietly(r route) route { r.discreet = true; return r }

func (s *Server) appRoutes() []route {
	return []route{
		get("/app", "jwt", 0, (*call).getApp),
		get("/app/installations", "jwt", 0, (*call).listInstallations),
		get("/app/installations/{installation_id}", "jwt", 0, (*call).getInstallation),
		post("/app/installations/{installation_id}/access_tokens", "jwt", 0, (*call).mintToken),
		get("/app/hook/config", "jwt", 0, (*call).hookConfig),
		get("/app/hook/deliveries", "jwt", 0, (*call).listDeliveries),
		get("/app/hook/deliveries/{delivery_id}", "jwt", 0, (*call).getDelivery),
		post("/app/hook/deliveries/{delivery_id}/attempts", "jwt", 0, (*call).redeliverHook),
		get(inRepo+"/installation", "jwt", 0, (*call).repoInstallation),
		del("/installation/token", "", 0, (*call).revokeToken),
		get("/installation/repositories", "", 0, (*call).installationRepos),
		get("/user", "", 0, (*call).getUser),
		get("/users/{username}", "", 0, (*call).getUserByName),
		get("/rate_limit", "", 0, (*call).rateLimit),
	}
}

func (s *Server) issueRoutes() []route {
	const either = "issues:write|pull_requests:write"
	const look = "issues:read|pull_requests:read"
	one := inRepo + "/issues/{issue_number}"
	return []route{
		get(inRepo+"/issues", "issues:read", RoleRead, (*call).listIssues),
		post(inRepo+"/issues", "issues:write", RoleRead, (*call).createIssue),
		get(inRepo+"/issues/comments/{comment_id}", look, RoleRead, (*call).getComment),
		patch(inRepo+"/issues/comments/{comment_id}", either, RoleRead, (*call).editComment),
		del(inRepo+"/issues/comments/{comment_id}", either, RoleRead, (*call).deleteComment),
		get(one, look, RoleRead, (*call).getIssue),
		patch(one, either, RoleRead, (*call).editIssue),
		get(one+"/comments", look, RoleRead, (*call).listComments),
		post(one+"/comments", either, RoleRead, (*call).createComment),
		get(one+"/labels", look, RoleRead, (*call).issueLabels),
		post(one+"/labels", either, RoleTriage, (*call).addLabels),
		put(one+"/labels", either, RoleTriage, (*call).setLabels),
		del(one+"/labels", either, RoleTriage, (*call).clearLabels),
		del(one+"/labels/{name}", either, RoleTriage, (*call).removeLabel),
		get(one+"/events", look, RoleRead, (*call).issueEvents),
		get(one+"/timeline", look, RoleRead, (*call).issueTimeline),
		post(one+"/assignees", either, RoleTriage, (*call).addAssignees),
		del(one+"/assignees", either, RoleTriage, (*call).removeAssignees),
		get(inRepo+"/labels", look, RoleRead, (*call).listLabels),
		post(inRepo+"/labels", either, RoleWrite, (*call).createLabel),
		get(inRepo+"/labels/{name}", look, RoleRead, (*call).getLabel),
		patch(inRepo+"/labels/{name}", either, RoleWrite, (*call).editLabel),
		del(inRepo+"/labels/{name}", either, RoleWrite, (*call).deleteLabel),
	}
}

func (s *Server) pullRoutes() []route {
	one := inRepo + "/pulls/{pull_number}"
	return []route{
		get(inRepo+"/pulls", "pull_requests:read", RoleRead, (*call).listPulls),
		post(inRepo+"/pulls", "pull_requests:write", RoleRead, (*call).createPull),
		get(one, "pull_requests:read", RoleRead, (*call).getPull),
		patch(one, "pull_requests:write", RoleRead, (*call).editPull),
		get(one+"/commits", "pull_requests:read", RoleRead, (*call).pullCommits),
		get(one+"/files", "pull_requests:read", RoleRead, (*call).pullFiles),
		get(one+"/merge", "pull_requests:read", RoleRead, (*call).pullMerged),
		put(one+"/merge", "contents:write", RoleWrite, (*call).mergePull),
		get(one+"/reviews", "pull_requests:read", RoleRead, (*call).listReviews),
		post(one+"/reviews", "pull_requests:write", RoleRead, (*call).createReview),
		get(one+"/reviews/{review_id}", "pull_requests:read", RoleRead, (*call).getReview),
		put(one+"/reviews/{review_id}/dismissals", "pull_requests:write", RoleWrite, (*call).dismissReview),
		get(one+"/requested_reviewers", "pull_requests:read", RoleRead, (*call).requestedReviewers),
		post(one+"/requested_reviewers", "pull_requests:write", RoleTriage, (*call).requestReviewers),
		del(one+"/requested_reviewers", "pull_requests:write", RoleTriage, (*call).unrequestReviewers),
		get(inRepo+"/commits/{commit_sha}/pulls", "pull_requests:read", RoleRead, (*call).commitPulls),
	}
}

func (s *Server) checkRoutes() []route {
	return []route{
		post(inRepo+"/check-runs", "checks:write", RoleWrite, (*call).createCheckRun),
		get(inRepo+"/check-runs/{check_run_id}", "checks:read", RoleRead, (*call).getCheckRun),
		patch(inRepo+"/check-runs/{check_run_id}", "checks:write", RoleWrite, (*call).editCheckRun),
		get(inRepo+"/check-suites/{check_suite_id}", "checks:read", RoleRead, (*call).getCheckSuite),
		get(inRepo+"/commits/{ref+}/check-runs", "checks:read", RoleRead, (*call).listCheckRuns),
		get(inRepo+"/commits/{ref+}/check-suites", "checks:read", RoleRead, (*call).listCheckSuites),
		post(inRepo+"/statuses/{sha}", "statuses:write", RoleWrite, (*call).createStatus),
		get(inRepo+"/commits/{ref+}/status", "statuses:read", RoleRead, (*call).combinedStatus),
		get(inRepo+"/commits/{ref+}/statuses", "statuses:read", RoleRead, (*call).listStatuses),
		get(inRepo+"/rules/branches/{branch+}", "metadata:read", RoleRead, (*call).branchRules),
		get(inRepo+"/rulesets", "metadata:read", RoleRead, (*call).listRulesets),
		quietly(post(inRepo+"/rulesets", "administration:write", RoleAdmin, (*call).createRuleset)),
		get(inRepo+"/rulesets/{ruleset_id}", "metadata:read", RoleRead, (*call).getRuleset),
		quietly(put(inRepo+"/rulesets/{ruleset_id}", "administration:write", RoleAdmin, (*call).editRuleset)),
		quietly(del(inRepo+"/rulesets/{ruleset_id}", "administration:write", RoleAdmin, (*call).deleteRuleset)),
	}
}

func (s *Server) advisoryRoutes() []route {
	all := inRepo + "/security-advisories"
	return []route{
		get(all, "metadata:read", RoleRead, (*call).listAdvisories),
		quietly(post(all, "repository_advisories:write", RoleRead, (*call).createAdvisory)),
		quietly(post(all+"/reports", "", RoleRead, (*call).reportAdvisory)),
		get(all+"/{ghsa_id}", "metadata:read", RoleRead, (*call).getAdvisory),
		quietly(patch(all+"/{ghsa_id}", "repository_advisories:write", RoleRead, (*call).editAdvisory)),
		quietly(post(all+"/{ghsa_id}/cve", "repository_advisories:write", RoleRead, (*call).requestCVE)),
		get(inRepo+"/private-vulnerability-reporting", "metadata:read", RoleRead, (*call).getReporting),
		quietly(put(inRepo+"/private-vulnerability-reporting", "administration:write", RoleAdmin, (*call).setReporting)),
		quietly(del(inRepo+"/private-vulnerability-reporting", "administration:write", RoleAdmin, (*call).clearReporting)),
	}
}

func (s *Server) repoRoutes() []route {
	return []route{
		get(inRepo, "metadata:read", RoleRead, (*call).getRepo),
		get(inRepo+"/branches", "contents:read", RoleRead, (*call).listBranches),
		get(inRepo+"/branches/{branch+}/protection", "administration:read", RoleAdmin, (*call).getProtection),
		get(inRepo+"/branches/{branch+}", "contents:read", RoleRead, (*call).getBranch),
		get(inRepo+"/git/ref/{ref+}", "contents:read", RoleRead, (*call).getRef),
		get(inRepo+"/git/matching-refs/{ref+}", "contents:read", RoleRead, (*call).matchingRefs),
		post(inRepo+"/git/refs", "contents:write", RoleWrite, (*call).createRef),
		patch(inRepo+"/git/refs/{ref+}", "contents:write", RoleWrite, (*call).updateRef),
		del(inRepo+"/git/refs/{ref+}", "contents:write", RoleWrite, (*call).deleteRef),
		get(inRepo+"/compare/{basehead+}", "contents:read", RoleRead, (*call).compare),
		get(inRepo+"/contents/{path+}", "contents:read", RoleRead, (*call).getContents),
		put(inRepo+"/contents/{path+}", "contents:write", RoleWrite, (*call).putContents),
		get(inRepo+"/commits", "contents:read", RoleRead, (*call).listCommits),
		get(inRepo+"/commits/{ref+}", "contents:read", RoleRead, (*call).getCommit),
		get(inRepo+"/tags", "contents:read", RoleRead, (*call).listTags),
		get(inRepo+"/collaborators", "metadata:read", RoleWrite, (*call).listCollaborators),
		get(inRepo+"/collaborators/{username}", "metadata:read", RoleWrite, (*call).isCollaborator),
		get(inRepo+"/collaborators/{username}/permission", "metadata:read", RoleRead, (*call).permission),
	}
}
