package mail

import (
	"errors"
	"fmt"
	"net/mail"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds. An announcement has a hundredth of them.
const (
	maxBody        = 1 << 20
	maxLine        = 200 // characters of a subject, a name, a tag
	maxAddress     = 254
	maxAttachments = 50
	maxAttached    = 4 << 20 // bytes of them all
	maxWrong       = 20
)

var (
	wordShape    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,62}[A-Za-z0-9])?$`)
	addressShape = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@" +
		`[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)
	fileShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	typeShape = regexp.MustCompile(`^(application|text|image)/[a-z0-9][a-z0-9.+-]{0,60}$`)
)

// Error is a mistake in one field. It does not repeat what the field holds.
type Error struct{ Field, Message string }

// Error gives the field and what to do.
func (e *Error) Error() string { return e.Field + ": " + e.Message }

// check collects mistakes.
type check struct{ found []*Error }

func (c *check) wrong(field, format string, args ...any) {
	if len(c.found) < maxWrong {
		c.found = append(c.found, &Error{field, fmt.Sprintf(format, args...)})
	}
}

func (c *check) err() error {
	wrong := make([]error, len(c.found))
	for i, e := range c.found {
		wrong[i] = e
	}
	return errors.Join(wrong...)
}

// Check refuses what no mail may hold, and what the list does not take. All that it finds is told.
func (m Message) Check() error {
	c := &check{}
	c.word("project", m.Project)
	c.word("advisory", m.Advisory)
	if m.Version < 1 || m.Version > 1_000_000 {
		c.wrong("version", "want 1 for the first, and more for each that follows")
	}
	if year := m.Date.UTC().Year(); year < 2000 || year > 9999 {
		c.wrong("date", "give the date of the mail")
	}
	c.address("from", m.From.Address)
	c.line("from.name", m.From.Name)
	for _, e := range m.List.Check() {
		c.wrong("list."+e.Field, "%s", e.Message)
	}
	if strings.TrimSpace(m.Subject) == "" {
		c.wrong("subject", "it is empty")
	}
	c.line("subject", m.Subject)
	c.body(m.Body)
	c.attachments(m.Attachments)
	return c.err()
}

// CheckAddress refuses what is not one plain address, such as security@example.org.
func CheckAddress(address string) error {
	c := &check{}
	c.address("address", address)
	return c.err()
}

// ParseFrom reads an address with or without a name before it, such as App Security <security@example.org>.
func ParseFrom(text string) (mail.Address, error) {
	parsed, err := mail.ParseAddress(text)
	if err != nil { // the parser's error repeats the text
		return mail.Address{}, &Error{"from", "want a mail address, such as App Security <security@example.org>"}
	}
	c := &check{}
	c.address("from", parsed.Address)
	c.line("from.name", parsed.Name)
	return *parsed, c.err()
}

func (c *check) word(field, s string) {
	if !wordShape.MatchString(s) {
		c.wrong(field, "want letters, digits and dashes, 64 at most")
	}
}

// address takes the plain form alone: everything else is read in different ways by different servers.
func (c *check) address(field, s string) {
	local, _, _ := strings.Cut(s, "@")
	parsed, err := mail.ParseAddress(s)
	if len(s) > maxAddress || len(local) > 64 || !addressShape.MatchString(s) || err != nil || parsed.Address != s {
		c.wrong(field, "want one plain mail address, such as security@example.org, with a domain in ASCII")
	}
}

// Check says what is wrong with a list, field by field.
func (l List) Check() []*Error {
	c := &check{}
	c.line("name", l.Name)
	c.address("address", l.Address)
	c.line("tag", l.Tag)
	k, known := kindOf(l.Kind)
	if !known {
		c.wrong("kind", "there is no such kind of list; known: %s", strings.Join(Kinds(), ", "))
	} else if l.Tag != "" && !k.tags {
		c.wrong("tag", "a list of this kind puts a tag of its own into the subject; leave this out")
	}
	return c.found
}

// line is text for a field of the header.
func (c *check) line(field, s string) {
	switch {
	case utf8.RuneCountInString(s) > maxLine:
		c.wrong(field, "it has more than %d characters", maxLine)
	case s != strings.TrimSpace(s):
		c.wrong(field, "it begins or ends with a blank")
	case !utf8.ValidString(s):
		c.wrong(field, "it is not UTF-8")
	case strings.ContainsFunc(s, unreadable):
		c.wrong(field, "it has a line end, a control character, or one that turns the direction of writing; remove it")
	}
}

func (c *check) body(s string) {
	switch {
	case strings.TrimSpace(s) == "":
		c.wrong("body", "it is empty")
	case len(s) > maxBody:
		c.wrong("body", "it has %d bytes, and at most %d fit", len(s), maxBody)
	case !utf8.ValidString(s):
		c.wrong("body", "it is not UTF-8")
	case strings.ContainsFunc(s, func(r rune) bool { return r != '\n' && r != '\t' && unreadable(r) }):
		c.wrong("body", "it has a control character, or one that turns the direction of writing; remove it")
	}
}

// unreadable tells what ends a line, what a terminal obeys, and what shows text in another order than it has.
func unreadable(r rune) bool {
	switch r {
	case '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff':
		return true
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)
}

func (c *check) attachments(all []Attachment) {
	if len(all) > maxAttachments {
		c.wrong("attachments", "there are more than %d", maxAttachments)
		return
	}
	taken, size := map[string]bool{}, 0
	for i, a := range all {
		if size += len(a.Data); size > maxAttached {
			c.wrong("attachments", "they have more than %d bytes", maxAttached)
			return
		}
		field := "attachments[" + strconv.Itoa(i) + "]"
		if !fileShape.MatchString(a.Name) {
			c.wrong(field+".name", "want a file's name of letters, digits, dots, dashes and underscores, 100 at most")
		}
		if taken[a.Name] {
			c.wrong(field+".name", "another attachment has this name")
		}
		taken[a.Name] = true
		if !typeShape.MatchString(a.Type) {
			c.wrong(field+".type", "want a media type without parameters, such as text/x-patch")
		}
	}
}
