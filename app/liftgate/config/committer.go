package config

import (
	"net/mail"
	"strings"
	"unicode"
)

// nowhere is the address of a committer whom nobody has given one. It is the same on every server: the same fix then gives
// the same commits, and they tell nothing about where they were made.
const nowhere = "liftgate@localhost"

// maxIdentity bounds a name and an address. Mail's own limit is 254.
const maxIdentity = 254

// validate refuses what git would leave out of a commit, or take for the end of a name.
func (p Person) validate(d *document) {
	// Git drops these from both ends of a name: nothing may be left but them.
	if name := strings.Trim(p.Name, " .,:;\"'\\"); name == "" || name != p.Name || len(name) > maxIdentity || strings.ContainsFunc(name, breaksIdentity) {
		d.problem("committer.name", "want a name on one line, without < and >, that begins and ends with a letter or the like")
	}
	// Of all that mail takes for an address only the plain form is one for git: no name before it, no quotes, no spaces.
	address, err := mail.ParseAddress(p.Email)
	if err != nil || address.Address != p.Email || len(p.Email) > maxIdentity || strings.ContainsAny(p.Email, " \"'\\") ||
		strings.ContainsFunc(p.Email, breaksIdentity) {
		d.problem("committer.email", "want a mail address, such as security@example.org")
	}
}

func breaksIdentity(c rune) bool {
	return c == '<' || c == '>' || c == '\u2028' || c == '\u2029' || unicode.IsControl(c) || unicode.Is(unicode.Cf, c)
}
