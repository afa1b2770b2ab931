package mail

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"
)

// crlf ends every line of a mail.
const crlf = "\r\n"

// render writes the mail, with a signature where there is a signer and the list takes one. Without one it is a pure
// function of the message.
func (m Message) render(by *Signer) ([]byte, error) {
	if err := m.Check(); err != nil {
		return nil, err
	}
	k, _ := kindOf(m.List.Kind) // known, as Check has seen
	content := textPart(m.Body)
	if files := k.takes(m.Attachments); len(files) > 0 {
		parts := [][]byte{content}
		for _, a := range files {
			parts = append(parts, filePart(a))
		}
		content = joined("mixed", parts...)
	}
	if by != nil && k.signed {
		signature, err := by.sign(content, m)
		if err != nil {
			return nil, err
		}
		content = joined("signed;"+crlf+` protocol="`+by.protocol+`";`+crlf+" micalg="+by.micalg, content, signature)
	}
	text := append(m.header(), content...)
	if len(text) > k.most {
		return nil, &Error{"mail", fmt.Sprintf("it has %d bytes with all that goes with it, and the list takes at most %d", len(text), k.most)}
	}
	return text, nil
}

func (m Message) header() []byte {
	var b bytes.Buffer
	field(&b, "Date", m.Date.UTC().Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	field(&b, "From", mailbox(m.From.Name, m.From.Address))
	field(&b, "To", mailbox(m.List.Name, m.List.Address))
	field(&b, "Subject", unstructured(m.subject()))
	field(&b, "Message-ID", m.ID())
	if m.Version > 1 { // the versions between may not have been mailed
		field(&b, "In-Reply-To", m.first())
		field(&b, "References", m.first())
	}
	field(&b, "MIME-Version", "1.0")
	return b.Bytes()
}

// foldAt is the length that RFC 5322 asks of a line. Words that are longer stay whole.
const foldAt = 78

// field writes a field of the header and folds it before blanks, so that it says the same when it is unfolded.
func field(b *bytes.Buffer, name, value string) {
	b.WriteString(name + ":")
	column := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if column+1+len(word) > foldAt && word != "" && i > 0 {
			b.WriteString(crlf)
			column = 0
		}
		b.WriteString(" " + word)
		column += 1 + len(word)
	}
	b.WriteString(crlf)
}

// mailbox is an address with the name of whom it belongs to.
func mailbox(name, address string) string {
	switch {
	case name == "":
		return address
	case plain(name):
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <` + address + ">"
	}
	return encodedWords(name) + " <" + address + ">"
}

// unstructured is text of a field such as the subject.
func unstructured(text string) string {
	if plain(text) {
		return text
	}
	return encodedWords(text)
}

// plain reports whether text may stand in a header as it is: in ASCII, without what readers take for an encoded word, with
// single blanks, and foldable.
func plain(text string) bool {
	for word := range strings.SplitSeq(text, " ") {
		if word == "" || len(word) > foldAt-len("Subject: ") {
			return false
		}
	}
	return !strings.Contains(text, "=?") && !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
}

// perWord is how many bytes go into an encoded word: a line with "Subject: " and one of them has at most 76.
const perWord = 39

// encodedWords writes text by RFC 2047, whole characters to each word. Readers join the words without the blanks between.
func encodedWords(text string) string {
	var words []string
	for len(text) > 0 {
		cut := min(perWord, len(text))
		for cut < len(text) && !utf8.RuneStart(text[cut]) {
			cut--
		}
		words = append(words, "=?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte(text[:cut]))+"?=")
		text = text[cut:]
	}
	return strings.Join(words, " ")
}

// part is an entity of MIME: its fields, an empty line, its content.
func part(fields, content string) []byte {
	return []byte(fields + crlf + crlf + content)
}

// textPart is the text. What mail servers might change on the way, and so break a signature, is encoded.
func textPart(body string) []byte {
	if !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	const kind = "Content-Type: text/plain; charset=utf-8" + crlf + "Content-Transfer-Encoding: "
	if travels(body) {
		return part(kind+"7bit", strings.ReplaceAll(body, "\n", crlf))
	}
	return part(kind+"quoted-printable", quoted(body))
}

// travels reports whether a text passes every mail server unchanged.
func travels(body string) bool {
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if len(line) > foldAt || strings.HasPrefix(line, "From ") || strings.TrimRight(line, " \t") != line ||
			strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
			return false
		}
	}
	return true
}

// quoted is a text in quoted-printable, without lines that a mailbox would take for the beginning of the next mail.
func quoted(body string) string {
	var b bytes.Buffer
	w := quotedprintable.NewWriter(&b)
	_, _ = w.Write([]byte(body)) // a buffer takes everything
	_ = w.Close()
	var text strings.Builder
	for line := range strings.Lines(b.String()) {
		for rest, found := strings.CutPrefix(line, "From "); found; rest, found = strings.CutPrefix(line, "From ") {
			text.WriteString("=46rom =" + crlf)
			line = rest
		}
		text.WriteString(line)
	}
	return text.String()
}

// filePart is an attachment.
func filePart(a Attachment) []byte {
	return part("Content-Type: "+a.Type+crlf+"Content-Transfer-Encoding: base64"+crlf+
		`Content-Disposition: attachment; filename="`+a.Name+`"`, inBase64(a.Data))
}

func inBase64(data []byte) string {
	var b strings.Builder
	for text := base64.StdEncoding.EncodeToString(data); text != ""; {
		cut := min(76, len(text))
		b.WriteString(text[:cut] + crlf)
		text = text[cut:]
	}
	return b.String()
}

// joined makes one entity of several. The boundary is a hash of them all, so that none of them can hold it.
func joined(kind string, parts ...[]byte) []byte {
	sum := sha256.Sum256(bytes.Join(parts, []byte{0}))
	boundary := fmt.Sprintf("=_%x", sum[:20])
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + crlf)
		b.Write(p)
		b.WriteString(crlf)
	}
	b.WriteString("--" + boundary + "--" + crlf)
	return part("Content-Type: multipart/"+kind+";"+crlf+` boundary="`+boundary+`"`, b.String())
}
