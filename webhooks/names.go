package webhooks

import "strings"

// Names come from outside and end in rows, in URLs and in git's arguments. What does not look like the name that it
// should be is dropped, and the doorbell then rings for the whole repository.

const (
	lowers  = "abcdefghijklmnopqrstuvwxyz"
	uppers  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	digits  = "0123456789"
	letters = lowers + uppers + digits
)

// madeOf reports whether s has between least and most bytes, all of them in the alphabet.
func madeOf(s, alphabet string, least, most int) bool {
	return least <= len(s) && len(s) <= most && strings.Trim(s, alphabet) == ""
}

func validDelivery(s string) bool { return madeOf(s, letters+"-_", 1, 64) }

func validSHA(s string) bool {
	return (len(s) == 40 || len(s) == 64) && madeOf(s, digits+"abcdef", 40, 64)
}

// validLogin allows what GitHub gives to people, to managed users ("octocat_acme") and to apps ("robot[bot]").
func validLogin(s string) bool {
	return madeOf(strings.TrimSuffix(s, "[bot]"), letters+"-_", 1, 100)
}

// validButton allows what a check may use to identify one of its actions.
func validButton(s string) bool { return madeOf(s, letters+"-_.:|/#", 1, 20) }

func validRepo(s string) bool {
	owner, name, found := strings.Cut(s, "/")
	return found && madeOf(owner, letters+"-_", 1, 100) && madeOf(name, letters+"-_.", 1, 100) &&
		name != "." && name != ".." && owner[0] != '-' && name[0] != '-'
}

// validGHSA is looser than GitHub's own alphabet, which its own examples don't keep to.
func validGHSA(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) != 4 || parts[0] != "GHSA" {
		return false
	}
	for _, part := range parts[1:] {
		if !madeOf(part, lowers+digits, 4, 4) {
			return false
		}
	}
	return true
}

// validBranch follows git-check-ref-format, and bounds the length as GitHub does.
func validBranch(s string) bool {
	if s == "" || len(s) > 255 || s == "@" || s[0] == '-' || strings.HasSuffix(s, ".") || strings.ContainsAny(s, " ~^:?*[\\\x7f") ||
		strings.Contains(s, "..") || strings.Contains(s, "@{") {
		return false
	}
	for _, c := range s {
		if c < ' ' || c == '�' {
			return false
		}
	}
	for part := range strings.SplitSeq(s, "/") {
		if part == "" || part[0] == '.' || strings.HasSuffix(part, ".lock") {
			return false
		}
	}
	return true
}
