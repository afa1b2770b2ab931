package github

import (
	"net/http"
	"regexp"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// objectOf names the object of a request for a hint.
func (f *Forge) objectOf(path string) wire.Object {
	o, ok := f.wire.ObjectOf(path, kindOf,
		wire.Place{Path: f.public.path(), Object: wire.Object{Name: "public repository", Takes: "metadata"}},
		wire.Place{Path: f.mirror.path(), Object: wire.Object{Name: "mirror", Takes: "metadata"}})
	if !ok {
		return wire.Object{Name: "App"}
	}
	return o
}

// kindOf reads the path below a repository.
func kindOf(parts []string) wire.Object {
	last := parts[len(parts)-1]
	switch parts[0] {
	case "security-advisories":
		return wire.Object{Name: "private report", Takes: "repository_advisories"}
	case "issues":
		return wire.Object{Name: "issue or comment", Takes: "issues"}
	case "pulls":
		return wire.Object{Name: "pull request", Takes: "pull_requests"}
	case "check-runs":
		return wire.Object{Name: "check", Takes: "checks"}
	case "statuses":
		return wire.Object{Name: "commit status", Takes: "statuses"}
	case "collaborators":
		return wire.Object{Name: "person", Takes: "metadata"}
	case "contents":
		return wire.Object{Name: "file", Takes: "contents"}
	case "rules", "rulesets":
		return wire.Object{Name: "rule", Takes: "administration"}
	case "installation":
		return wire.Object{Name: "installation of the App"}
	case "commits":
		switch last {
		case "check-runs":
			return wire.Object{Name: "check", Takes: "checks"}
		case "status", "statuses":
			return wire.Object{Name: "commit status", Takes: "statuses"}
		}
	case "branches":
		if last == "protection" {
			return wire.Object{Name: "branch protection", Takes: "administration"}
		}
	}
	return wire.Object{Name: "branch or commit", Takes: "contents"}
}

// acceptable is the form of the header in which GitHub names what a request would have needed.
var acceptable = regexp.MustCompile(`^[a-z_]+=(read|write|admin)([,; ]+[a-z_]+=(read|write|admin))*$`)

// needed names the permission to look at: the one GitHub names, or else the one that the object usually takes.
func needed(h http.Header, o wire.Object) string {
	if v := h.Get("X-Accepted-GitHub-Permissions"); len(v) < 200 && acceptable.MatchString(v) {
		return " (it takes the permission " + v + ")"
	}
	if o.Takes == "" {
		return ""
	}
	return " (it takes the permission " + o.Takes + ")"
}
