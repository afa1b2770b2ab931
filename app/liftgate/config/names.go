package config

import (
	"regexp"
	"strings"
	"unicode"
)

// The names that documents hold end in URLs, in rows and in git's arguments, so each kind has its letters.
var (
	projectName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)
	idPrefix    = regexp.MustCompile(`^[A-Z][A-Z0-9]{1,11}$`)
	repoName    = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}/[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$`)
	pathPart    = regexp.MustCompile(`^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,254}$`)
	login       = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}(\[bot\])?$`)
)

func validRepo(s string) bool {
	_, name, _ := strings.Cut(s, "/")
	return repoName.MatchString(s) && strings.Trim(name, ".") != "" && !strings.HasSuffix(name, ".git")
}

// validProjectPath reports whether s is the path of a project on GitLab: its groups, which may lie in each other, and its
// name.
func validProjectPath(s string) bool {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 20 || len(s) > 255 {
		return false
	}
	for _, part := range parts {
		if !pathPart.MatchString(part) || strings.HasSuffix(part, ".") || strings.HasSuffix(part, ".git") || strings.HasSuffix(part, ".atom") {
			return false
		}
	}
	return true
}

// validLabel reports whether s is one label, which the forge is asked for among others between commas.
func validLabel(s string) bool {
	return s == strings.TrimSpace(s) && len(s) <= 255 && !strings.Contains(s, ",") && strings.IndexFunc(s, unicode.IsControl) < 0
}

// branchLike reports whether s could name a branch, if glob characters stand for letters.
func branchLike(s string) bool {
	if s == "" || len(s) > 200 || s == "@" || s[0] == '-' || strings.ContainsAny(s, " ~:\x7f") ||
		strings.Contains(s, "..") || strings.Contains(s, "@{") || strings.HasSuffix(s, ".") {
		return false
	}
	if strings.IndexFunc(s, func(c rune) bool { return c < ' ' }) >= 0 {
		return false
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}

// branchName is branchLike for exactly one branch.
func branchName(s string) bool { return branchLike(s) && !strings.ContainsAny(s, `*?[\^`) }
