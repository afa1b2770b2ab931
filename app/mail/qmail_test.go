package mail

import (
	"strings"
	"testing"
)

// rejected is what a list sends back that does not take a mail with a part in HTML.
const rejected = `From: MAILER-DAEMON@lists.example.org
To: bounces@example.org
Subject: failure notice

Hi. This is the qmail-send program at lists.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<devel@lists.example.org>:
ezmlm-reject: fatal: Sorry; a message part has an unacceptable MIME Content-Type: text/html (#5.2.3)

--- Below this line is a copy of the message.

Return-Path: <bounces@example.org>
Received: (qmail 9725 invoked from network); 17 Nov 2026 14:00:02 -0000
Message-ID: <LSN-2026-0007.1.ab@lists.example.org>

Message-ID: <other@example.org>
`

func TestReadQmail(t *testing.T) {
	want := Bounce{
		MessageID: "<LSN-2026-0007.1.ab@lists.example.org>", Status: "5.2.3",
		Says: "ezmlm-reject: fatal: Sorry; a message part has an unacceptable MIME Content-Type: text html ( 5.2.3)",
	}
	silent := want
	silent.Status, silent.Says = "", "no"
	start := strings.Index(rejected, "ezmlm")
	end := strings.Index(rejected, "\n\n---")
	for name, test := range map[string]struct {
		text string
		want Bounce
	}{
		"as it comes": {rejected, want},
		"line ends":   {strings.ReplaceAll(rejected, "\n", "\r\n"), want},
		"no code":     {rejected[:start] + "no" + rejected[end:], silent},
		"two":         {rejected[:end] + "\n\n<b@example.org>:\nno" + rejected[end:], want},
		"too long":    {rejected + strings.Repeat("a long line of text\n", 100_000), want},
	} {
		if got, err := ReadBounce(strings.NewReader(test.text)); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, text := range map[string]string{
		"no recipient": rejected[:start-len("<devel@lists.example.org>:\n")] + rejected[end+2:],
		"no mail":      rejected[:end],
		"no id":        strings.Replace(rejected, "Message-ID: <LSN", "X-ID: <LSN", 1),
		"in a mail":    strings.Replace(rejected, "Hi.", "> Hi.", 1),
	} {
		if got, err := ReadBounce(strings.NewReader(text)); err != ErrNoBounce || got != (Bounce{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}
