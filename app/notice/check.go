package notice

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/pandatix/go-cvss/31"
	"github.com/pandatix/go-cvss/40"
)

// Bounds. The largest real notices have a tenth of them.
const (
	MaxSize    = 4 << 20
	maxText    = 64 << 10
	maxSummary = 80
	maxLine    = 200
	maxList    = 200  // credits, references, products
	maxMarks   = 5000 // branches of a product, tags and changes of a branch
	maxWrong   = 20   // as many mistakes as anybody reads
)

var (
	idShape      = regexp.MustCompile(`^(?:19[89]|2\d\d)\d-\d{4,6}$`)
	cveShape     = regexp.MustCompile(`^(?:1999|2\d{3})-\d{4,19}$`)
	wordShape    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$`)
	cweShape     = regexp.MustCompile(`^CWE-[1-9]\d{0,5}$`)
	hashShape    = regexp.MustCompile(`^[0-9a-fA-F]{7,64}$`)
	refShape     = regexp.MustCompile(`^[^\s\\~^:?*\[<>"'&\x60-][^\s\\~^:?*\[<>"'&\x60]{0,249}$`)
	uuidShape    = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	prefixShape  = regexp.MustCompile(`^[A-Z0-9]{1,16}$`)
	betweenShape = regexp.MustCompile(`^/([a-z0-9_-]{1,40}/){1,6}$`)
	sheetShape   = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,40}\.css$`)
	repoShape    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/-]{0,199}$`)
)

// Error is a mistake in one field. It does not repeat what the field holds, which may still be embargoed.
type Error struct{ Field, Message string }

// Error gives the field and what to do.
func (e *Error) Error() string { return e.Field + ": " + e.Message }

// check collects mistakes.
type check struct{ found []error }

func (c *check) wrong(field, format string, args ...any) {
	c.found = append(c.found, &Error{field, fmt.Sprintf(format, args...)})
}

func (c *check) err() error {
	if more := len(c.found) - maxWrong; more > 0 {
		return errors.Join(append(c.found[:maxWrong:maxWrong], fmt.Errorf("and %d more mistakes", more))...)
	}
	return errors.Join(c.found...)
}

// Check refuses what no notice may hold. All that it finds is told.
func (r *Record) Check() error {
	c := &check{}
	if !idShape.MatchString(r.ID) {
		c.wrong("id", "want the year and the number, such as 2026-0007, without a prefix")
	}
	c.line("summary", r.summary(), maxSummary)
	c.text("summary", r.Summary)
	c.text("description", r.Description)
	if strings.TrimSpace(r.Description) == "" {
		c.wrong("description", "it is empty; say what the vulnerability is")
	}
	c.text("impact", r.Impact)
	c.text("workaround", r.Workaround)
	c.severity(r.Severity)
	for i, id := range c.list("cwe", r.CWE) {
		if !cweShape.MatchString(id) {
			c.wrong(at("cwe", i), "want CWE and its number, such as CWE-416")
		}
	}
	c.credits(r.Credits)
	c.lifecycle(r.Lifecycle)
	c.references(r.References)
	if len(r.Products) > maxList {
		c.wrong("products", "there are more than %d", maxList)
		return c.err()
	}
	for i, p := range r.Products {
		c.product(at("products", i), p)
	}
	if r.ByHand != "" {
		c.line("versions_by_hand", r.ByHand, maxLine)
	}
	c.files(r.Files)
	for i, revision := range bounded(c, "revisions", r.Revisions) {
		field := at("revisions", i)
		c.line(field+".reason", revision.Reason, maxLine)
		switch {
		case revision.Day.wrong || revision.Day.IsZero():
			c.wrong(field+".day", "this is no day; write 2026-11-22")
		case i > 0 && revision.Day.Before(r.Revisions[i-1].Day.Time):
			c.wrong(field+".day", "it is before the version before it")
		}
	}
	return c.err()
}

func at(list string, i int) string { return fmt.Sprintf("%s[%d]", list, i) }

// line is text on one line that must be there.
func (c *check) line(field, s string, longest int) {
	switch n := utf8.RuneCountInString(s); {
	case strings.TrimSpace(s) == "":
		c.wrong(field, "it is empty")
	case n > longest:
		c.wrong(field, "it has %d characters, and at most %d fit", n, longest)
	case strings.ContainsAny(s, "\n\t"):
		c.wrong(field, "want one line without tabs")
	default:
		c.text(field, s)
	}
}

// text is anything that people can read, in the order in which it is written.
func (c *check) text(field, s string) {
	if len(s) > maxText {
		c.wrong(field, "it has %d bytes, and at most %d fit", len(s), maxText)
		return
	}
	if !utf8.ValidString(s) {
		c.wrong(field, "it is not UTF-8")
		return
	}
	for i, char := range s {
		if unreadable(char) {
			c.wrong(field, "character %d is a control character or turns the direction of writing; remove it", utf8.RuneCountInString(s[:i])+1)
			return
		}
	}
}

// unreadable tells what a terminal or an XML parser would stumble on, and what shows text in another order than it has.
func unreadable(char rune) bool {
	switch char {
	case '\n', '\t':
		return false
	case '\u2028', '\u2029', '\ufeff', '\ufffe', '\uffff':
		return true
	}
	return unicode.IsControl(char) || unicode.Is(unicode.Bidi_Control, char)
}

