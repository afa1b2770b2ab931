package github

import (
	"net/http"
	"regexp"
	"strings"
)

// object is what a path is about, in words that may be shown: never a name, a number or a branch.
type object struct {
	name       string // "issue in the mirror"
	permission string // the App's permission that it takes; empty: none that an operator could give
}

func (o object) deed(method string) string {
	if isWrite(method) {
		return "write of the " + o.name
	}
	return "read of the " + o.name
}

// objectOf names the object of a request for a hint.
func (f *Forge) objectOf(path string) object {
	rest := strings.TrimPrefix(path, f.api.Path)
	where := ""
	for _, r := range []struct {
		repo repo
		name string
	}{{f.public, "public repository"}, {f.mirror, "mirror"}} {
		if tail, ok := strings.CutPrefix(rest, r.repo.path()); ok && (tail == "" || tail[0] == '/') {
			where, rest = r.name, strings.TrimPrefix(tail, "/")
			break
		}
	}
	if where == "" {
		return object{name: "App"}
	}
	if rest == "" {
		return object{name: where, permission: "metadata"}
	}
	o := kindOf(strings.Split(rest, "/"))
	o.name += " in the " + where
	return o
}

// kindOf reads the path below a repository.
func kindOf(parts []string) object {
	last := parts[len(parts)-1]
	switch parts[0] {
	case "security-advisories":
		return object{"private report", "repository_advisories"}
	case "issues":
		return object{"issue or comment", "issues"}
	case "pulls":
		return object{"pull request", "pull_requests"}
	case "check-runs":
		return object{"check", "checks"}
	case "statuses":
		return object{"commit status", "statuses"}
	case "collaborators":
		return object{"person", "metadata"}
	case "contents":
		return object{"file", "contents"}
	case "rules", "rulesets":
		return object{"rule", "administration"}
	case "installation":
		return object{"installation of the App", ""}
	case "commits":
		switch last {
		case "check-runs":
			return object{"check", "checks"}
		case "status", "statuses":
			return object{"commit status", "statuses"}
		}
	case "branches":
		if last == "protection" {
			return object{"branch protection", "administration"}
		}
	}
	return object{"branch or commit", "contents"}
}

// acceptable is the form of the header in which GitHub names what a request would have needed.
var acceptable = regexp.MustCompile(`^[a-z_]+=(read|write|admin)([,; ]+[a-z_]+=(read|write|admin))*$`)

// needed names the permission to look at: the one GitHub names, or else the one that the object usually takes.
func needed(h http.Header, o object) string {
	if v := h.Get("X-Accepted-GitHub-Permissions"); len(v) < 200 && acceptable.MatchString(v) {
		return " (it takes the permission " + v + ")"
	}
	if o.permission == "" {
		return ""
	}
	return " (it takes the permission " + o.permission + ")"
}
