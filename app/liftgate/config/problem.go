package config

import (
	"fmt"
	"regexp"
	"strings"
)

// Error is a mistake in a document, and where it is.
type Error struct {
	File         string
	Line, Column int // both start at 1; 0 if the mistake has no place, such as a file that is too large
	Message      string
	Excerpt      string // the line, the one before it, and a mark; "" without a place
}

// Error is one line with the place and the message, and the excerpt below it.
func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Message)
	}
	return fmt.Sprintf("%s:%d:%d: %s\n%s", e.File, e.Line, e.Column, e.Message, e.Excerpt)
}

// width is how much of a long line an excerpt shows.
const width = 96

// excerpt shows a place in the lines of a document.
func excerpt(lines []string, line, column int) string {
	var b strings.Builder
	for n := max(1, line-1); n <= min(line, len(lines)); n++ {
		text := []rune(mask(lines[n-1]))
		start := 0
		if n == line && column > width {
			start = min(column-width/2, len(text))
		}
		text = text[start:min(start+width, len(text))]
		for i, c := range text {
			if c < ' ' || c == 0x7f || c == '\u2028' || c == '\u2029' || (c >= 0x80 && c < 0xa0) {
				text[i] = ' '
			}
		}
		b.WriteString(strings.TrimRight(fmt.Sprintf("%5d | %s", n, string(text)), " ") + "\n")
		if n == line {
			b.WriteString("      | " + strings.Repeat(" ", max(0, min(column-1-start, len(text)))) + "^")
		}
	}
	return b.String()
}

// What people write inline although it belongs into a file: the value of a key that speaks of a secret, the user and
// password of a URL, a line of a PEM block, a token or a key that says itself what it is, by its form that of CVE Services.
var (
	secretKey   = regexp.MustCompile(`(?i)^(.*?(?:secret|passw|token|private_key|identity|database)[a-z_-]*["']?\s*:\s*)(\S.*)$`)
	secretFile  = regexp.MustCompile(`(?i)_files?["']?\s*:\s*$`)
	userinfo    = regexp.MustCompile(`://[^/\s]*@`)
	knownSecret = regexp.MustCompile(`\b(?:gl(?:pat|oas|soat|ptt|cbt|dt|rt|ft|agent)-|whsec_|gh[oprsu]_|github_pat_)[A-Za-z0-9+/=_.-]{20,}|\b(?:[0-9A-Z]{7}-){3}[0-9A-Z]{7}\b|-----BEGIN .*`)
	secretBlock = regexp.MustCompile(`^\s*(-----.*|[A-Za-z0-9+=][A-Za-z0-9+/=_-]{31,})\s*$`)
)

// mask blanks what looks like a secret in a line, since errors end in logs.
func mask(line string) string {
	if secretBlock.MatchString(line) {
		return "…"
	}
	if m := secretKey.FindStringSubmatch(line); m != nil && !secretFile.MatchString(m[1]) {
		return m[1] + "…"
	}
	return userinfo.ReplaceAllString(knownSecret.ReplaceAllString(line, "…"), "://…@")
}
