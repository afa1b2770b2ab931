package mail

import (
	"crypto/sha256"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// Message is an announcement to one list.
type Message struct {
	Project     string // its short name
	Advisory    string // the advisory's id
	Version     int    // of the notice; 1 is the first
	From        mail.Address
	List        List
	Date        time.Time
	Subject     string // without the list's tag
	Body        string // lines end with a line feed
	Attachments []Attachment
}

// List is a mailing list that announcements go to.
type List struct {
	Name    string // what people call it; may be empty
	Address string
	Kind    string // one of [Kinds]; empty: list
	Tag     string // begins the subject, such as [SECURITY]; may be empty
}

// Attachment is a file that goes with the text, to lists that take it.
type Attachment struct {
	Name string // such as LSN-2026-0007-main.patch
	Type string // such as text/x-patch
	Data []byte
}

// MessageID names the mail about one version of an advisory to one list, always the same. It has the list's domain, since
// the sender's may change between the first version and the last.
func MessageID(project, advisory string, version int, list string) string {
	list = strings.ToLower(list)
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q", project, advisory, version, list))
	_, domain, _ := strings.Cut(list, "@")
	return fmt.Sprintf("<%s.%d.%x@%s>", advisory, version, sum[:10], domain)
}

// ID is the Message-ID.
func (m Message) ID() string { return MessageID(m.Project, m.Advisory, m.Version, m.List.Address) }

// first is the Message-ID of the first version.
func (m Message) first() string { return MessageID(m.Project, m.Advisory, 1, m.List.Address) }

// subject is what the list's readers see. A tag that is there already is not written twice.
func (m Message) subject() string {
	k, _ := kindOf(m.List.Kind) // known, as Check has seen
	subject := k.about(m.Subject, m.Project)
	if m.List.Tag == "" || strings.HasPrefix(subject, m.List.Tag) {
		return subject
	}
	return m.List.Tag + " " + subject
}
