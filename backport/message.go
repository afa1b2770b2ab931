package backport

import (
	"maps"
	"regexp"
	"strings"
)

// Message says what happens to the message of a commit that is picked. The zero value keeps it byte for byte.
type Message struct {
	// Record appends "(cherry picked from commit ...)" as git cherry-pick -x does, naming the commit in Origins, or the
	// picked commit itself.
	Record bool
	// Origins names, for a picked commit, the commit to record in its place: main's, for a fix that a person adapted.
	Origins map[SHA]SHA
	// Names replaces SHAs in "(cherry picked from commit ...)" lines, old and new ones: from the SHA that a commit had in
	// the mirror to the one it has in public.
	Names map[SHA]SHA
}

const pickedPrefix = "(cherry picked from commit "

func pickedLine() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^\(cherry picked from commit ([0-9a-f]{40})\)[ \t\r]*$`)
}

// PickedFrom lists the commits that a message says it was picked from, oldest first.
func PickedFrom(message string) []SHA {
	var list []SHA
	for _, m := range pickedLine().FindAllStringSubmatch(message, -1) {
		list = append(list, SHA(m[1]))
	}
	return list
}

// apply gives the new message of commit sha. absent makes Record add a line only where the message has none.
func (m Message) apply(message string, sha SHA, absent bool) string {
	out := pickedLine().ReplaceAllStringFunc(message, func(line string) string {
		old := pickedLine().FindStringSubmatch(line)[1]
		if name, ok := m.Names[SHA(old)]; ok {
			return strings.Replace(line, old, string(name), 1)
		}
		return line
	})
	if m.Record && !(absent && len(PickedFrom(out)) > 0) {
		out = appendTrailer(out, pickedPrefix+string(m.origin(sha))+")")
	}
	return out
}

// recording names main's commits as the origins of their adaptations, one to one. Origins that the caller gave stay.
func (m Message) recording(adapted, main []SHA) Message {
	origins := map[SHA]SHA{}
	for i, sha := range adapted {
		origins[sha] = main[i]
	}
	maps.Copy(origins, m.Origins)
	m.Origins = origins
	return m
}

func (m Message) origin(sha SHA) SHA {
	if o, ok := m.Origins[sha]; ok {
		sha = o
	}
	if name, ok := m.Names[sha]; ok {
		sha = name
	}
	return sha
}

// appendTrailer adds a line as git's sequencer does: to the last paragraph if that is made of trailers, else in one of
// its own; then white space is cleaned up as git does after adding one.
func appendTrailer(message, line string) string {
	if message != "" && !strings.HasSuffix(message, "\n") {
		message += "\n"
	}
	if !endsInTrailers(message) {
		message += "\n"
	}
	return cleanSpace(message + line + "\n")
}

// cleanSpace is git stripspace: no trailing blanks, no blank lines at the ends, never two in a row.
func cleanSpace(s string) string {
	var b strings.Builder
	blank := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, " \t\n\r\v\f")
		if line == "" {
			blank = true
			continue
		}
		if blank && b.Len() > 0 {
			b.WriteByte('\n')
		}
		blank = false
		b.WriteString(line)
		b.WriteByte('\n')
	}
	return b.String()
}

// endsInTrailers is git's own test of a message's last paragraph (trailer.c, find_trailer_start): all its lines are
// trailers, or a quarter is and git wrote one of them. The first paragraph is the title and never counts.
func endsInTrailers(message string) bool {
	lines := strings.Split(strings.TrimSuffix(cutComments(message), "\n"), "\n")
	body := len(lines) // first line after the title
	for i, l := range lines {
		if !strings.HasPrefix(l, "#") && blank(l) {
			body = i
			break
		}
	}
	trailers, others, continued := 0, 0, 0
	generated, onlySpaces := false, true
	for i := len(lines) - 1; i >= body; i-- {
		l := lines[i]
		switch {
		case strings.HasPrefix(l, "#"):
			others += continued
			continued = 0
		case blank(l):
			if onlySpaces {
				continue
			}
			others += continued
			return generated && trailers*3 >= others || trailers > 0 && others == 0
		case strings.HasPrefix(l, "Signed-off-by: "), strings.HasPrefix(l, pickedPrefix):
			onlySpaces, generated, continued = false, true, 0
			trailers++
		case isTrailer(l):
			onlySpaces, continued = false, 0
			trailers++
		case strings.ContainsAny(l[:1], " \t\r\v\f"):
			onlySpaces = false
			continued++
		default:
			onlySpaces = false
			others += 1 + continued
			continued = 0
		}
	}
	return false
}

// cutComments drops comment lines at the very end, which git does not take for a part of the message.
func cutComments(message string) string {
	lines := strings.SplitAfter(message, "\n")
	end := len(lines)
	for end > 0 && (lines[end-1] == "" || strings.HasPrefix(lines[end-1], "#") || lines[end-1] == "\n") {
		end--
	}
	return strings.Join(lines[:end], "")
}

func blank(l string) bool { return strings.Trim(l, " \t\r\v\f") == "" }

// isTrailer reports whether a line has the form "Token: value".
func isTrailer(l string) bool {
	spaced := false
	for i := range len(l) {
		c := l[i]
		switch {
		case c == ':':
			return i >= 1
		case !spaced && (c == '-' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'):
		case i > 0 && (c == ' ' || c == '\t'):
			spaced = true
		default:
			return false
		}
	}
	return false
}
