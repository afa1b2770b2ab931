package notice

import (
	"strings"

	"github.com/pandatix/go-cvss/31"
	"github.com/pandatix/go-cvss/40"
)

// Draft writes a record that people will complete: it need not be fit for publication.
func Draft(r *Record) ([]byte, error) {
	r.Tidy()
	return writeYAML(r)
}

// Tell takes a report's title and its text. Where the text has the sections that forges propose, each goes to its place; a
// title that is too long is cut.
func (r *Record) Tell(title, text string) {
	r.Summary = words(readable(title))
	if long := []rune(r.Summary); len(long) > maxSummary {
		r.Summary = string(long[:maxSummary-1]) + "…"
	}
	into := &r.Description
	for line := range strings.Lines(readable(strings.ReplaceAll(text, "\r\n", "\n"))) {
		if heading, ok := heading(line); ok {
			switch strings.ToLower(heading) {
			case "impact":
				into = &r.Impact
			case "workaround", "workarounds":
				into = &r.Workaround
			case "summary", "details", "description":
				into = &r.Description
			case "patches", "references":
				into = new(string) // both are told by the record itself
			default:
				*into += line
			}
			continue
		}
		*into += line
	}
	if strings.TrimSpace(r.Description) == "" {
		r.Description, r.Impact = r.Impact, ""
	}
}

// heading is the words of a Markdown heading.
func heading(line string) (string, bool) {
	rest := strings.TrimLeft(line, "#")
	if depth := len(line) - len(rest); depth == 0 || depth > 6 || !strings.HasPrefix(rest, " ") {
		return "", false
	}
	return strings.TrimSpace(strings.TrimRight(strings.TrimSpace(rest), "#")), true
}

// readable drops what no notice may hold.
func readable(text string) string {
	return strings.Map(func(char rune) rune {
		if unreadable(char) {
			return -1
		}
		return char
	}, strings.ToValidUTF8(text, ""))
}

// Rate takes a CVSS vector of either version, and leaves anything else.
func (s *Severity) Rate(vector string) {
	if _, err := gocvss31.ParseVector(vector); err == nil {
		s.CVSS31 = vector
	} else if _, err := gocvss40.ParseVector(vector); err == nil {
		s.CVSS40 = vector
	}
}
