package gitlab

import (
	"path"
	"slices"
	"strings"
)

// protection is one protected branch, or all that a wildcard names.
type protection struct {
	Name   string   `json:"name"`
	Push   []access `json:"push_access_levels"`
	Merge  []access `json:"merge_access_levels"`
	Owners bool     `json:"code_owner_approval_required"`
	Force  bool     `json:"allow_force_push"`
}

// access lets a role push, or one user, or a group.
type access struct {
	Level *int   `json:"access_level"`
	User  *int64 `json:"user_id"`
	Group *int64 `json:"group_id"`
	Key   *int64 `json:"deploy_key_id"`
}

// covers reports whether a protection is about a branch. A star stands for anything, slashes included.
func (p protection) covers(name string) bool {
	if !strings.Contains(p.Name, "*") {
		return p.Name == name
	}
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x00") }
	quote := strings.NewReplacer(`\`, `\\`, `?`, `\?`, `[`, `\[`)
	ok, err := path.Match(quote.Replace(flat(p.Name)), flat(name))
	return err == nil && ok
}

func (p protection) lets(level int, user int64) bool {
	for _, a := range p.Push {
		switch {
		case a.User != nil:
			if *a.User == user {
				return true
			}
		case a.Group != nil || a.Key != nil: // not known to be ours
		case a.Level != nil && *a.Level != 0 && level >= *a.Level:
			return true
		}
	}
	return false
}

// letsGroup reports whether a group may push to a branch, in which the user may be or not.
func letsGroup(rules []protection, name string) bool {
	return slices.ContainsFunc(rules, func(p protection) bool {
		return p.covers(name) && slices.ContainsFunc(p.Push, func(a access) bool { return a.Group != nil })
	})
}

// forceable reports whether a protected branch can be set back: one of its protections has to allow it.
func forceable(rules []protection, name string) bool {
	return slices.ContainsFunc(rules, func(p protection) bool { return p.Force && p.covers(name) })
}

// refusedBy says why a push of a user's to a branch would be refused; empty if it would not. Of several protections of one
// branch, the one that allows most counts.
func refusedBy(rules []protection, name string, level int, user int64) string {
	guarded, lets, owners := false, false, false
	for _, p := range rules {
		if p.covers(name) {
			guarded, lets, owners = true, lets || p.lets(level, user), owners || p.Owners
		}
	}
	switch {
	case level < levelDeveloper:
		return "the lift's user may not push to the public project: make it a Maintainer there"
	case guarded && !lets:
		return "its protection does not let the lift's user push: allow Maintainers to push and make the user one"
	case owners:
		return "its protection asks for the approval of code owners, which refuses a push"
	}
	return ""
}
