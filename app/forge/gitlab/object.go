package gitlab

import (
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// needed names the role to look at.
func needed(o wire.Object) string {
	if o.Takes == "" {
		return ""
	}
	return " (it takes the role " + o.Takes + " there)"
}

// objectOf names the object of a request for a hint. The path is the escaped one.
func (f *Forge) objectOf(path string) wire.Object {
	o, ok := f.wire.ObjectOf(path, kindOf,
		wire.Place{Path: f.public.path(), Object: wire.Object{Name: "public project", Takes: "Reporter"}},
		wire.Place{Path: f.mirror.path(), Object: wire.Object{Name: "mirror", Takes: "Reporter"}})
	if ok {
		return o
	}
	switch rest := strings.TrimPrefix(path, f.wire.API.Path); {
	case strings.HasPrefix(rest, "users"):
		return wire.Object{Name: "person"}
	case strings.HasPrefix(rest, "personal_access_tokens"):
		return wire.Object{Name: "token"}
	}
	return wire.Object{Name: "user of the token"}
}

// kindOf reads the path below a project.
func kindOf(parts []string) wire.Object {
	last := parts[len(parts)-1]
	switch parts[0] {
	case "issues":
		return wire.Object{Name: "issue or comment", Takes: "Reporter"}
	case "merge_requests":
		return wire.Object{Name: "merge request", Takes: "Developer"}
	case "statuses":
		return wire.Object{Name: "commit status", Takes: "Developer"}
	case "members":
		return wire.Object{Name: "person", Takes: "Reporter"}
	case "protected_branches":
		return wire.Object{Name: "branch protection", Takes: "Maintainer"}
	case "hooks":
		return wire.Object{Name: "webhook", Takes: "Maintainer"}
	case "integrations":
		return wire.Object{Name: "integration", Takes: "Maintainer"}
	case "pipeline", "pipelines":
		return wire.Object{Name: "pipeline", Takes: "Developer"}
	case "repository":
		if last == "statuses" {
			return wire.Object{Name: "commit status", Takes: "Reporter"}
		}
		if len(parts) > 1 && parts[1] == "files" {
			return wire.Object{Name: "file", Takes: "Reporter"}
		}
	}
	return wire.Object{Name: "branch or commit", Takes: "Reporter"}
}
