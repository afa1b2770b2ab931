package mail

import (
	"fmt"
	"strings"
	"testing"
)

// report is a mail as a server sends it back: its words for people, what programs read, and what it returns.
func report(status, returned string) string {
	return "From: MAILER-DAEMON@mail.example.org (Mail Delivery System)\nTo: bounces@example.org\nSubject: Undelivered Mail Returned to Sender\n" +
		"MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n boundary=\"B1\"\n\nNot MIME.\n--B1\nContent-Type: text/plain\n\n" +
		"canary: your mail could not be delivered.\n\n--B1\nContent-Type: message/delivery-status\n\n" + status +
		"\n--B1\n" + returned + "\n--B1--\n"
}

const (
	aboutMail = "Reporting-MTA: dns; mail.example.org\nX-Queue-ID: 4WxYz12\nArrival-Date: Tue, 17 Nov 2026 14:00:00 +0000 (UTC)\n\n"
	failed    = aboutMail + "Final-Recipient: rfc822; devel@lists.example.org\nAction: failed\nStatus: 5.1.1\n" +
		"Diagnostic-Code: smtp; 550 5.1.1 <devel@lists.example.org>: Recipient address\n    rejected: User unknown\n"
	wholeMail = "Content-Type: message/rfc822\n\nSubject: LSN-2026-0007: x\nMessage-ID: <LSN-2026-0007.1.ab@lists.example.org>\n\nMessage-ID: <other@example.org>\n"
)

