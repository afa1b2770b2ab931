package gitlab

import "strings"

// object is what a path is about, in words that may be shown: never a name, a number or a branch.
type object struct {
	name string // "issue in the mirror"
	role string // the role there that it usually takes; empty: none that an operator could give
}

func (o object) deed(method string) string {
	if isWrite(method) {
		return "write of the " + o.name
	}
	return "read of the " + o.name
}

// needed names the role to look at.
func (o object) needed() string {
	if o.role == "" {
		return ""
	}
	return " (it takes the role " + o.role + " there)"
}

// objectOf names the object of a request for a hint. The path is the escaped one.
func (f *Forge) objectOf(path string) object {
	rest := strings.TrimPrefix(path, f.api.Path)
	for _, p := range []struct {
		at   place
		name string
	}{{f.public, "public project"}, {f.mirror, "mirror"}} {
		tail, ok := strings.CutPrefix(rest, p.at.path())
		if !ok || tail != "" && tail[0] != '/' {
			continue
		}
		if tail == "" {
			return object{p.name, "Reporter"}
		}
		o := kindOf(strings.Split(tail[1:], "/"))
		o.name += " in the " + p.name
		return o
	}
	switch {
	case strings.HasPrefix(rest, "users"):
		return object{"person", ""}
	case strings.HasPrefix(rest, "personal_access_tokens"):
		return object{"token", ""}
	}
	return object{"user of the token", ""}
}

// kindOf reads the path below a project.
func kindOf(parts []string) object {
	last := parts[len(parts)-1]
	switch parts[0] {
	case "issues":
		return object{"issue or comment", "Reporter"}
	case "merge_requests":
		return object{"merge request", "Developer"}
	case "statuses":
		return object{"commit status", "Developer"}
	case "members":
		return object{"person", "Reporter"}
	case "protected_branches":
		return object{"branch protection", "Maintainer"}
	case "hooks":
		return object{"webhook", "Maintainer"}
	case "integrations":
		return object{"integration", "Maintainer"}
	case "pipeline", "pipelines":
		return object{"pipeline", "Developer"}
	case "repository":
		if last == "statuses" {
			return object{"commit status", "Reporter"}
		}
		if len(parts) > 1 && parts[1] == "files" {
			return object{"file", "Reporter"}
		}
	}
	return object{"branch or commit", "Reporter"}
}
