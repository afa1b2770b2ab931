package gitlab

import "slices"

// table is every operation that is served, in GitLab's own notation.
func (s *Server) table() []route {
	return slices.Concat(projectRoutes(), userRoutes(), tokenRoutes(), memberRoutes(), issueRoutes(), labelRoutes(), hookRoutes(),
		noteRoutes("issues", (*call).theIssuable), historyRoutes("issues", "issue_iid", (*call).theIssuable), codeRoutes(), statusCheckRoutes())
}

func projectRoutes() []route {
	return []route{
		{method: "GET", pattern: "/api/v4/projects/{id}", handle: (*call).getProject},
		{method: "PUT", pattern: "/api/v4/projects/{id}", level: Maintainer, handle: (*call).editProject},
		{method: "GET", pattern: "/api/v4/projects/{id}/integrations", level: Maintainer, handle: (*call).getIntegrations},
		{method: "GET", pattern: "/api/v4/projects/{id}/push_rule", level: Maintainer, handle: (*call).getPushRule},
		{method: "GET", pattern: "/api/v4/projects/{id}/remote_mirrors", level: Maintainer, handle: (*call).listPushMirrors},
		{method: "GET", pattern: "/api/v4/groups/{id}", handle: (*call).getGroup},
	}
}

func userRoutes() []route {
	reading := []string{"api", "read_api", "read_user"}
	return []route{
		{method: "GET", pattern: "/api/v4/user", signedIn: true, scopes: reading, handle: (*call).getSelf},
		{method: "GET", pattern: "/api/v4/users", scopes: reading, handle: (*call).listUsers},
		{method: "GET", pattern: "/api/v4/users/{id}", scopes: reading, handle: (*call).getUser},
		{method: "GET", pattern: "/api/v4/version", signedIn: true, scopes: reading, handle: (*call).getVersion},
		{method: "GET", pattern: "/api/v4/metadata", signedIn: true, scopes: reading, handle: (*call).getVersion},
	}
}