func TestReadBounce(t *testing.T) {
	headers := strings.NewReplacer("message/rfc822", "text/rfc822-headers", "\n\nMessage-ID: <other@example.org>", "").Replace(wholeMail)
	refused := Bounce{MessageID: "<LSN-2026-0007.1.ab@lists.example.org>", Status: "5.1.1", Says: "550 5.1.1 (address) Recipient address rejected: User unknown"}
	bare := refused
	bare.Says = ""
	late := Bounce{MessageID: refused.MessageID, Delayed: true, Status: "4.4.1", Says: "connect to (address) Connection timed out"}
	delayed := strings.NewReplacer("failed", "delayed", "5.1.1", "4.4.1", "smtp; 550 5.1.1 <devel@lists.example.org>: Recipient address\n    rejected: User unknown",
		"x; connect to mx@[192.0.2.1]:25: Connection timed out\nWill-Retry-Until: Sun, 22 Nov 2026 14:00:00 +0000").Replace(failed)
	expired := late
	expired.Delayed = false
	for name, test := range map[string]struct {
		text string
		want Bounce
	}{
		"whole mail":        {report(failed, wholeMail), refused},
		"headers":           {report(failed, headers), refused},
		"line ends":         {strings.ReplaceAll(report(failed, wholeMail), "\n", "\r\n"), refused},
		"letters of fields": {report(strings.NewReplacer("Action: failed", "ACTION:  Failed", "Status", "status").Replace(failed), wholeMail), refused},
		"no action":         {report(strings.Replace(failed, "Action: failed\n", "", 1), wholeMail), refused},
		"no diagnostic":     {report(failed[:strings.Index(failed, "Diagnostic")], wholeMail), bare},
		"delayed":           {report(delayed, wholeMail), late},
		"expired":           {report(strings.Replace(delayed, "delayed", "failed", 1), wholeMail), expired},
		"one of two failed": {report(delayed+"\nFinal-Recipient: rfc822; b@example.org\n"+strings.TrimPrefix(failed, aboutMail), wholeMail), refused},
		"two, one arrived":  {report(strings.Replace(failed, "Final", "Action: delivered\nStatus: 2.0.0\n\nFinal", 1), wholeMail), refused},
		"forwarded":         {"Content-Type: multipart/mixed; boundary=A\n\n--A\n" + report(failed, wholeMail) + "\n--A--\n", refused},
		"in base64": {strings.Replace(report("QWN0aW9uOiBmYWlsZWQKU3RhdHVzOiA1LjEuMQo=\n", wholeMail), "delivery-status\n\n",
			"delivery-status\nContent-Transfer-Encoding: base64\n\n", 1), bare},
		"cut off":  {strings.TrimSuffix(report(failed, headers), "\n--B1--\n"), refused},
		"too long": {report(failed, wholeMail+strings.Repeat("a long line of text\n", 100_000)), refused},
	} {
		if got, err := ReadBounce(strings.NewReader(test.text)); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestNoBounce: nothing is made of other mails, and nothing of them is told.
func TestNoBounce(t *testing.T) {
	deep := report(failed, wholeMail)
	for i := range maxDepth {
		deep = fmt.Sprintf("Content-Type: multipart/mixed; boundary=A%d\n\n--A%d\n%s\n--A%d--\n", i, i, deep, i)
	}
	for name, text := range map[string]string{
		"nothing":        "",
		"no mail":        "canary",
		"an answer":      "From: canary@example.org\nContent-Type: text/plain\n\nI am on holiday. Message-ID: <LSN-2026-0007.1.ab@lists.example.org>\n",
		"arrived":        report(strings.NewReplacer("failed", "delivered", "Status: 5.1.1", "Status: 2.1.5").Replace(failed), wholeMail),
		"relayed":        report(strings.Replace(failed, "failed", "relayed", 1), wholeMail),
		"without a mail": report(failed, "Content-Type: text/plain\n\nMessage-ID: <LSN-2026-0007.1.ab@lists.example.org>\n"),
		"without an id":  report(failed, "Content-Type: message/rfc822\n\nSubject: canary\n\nMessage-ID: <LSN-2026-0007.1.ab@lists.example.org>\n"),
		"an odd id":      report(failed, strings.Replace(wholeMail, "<LSN-2026-0007.1.ab", "<LSN/../canary\x1b", 1)),
		"no boundary":    strings.Replace(report(failed, wholeMail), "boundary=", "x=", 1),
		"too deep":       deep,
		"too many parts": report(strings.Repeat("canary\n--B1\nContent-Type: text/plain\n\n", maxParts)+"\n--B1\nContent-Type: message/delivery-status\n\n"+failed, wholeMail),
		"buried":         report(strings.Repeat("canary of much text\n", maxBounce/10), wholeMail),
	} {
		got, err := ReadBounce(strings.NewReader(text))
		if err != ErrNoBounce || got != (Bounce{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// TestHarmless: what a stranger has written into a diagnostic means nothing where people read it.
func TestHarmless(t *testing.T) {
	for said, want := range map[string]string{
		"smtp; 550 no":                       "550 no",
		"550 no; really":                     "550 no; really",
		"X-Unix; \x1b]0;canary\a\x1b[31m":    "0;canary 31m",
		"smtp; see https://evil.example/":    "see (address)",
		"smtp; www.evil.example":             "(address)",
		"smtp; <bob@example.net>... no":      "(address) no",
		"smtp; <!-- liftgate:status -->":     "-- liftgate:status --",
		"smtp; | `x` [a](b) *b* #1 !2":       "x a (b) b 1 2",
		"smtp; \u202eabc \xff\xfe Ünbekannt": "abc nbekannt",
		"":                                   "",
	} {
		if got := harmless(withoutType(said)); got != want {
			t.Errorf("%q: %q, want %q", said, got, want)
		}
	}
	if got := harmless(strings.Repeat("a b ", 1000)); len(got) > maxSays {
		t.Errorf("%d characters", len(got))
	}
}

const plainLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;-='+()"

func FuzzReadBounce(f *testing.F) {
	f.Add(report(failed, wholeMail))
	f.Add(rejected)
	f.Add("Content-Type: multipart/report; boundary=\n\n--\n")
	f.Fuzz(func(t *testing.T, text string) {
		b, err := ReadBounce(strings.NewReader(text))
		if err == nil && (!idShape.MatchString(b.MessageID) || strings.Trim(b.Says, plainLetters) != "" || len(b.Words()) > maxSays+12) {
			t.Errorf("%+v", b)
		}
	})
}