func (c *check) severity(s Severity) {
	if s.CVSS31 != "" {
		if _, err := gocvss31.ParseVector(s.CVSS31); err != nil {
			c.wrong("severity.cvss_3_1", "this is no CVSS 3.1 vector with all base metrics, in their order")
		}
	}
	if s.CVSS40 != "" {
		if _, err := gocvss40.ParseVector(s.CVSS40); err != nil {
			c.wrong("severity.cvss_4_0", "this is no CVSS 4.0 vector with all base metrics, in their order")
		}
	}
}

// list cuts what is too long to be looked at.
func (c *check) list(field string, all []string) []string { return bounded(c, field, all) }

func bounded[E any](c *check, field string, all []E) []E {
	if len(all) > maxMarks {
		c.wrong(field, "there are more than %d", maxMarks)
		return nil
	}
	return all
}

func (c *check) credits(all []Credit) {
	if len(all) > maxList {
		c.wrong("credits", "there are more than %d", maxList)
		return
	}
	for i, who := range all {
		field := at("credits", i)
		if _, known := roles[who.Role]; !known {
			c.wrong(field+".role", "there is no such role; known: %s", strings.Join(slices.Sorted(roleNames()), ", "))
		}
		if who.Name == "" && who.Email == "" {
			c.wrong(field, "give a name, an address or both")
		}
		if who.Name != "" {
			c.line(field+".name", who.Name, maxLine)
		}
		if who.Email != "" {
			c.line(field+".email", who.Email, maxLine)
			if strings.ContainsAny(who.Email, `<>,;:"\()[]`) {
				c.wrong(field+".email", "want one address, without brackets, quotes and commas")
			}
		}
	}
}

func (c *check) lifecycle(l Lifecycle) {
	for _, day := range []struct {
		field string
		date  Date
	}{{"reported", l.Reported}, {"published", l.Published}, {"fixed", l.Fixed}} {
		if day.date.wrong {
			c.wrong("lifecycle."+day.field, "this is no day; write 2026-11-22")
			return
		}
	}
	if l.Reported.IsZero() && l.Published.IsZero() && l.Fixed.IsZero() {
		c.wrong("lifecycle", "give at least one day")
	}
}

func (c *check) references(refs References) {
	if len(refs.Advisories)+len(refs.Bugs)+len(refs.Links) > maxList {
		c.wrong("references", "there are more than %d", maxList)
		return
	}
	for i, a := range refs.Advisories {
		field := at("references.advisories", i)
		if !wordShape.MatchString(a.Type) {
			c.wrong(field+".type", "want a word, such as CVE")
		}
		if a.Type != "CVE" && strings.EqualFold(a.Type, "CVE") {
			c.wrong(field+".type", "write CVE in capital letters")
		}
		if a.Type == "CVE" && !cveShape.MatchString(a.ID) {
			c.wrong(field+".id", "want the year and the number, such as 2026-12345, without CVE")
		} else if strings.HasPrefix(a.ID, a.Type+"-") {
			c.wrong(field+".id", "it begins with its type; write what follows")
		} else if !wordShape.MatchString(a.ID) {
			c.wrong(field+".id", "want a number without spaces")
		}
	}
	for i, b := range refs.Bugs {
		field := at("references.bugs", i)
		if !wordShape.MatchString(b.Tracker) {
			c.wrong(field+".tracker", "want one word")
		}
		if !wordShape.MatchString(b.ID) {
			c.wrong(field+".id", "want a number without spaces")
		}
	}
	for i, link := range refs.Links {
		c.web(at("references.links", i), link)
	}
}

// web is a link that is safe to follow.
func (c *check) web(field, link string) {
	u, err := url.Parse(link)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || len(link) > 2000:
		c.wrong(field, "want a link that begins with https:// and has at most 2000 characters")
	case u.User != nil:
		c.wrong(field, "the link holds a user's name; remove it")
	case strings.ContainsFunc(link, func(char rune) bool { return char <= ' ' || char > '~' || strings.ContainsRune("<>\"'`\\", char) }):
		c.wrong(field, "write spaces, quotes and what is not ASCII in percent encoding")
	}
}

// base is a link that something can follow.
func (c *check) base(field, link string) {
	c.web(field, link)
	if strings.ContainsAny(link, "?#") {
		c.wrong(field, "want a link without a question or number sign, since more comes after it")
	}
}

func (c *check) product(field string, p Product) {
	c.line(field+".name", p.Name, maxLine)
	if strings.HasPrefix(p.Repository, "https://") {
		c.base(field+".repository", p.Repository)
	} else if !repoShape.MatchString(p.Repository) || strings.Contains(p.Repository, "..") {
		c.wrong(field+".repository", "want an https link, or the repository's name")
	}
	if len(p.Branches) > maxMarks {
		c.wrong(field+".branches", "there are more than %d", maxMarks)
		return
	}
	for i, b := range p.Branches {
		inner := at(field+".branches", i)
		c.ref(inner+".name", b.Name)
		c.marks(inner+".vulnerable", b.Vulnerable)
		c.marks(inner+".fixed", b.Fixed)
		if b.Ended.wrong {
			c.wrong(inner+".ended", "this is no day; write 2026-11-22")
		}
	}
}

func (c *check) marks(field string, m Marks) {
	for i, tag := range c.list(field+".tags", m.Tags) {
		c.ref(at(field+".tags", i), tag)
	}
	for i, sha := range c.list(field+".changes", m.Changes) {
		if !hashShape.MatchString(sha) {
			c.wrong(at(field+".changes", i), "want the hash of a commit")
		}
	}
}

// ref is a name that git takes, without what markup would need escaping for.
func (c *check) ref(field, name string) {
	if !refShape.MatchString(name) || strings.Contains(name, "..") {
		c.wrong(field, "want a name that git takes, without quotes and markup")
		return
	}
	c.text(field, name)
}
