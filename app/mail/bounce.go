package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// Bounds of a bounce. What comes after is not read: the report stands before the mail that it returns.
const (
	maxBounce = 256 << 10
	maxDepth  = 3 // of parts in parts
	maxParts  = 20
	maxSays   = 200 // characters of what the mail server says
)

// Bounce is what a mail server reports about a mail that it did not deliver, or not yet.
type Bounce struct {
	MessageID string // of the mail
	Delayed   bool   // it is still tried
	Status    string // RFC 3463, such as 5.1.1
	Says      string // the diagnostic, made harmless; empty: it gave none
}

// Words are what people are told of it: the status code and the diagnostic.
func (b Bounce) Words() string { return strings.TrimSpace(b.Status + " " + b.Says) }

// ErrNoBounce says that a mail tells of no trouble with one of our mails.
var ErrNoBounce = errors.New("the mail is no report of a mail that was not delivered (RFC 3464)")

// ReadBounce reads a report of delivery (RFC 3464, or qmail's) as it comes to the sender of the envelope. Anybody can send one: it
// is bounded and untrusted, and what it says is made harmless. Errors hold nothing of it.
func ReadBounce(r io.Reader) (Bounce, error) {
	m, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(r, maxBounce)))
	if err != nil {
		return Bounce{}, ErrNoBounce
	}
	body := bufio.NewReader(m.Body)
	if start, _ := body.Peek(len(qmailStart)); string(start) == qmailStart {
		return readQmail(body)
	}
	f := finder{parts: maxParts}
	f.walk(textproto.MIMEHeader(m.Header), body, maxDepth)
	if !f.report || f.id == "" {
		return Bounce{}, ErrNoBounce
	}
	f.bounce.MessageID = f.id
	return f.bounce, nil
}

// finder walks through the parts of a mail. What is broken ends the part that it is in: what stands before counts.
type finder struct {
	parts  int // that may still be looked at
	bounce Bounce
	report bool   // there is one, of trouble
	id     string // of the first mail that is returned after it
}

func (f *finder) walk(header textproto.MIMEHeader, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil || f.parts == 0 {
		return
	}
	f.parts--
	switch kind {
	case "message/delivery-status", "message/global-delivery-status":
		if !f.report {
			f.bounce, f.report = readReport(decoded(header, body))
		}
	case "message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers":
		if f.report && f.id == "" {
			f.id = messageID(decoded(header, body))
		}
	default:
		if !strings.HasPrefix(kind, "multipart/") || depth == 0 {
			return
		}
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			part, err := parts.NextRawPart()
			if err != nil {
				return
			}
			f.walk(part.Header, part, depth-1)
		}
	}
}

// decoded undoes the transfer encoding of a part.
func decoded(header textproto.MIMEHeader, body io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		return quotedprintable.NewReader(body)
	}
	return body
}

// readReport reads a message/delivery-status: fields of the mail, then those of each recipient. Our mails have one recipient,
// who may stand for others; the first of them that has trouble tells.
func readReport(body io.Reader) (b Bounce, trouble bool) {
	text, _ := io.ReadAll(body) // what was read of a broken one counts
	for _, fields := range groups(text) {
		status := statusShape.FindString(fields["status"])
		switch action := strings.ToLower(fields["action"]); {
		case action == "failed" || action == "" && strings.HasPrefix(status, "5."):
			return Bounce{Status: status, Says: harmless(withoutType(fields["diagnostic-code"]))}, true
		case action == "delayed" || action == "" && strings.HasPrefix(status, "4."):
			if !trouble {
				b, trouble = Bounce{Delayed: true, Status: status, Says: harmless(withoutType(fields["diagnostic-code"]))}, true
			}
		}
	}
	return b, trouble
}

var statusShape = regexp.MustCompile(`^[245]\.[0-9]{1,3}\.[0-9]{1,3}\b`)

// groups are the fields of a report, unfolded, in blocks that blank lines part.
func groups(text []byte) []map[string]string {
	var all []map[string]string
	fields, last := map[string]string{}, ""
	for line := range bytes.Lines(append(text, "\n\n"...)) {
		folded := line[0] == ' ' || line[0] == '\t'
		name, value, found := strings.Cut(strings.TrimSpace(string(line)), ":")
		switch {
		case name == "" && !found:
			if len(fields) > 0 {
				all = append(all, fields)
			}
			fields, last = map[string]string{}, ""
		case folded && last != "":
			fields[last] += " " + strings.TrimSpace(string(line))
		case found:
			last = strings.ToLower(strings.TrimSpace(name))
			fields[last] = strings.TrimSpace(value)
		}
	}
	return all
}

// messageID is that of a returned mail, of which the header may be all there is.
func messageID(body io.Reader) string {
	text, _ := io.ReadAll(body) // what was read of a broken one counts
	head, _, _ := bytes.Cut(bytes.ReplaceAll(text, []byte(crlf), []byte("\n")), []byte("\n\n"))
	for _, fields := range groups(head) {
		if id := fields["message-id"]; idShape.MatchString(id) {
			return id
		}
	}
	return ""
}

var idShape = regexp.MustCompile(`^<[A-Za-z0-9.-]{1,200}@[A-Za-z0-9.-]{1,253}>$`)

// withoutType is a diagnostic without the word that tells whose it is, such as smtp.
func withoutType(diagnostic string) string {
	if kind, rest, found := strings.Cut(diagnostic, ";"); found && !strings.ContainsAny(strings.TrimSpace(kind), " <@") {
		return rest
	}
	return diagnostic
}

// harmless is what a stranger says, in letters that mean nothing to a terminal or a page. Addresses are left out: of mail
// they may be those of a list's readers, and others lead away.
func harmless(said string) string {
	words := strings.Fields(said)
	for i, word := range words {
		if lower := strings.ToLower(word); strings.Contains(lower, "@") || strings.Contains(lower, "//") || strings.Contains(lower, "www.") {
			words[i] = "(address)"
			continue
		}
		words[i] = strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || strings.ContainsRune(".,:;-='+()", r) {
				return r
			}
			return ' '
		}, word)
	}
	said = strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	return strings.TrimSpace(said[:min(len(said), maxSays)])
}
