package gitlab

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/liftgate/liftgate/policy"
)

const (
	maxBody        = 900_000 // a little less than the most that GitLab takes in one text, in characters
	maxTitle       = 255
	maxDescription = 255 // of a commit status
)

// marked is a text as it goes out: disarmed, cut to what GitLab takes, with its marker at the end.
func marked(body policy.Text, marker string) string {
	return disarmed(cut(body.Reveal(), maxBody)) + "\n\n" + marker
}

// quickAction is a line that GitLab would carry out. It knows more words every year, so every word counts.
var quickAction = regexp.MustCompile(`(?m)^([ \t]*)/([A-Za-z0-9_-]+)([ \t\r]|$)`)

// disarmed keeps what others wrote from being obeyed by GitLab, and from looking like one of our markers. A backslash does
// not show, except in code.
func disarmed(text string) string {
	text = strings.ReplaceAll(text, anyMarker(), "&lt;!-- liftgate:")
	return quickAction.ReplaceAllString(text, `$1\/$2$3`)
}

// What GitLab reads as a person or an object, also where it is written as an entity. Names and numbers of other kinds, such as
// labels, notify nobody and link nothing from elsewhere.
var (
	mention   = regexp.MustCompile(`(^|[^\pL\pN_])@([\pL\pN_])`)
	reference = regexp.MustCompile(`([#!&$%^~])([0-9])`)
	entity    = regexp.MustCompile(`&(#|commat;|num;|excl;)`)
)

// unlinked keeps what others wrote from notifying people and from being linked at what it names, once everybody reads it. What
// GitLab takes for code can't be told for certain, so that it has no exception; what is put in between does not show.
func unlinked(text string) string {
	text = entity.ReplaceAllString(text, "&amp;$1")
	text = mention.ReplaceAllString(text, "$1@\u200b$2")
	return reference.ReplaceAllString(text, "$1\u200b$2")
}

// cut shortens a text at a character, and says so.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}
