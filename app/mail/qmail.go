package mail

import (
	"bytes"
	"io"
	"regexp"
	"strings"
)

// qmail, which some lists run on, knows no RFC 3464. Its reports are paragraphs (https://cr.yp.to/proto/qsbmf.txt): one that
// begins as below, one for each recipient, one that begins with a dash, and then the mail as it was. It reports no delays.

const qmailStart = "Hi. This is the"

// readQmail reads the body of such a report.
func readQmail(body io.Reader) (Bounce, error) {
	text, _ := io.ReadAll(body) // what was read of a broken one counts
	var b Bounce
	for rest, more := bytes.ReplaceAll(text, []byte(crlf), []byte("\n")), true; more; {
		var paragraph []byte
		paragraph, rest, more = bytes.Cut(rest, []byte("\n\n"))
		recipient, says, _ := strings.Cut(string(paragraph), "\n")
		switch {
		case strings.HasPrefix(recipient, "<") && b.Words() == "":
			b.Says = harmless(says)
			if status := qmailStatus.FindStringSubmatch(says); status != nil {
				b.Status = status[1]
			}
		case strings.HasPrefix(recipient, "-"):
			if b.MessageID = messageID(bytes.NewReader(rest)); b.MessageID == "" || b.Words() == "" {
				return Bounce{}, ErrNoBounce
			}
			return b, nil
		}
	}
	return Bounce{}, ErrNoBounce
}

var qmailStatus = regexp.MustCompile(`#([245]\.[0-9]{1,3}\.[0-9]{1,3})\b`)
