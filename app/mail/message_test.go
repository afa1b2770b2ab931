package mail

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"
)

func noon() time.Time { return time.Date(2026, 11, 17, 14, 0, 0, 0, time.UTC) }

// announcement is a message that every list takes.
func announcement() Message {
	return Message{
		Project: "app", Advisory: "LSN-2026-0007", Version: 1, Date: noon(),
		From:    mail.Address{Name: "App Security", Address: "security@example.org"},
		List:    List{Name: "Announcements", Address: "announce@lists.example.org", Tag: "[SECURITY]"},
		Subject: "LSN-2026-0007: Overflow in the parser of headers",
		Body:    "A long header overflows a buffer.\n\nFixed in 1.11.\n",
	}
}

func patch(name, text string) Attachment { return Attachment{name, "text/x-patch", []byte(text)} }

func mustWrite(t testing.TB, m Message) string {
	t.Helper()
	text, err := m.render(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read is a mail as the standard library sees it.
type read struct {
	header mail.Header
	parts  []readPart
}

type readPart struct{ kind, name, text string }

func (r read) text(t testing.TB, field string) string {
	t.Helper()
	text, err := new(mime.WordDecoder).DecodeHeader(r.header.Get(field))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readMail(t testing.TB, text string) read {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r := read{header: m.Header}
	r.walk(t, m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	return r
}

func (r *read) walk(t testing.TB, kind, encoding, disposition string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(media, "multipart/") {
		r.parts = append(r.parts, readPart{kind: media})
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.walk(t, p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p.Header.Get("Content-Disposition"), p)
		}
	}
	switch encoding {
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "7bit", "":
	default:
		t.Fatalf("encoding %q", encoding)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	if disposition != "" {
		_, params, err := mime.ParseMediaType(disposition)
		if err != nil {
			t.Fatal(err)
		}
		name = params["filename"]
	}
	r.parts = append(r.parts, readPart{media, name, string(text)})
}

func TestPlainMail(t *testing.T) {
	want := strings.ReplaceAll(`Date: Tue, 17 Nov 2026 14:00:00 +0000
From: "App Security" <security@example.org>
To: "Announcements" <announce@lists.example.org>
Subject: [SECURITY] LSN-2026-0007: Overflow in the parser of headers
Message-ID: `+announcement().ID()+`
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

A long header overflows a buffer.

Fixed in 1.11.
`, "\n", "\r\n")
	if got := mustWrite(t, announcement()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMessageID(t *testing.T) {
	const first = "<LSN-2026-0007.1.ec694906b0a0400efe31@lists.example.org>"
	m := announcement()
	if m.ID() != first {
		t.Errorf("the Message-ID of mails that were sent has changed: %s", m.ID())
	}
	m.From.Address, m.Subject, m.Body, m.Date, m.List.Address = "other@example.net", "x", "y", noon().Add(time.Hour), "Announce@Lists.example.org"
	if m.ID() != first {
		t.Errorf("it depends on more than it should: %s", m.ID())
	}
	seen := map[string]string{}
	for what, change := range map[string]func(*Message){
		"nothing": func(*Message) {}, "project": func(m *Message) { m.Project = "other" }, "advisory": func(m *Message) { m.Advisory = "LSN-2026-0008" },
		"version": func(m *Message) { m.Version = 2 }, "list": func(m *Message) { m.List.Address = "devel@lists.example.org" },
	} {
		m := announcement()
		change(&m)
		if other, taken := seen[m.ID()]; taken {
			t.Errorf("%s and %s have one Message-ID", what, other)
		}
		seen[m.ID()] = what
	}
}

func TestLaterVersionsAreInTheThread(t *testing.T) {
	m := announcement()
	first := m.ID()
	for version := range 3 {
		m.Version = version + 1
		got := readMail(t, mustWrite(t, m)).header
		want := first
		if version == 0 {
			want = ""
		}
		if got.Get("In-Reply-To") != want || got.Get("References") != want || got.Get("Message-ID") != m.ID() {
			t.Errorf("version %d: %v", m.Version, got)
		}
	}
}

// Every text comes out as it went in, and no line is longer than mail allows.
func TestTextsComeThrough(t *testing.T) {
	for _, text := range []string{
		"plain", `"quoted", (and) <more>; \`, "=?utf-8?Q?forged?=", "two  blanks", strings.Repeat("é", 200), strings.Repeat("x", 200),
		strings.Repeat("word ", 39) + "end", "日本語の件名", "a@b, c@d", "🔥" + strings.Repeat("x", 77), strings.Repeat("a", 60) + " é " + strings.Repeat("b", 60),
		"ends=", "x =?utf-8?B?eA==?= y", "tr\u00a0ail", strings.Repeat("1234567 ", 20) + "é",
	} {
		m := announcement()
		m.Subject, m.From.Name, m.List.Name, m.List.Tag = text, text, text, ""
		for _, body := range []string{text, text + "\n", "From " + text + "\n", strings.Repeat(text+" ", 30) + "\n.\nFrom \n..\n \t\n" + strings.Repeat("From ", 40)} {
			m.Body = body
			written := mustWrite(t, m)
			for line := range strings.Lines(written) {
				if line = strings.TrimSuffix(line, "\r\n"); strings.ContainsAny(line, "\r\n") || len(line) > 998 || strings.HasPrefix(line, "From ") || strings.ContainsFunc(line, func(r rune) bool { return r > '~' }) {
					t.Errorf("a line of %d bytes: %q", len(line), line)
				}
				if strings.Contains(line, "=?utf-8?B?") && len(line) > 76 {
					t.Errorf("a line with an encoded word has %d bytes: %q", len(line), line)
				}
			}
			got := readMail(t, written)
			if got.text(t, "Subject") != text {
				t.Errorf("subject %q, want %q", got.text(t, "Subject"), text)
			}
			for field, address := range map[string]string{"From": m.From.Address, "To": m.List.Address} {
				list, err := got.header.AddressList(field)
				if err != nil || len(list) != 1 || list[0].Name != text || list[0].Address != address {
					t.Errorf("%s: %v %v, want %q", field, list, err, text)
				}
			}
			want := strings.ReplaceAll(strings.TrimSuffix(body, "\n")+"\n", "\n", "\r\n")
			if len(got.parts) != 1 || got.parts[0].text != want {
				t.Errorf("body\n%q\nwant\n%q", got.parts, want)
			}
		}
	}
}

func TestKindsOfLists(t *testing.T) {
	m := announcement()
	m.Attachments = []Attachment{patch("0007-main.patch", "diff\n"), {"0007.bundle", "application/octet-stream", []byte{0, 1, 2}}, patch("0007-1.10.PATCH", "")}
	for kind, want := range map[string][]string{
		"": {"0007-main.patch", "0007.bundle", "0007-1.10.PATCH"}, "list": {"0007-main.patch", "0007.bundle", "0007-1.10.PATCH"},
		"plain": nil, "oss-security": {"0007-main.patch", "0007-1.10.PATCH"},
	} {
		m.List.Kind, m.List.Tag = kind, ""
		got := readMail(t, mustWrite(t, m))
		var names []string
		for _, p := range got.parts {
			if p.name != "" {
				names = append(names, p.name)
			}
		}
		if !slices.Equal(names, want) {
			t.Errorf("%q: attachments %q, want %q", kind, names, want)
		}
		if i := slices.IndexFunc(got.parts, func(p readPart) bool { return p.name == "0007.bundle" }); i >= 0 && got.parts[i].text != "\x00\x01\x02" {
			t.Errorf("%q: the bundle is %q", kind, got.parts[i].text)
		}
		if i := slices.IndexFunc(got.parts, func(p readPart) bool { return p.name == "0007-main.patch" }); i >= 0 && (got.parts[i].kind == "text/plain") != (kind == "oss-security") {
			t.Errorf("%q: the patch is %s", kind, got.parts[i].kind)
		}
		if text := got.parts[min(1, len(got.parts)-1)]; text.kind != "text/plain" || !strings.HasPrefix(text.text, "A long header") {
			t.Errorf("%q: the text is %+v", kind, text)
		}
	}
	if !slices.Equal(Kinds(), []string{"list", "plain", "oss-security"}) {
		t.Errorf("kinds %q", Kinds())
	}
}

// TestSubjectNamesTheSoftware: where the list wants it, and once.
func TestSubjectNamesTheSoftware(t *testing.T) {
	m := announcement()
	m.List.Tag = ""
	for _, test := range []struct{ kind, subject, want string }{
		{"oss-security", "LSN-2026-0007: Overflow", "app: LSN-2026-0007: Overflow"}, {"oss-security", "Overflow in App 1.2", "Overflow in App 1.2"},
		{"plain", "LSN-2026-0007: Overflow", "LSN-2026-0007: Overflow"}, {"", "Overflow", "Overflow"},
	} {
		m.List.Kind, m.Subject = test.kind, test.subject
		if got := readMail(t, mustWrite(t, m)).text(t, "Subject"); got != test.want {
			t.Errorf("%s: %q", test.kind, got)
		}
	}
}

func TestTagIsThereOnce(t *testing.T) {
	m := announcement()
	for _, subject := range []string{"x", "[SECURITY] x"} {
		m.Subject = subject
		if got := readMail(t, mustWrite(t, m)).text(t, "Subject"); got != "[SECURITY] x" {
			t.Errorf("%q: %q", subject, got)
		}
	}
}

func TestRefusedMessages(t *testing.T) {
	for what, change := range map[string]func(*Message){
		"project":             func(m *Message) { m.Project = "a b" },
		"advisory":            func(m *Message) { m.Advisory = "LSN@evil" },
		"version":             func(m *Message) { m.Version = 0 },
		"date":                func(m *Message) { m.Date = time.Time{} },
		"from":                func(m *Message) { m.From.Address = "a@example.org\r\nBcc: b@example.org" },
		"from.name":           func(m *Message) { m.From.Name = "A\nBcc: b@example.org" },
		"list.name":           func(m *Message) { m.List.Name = "a\u202eb" },
		"list.address":        func(m *Message) { m.List.Address = "a@example.org, b@example.org" },
		"list.tag":            func(m *Message) { m.List.Tag = "[x]\r\n\r\nbody" },
		"list.kind":           func(m *Message) { m.List.Kind = "usenet" },
		"list.tag:":           func(m *Message) { m.List.Kind = "oss-security" },
		"subject":             func(m *Message) { m.Subject = "x\x00y" },
		"subject:":            func(m *Message) { m.Subject = " " },
		"subject: it has":     func(m *Message) { m.Subject = strings.Repeat("é", 201) },
		"body":                func(m *Message) { m.Body = "a\r\n.\r\nMAIL FROM:<x>" },
		"body: it is empty":   func(m *Message) { m.Body = "\n" },
		"body: it has 2":      func(m *Message) { m.Body = strings.Repeat("x", 2<<20) },
		"attachments:":        func(m *Message) { m.Attachments = make([]Attachment, 51) },
		"attachments[0].name": func(m *Message) { m.Attachments = []Attachment{patch("../x", "")} },
		"attachments[0].type": func(m *Message) { m.Attachments = []Attachment{{"x", "text/html; charset=x", nil}} },
		"attachments[1].name": func(m *Message) { m.Attachments = []Attachment{patch("x", ""), patch("x", "")} },
		"attachments: they": func(m *Message) {
			m.Attachments = []Attachment{patch("x", "x"), patch("y", strings.Repeat("x", 4<<20))}
		},
		"mail": func(m *Message) { m.Attachments = []Attachment{patch("x", strings.Repeat("x", 4<<20))} },
	} {
		m := announcement()
		change(&m)
		_, err := m.render(nil)
		if err == nil || !strings.HasPrefix(err.Error(), strings.TrimSuffix(what, ":")) || strings.Contains(err.Error(), "evil") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	for address, valid := range map[string]bool{
		"a@example.org": true, "a.b+c@x": true, "o'brien@example.org": true, strings.Repeat("a", 64) + "@example.org": true,
		"": false, "a": false, "@b": false, "a@": false, "a@b@c": false, "a b@c": false, ".a@b": false, "a.@b": false, "a..b@c": false,
		"<a@b>": false, "A <a@b>": false, "a@b ": false, `"a b"@c`: false, "a@[127.0.0.1]": false, "a@b.": false, "a@-b": false, "a@b..c": false,
		"a@bücher.example": false, "ä@example.org": false, "a@b(c)": false, "a@b>": false, "a@b\x00": false, "a@b\n": false,
		strings.Repeat("a", 65) + "@b": false, "a@" + strings.Repeat("b.", 130) + "c": false,
	} {
		if err := CheckAddress(address); (err == nil) != valid {
			t.Errorf("%q: %v", address, err)
		}
	}
}

// No field can add another, end the header or change what another says.
func FuzzNoInjection(f *testing.F) {
	f.Add("A", "a@example.org", "B", "b@example.org", "[x]", "s", "body\n", "x.patch", "text/x-patch", "P", 1)
	f.Add("A\r\nBcc: x@y", "a@b\r\nX: y", "=?utf-8?Q?=0D=0ABcc:_x?=", "b@c,d@e", "\r", "\u2028", "--=_x\r\n", `x"; y`, "text/html", "P\n", 2)
	f.Fuzz(func(t *testing.T, name, from, listName, list, tag, subject, body, file, kind, project string, version int) {
		m := announcement()
		m.Attachments = []Attachment{patch("main.patch", body)}
		for _, set := range []func(*Message){ // each by itself: one that is refused does not hide the others
			func(m *Message) { m.Project = project }, func(m *Message) { m.Version = version }, func(m *Message) { m.Subject = subject },
			func(m *Message) { m.Body = body }, func(m *Message) { m.From.Name = name }, func(m *Message) { m.From.Address = from },
			func(m *Message) { m.List.Name = listName }, func(m *Message) { m.List.Address = list }, func(m *Message) { m.List.Tag = tag },
			func(m *Message) { m.Attachments = []Attachment{{file, m.Attachments[0].Type, m.Attachments[0].Data}} },
			func(m *Message) { m.Attachments = []Attachment{{m.Attachments[0].Name, kind, m.Attachments[0].Data}} },
		} {
			changed := m
			if set(&changed); changed.Check() == nil {
				m = changed
			}
		}
		text, err := m.render(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := readMail(t, string(text))
		fields := []string{"Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Subject", "To"}
		if m.Version > 1 {
			fields = []string{"Content-Type", "Date", "From", "In-Reply-To", "Message-Id", "Mime-Version", "References", "Subject", "To"}
		}
		var have []string
		for field, values := range got.header {
			if have = append(have, field); len(values) != 1 {
				t.Errorf("%s is there %d times", field, len(values))
			}
		}
		if slices.Sort(have); !slices.Equal(have, fields) {
			t.Errorf("fields %q, want %q", have, fields)
		}
		if got.text(t, "Subject") != m.subject() {
			t.Errorf("subject %q, want %q", got.text(t, "Subject"), m.subject())
		}
		for field, want := range map[string]mail.Address{"From": m.From, "To": {Name: m.List.Name, Address: m.List.Address}} {
			addresses, err := got.header.AddressList(field)
			if err != nil || len(addresses) != 1 || *addresses[0] != want {
				t.Errorf("%s: %v, %v; want %v", field, addresses, err, want)
			}
		}
		want := []readPart{{kind: "multipart/mixed"}, {"text/plain", "", strings.ReplaceAll(strings.TrimSuffix(m.Body, "\n")+"\n", "\n", "\r\n")},
			{m.Attachments[0].Type, m.Attachments[0].Name, body}}
		if fmt.Sprintf("%q", got.parts) != fmt.Sprintf("%q", want) {
			t.Errorf("parts %q\nwant %q", got.parts, want)
		}
	})
}
