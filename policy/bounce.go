package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Bounce is what a mail server reports about an announcement that it did not deliver, or not yet. It comes by mail, and whoever
// knows the Message-ID can forge one: so it makes people look, once for each mail, and does nothing else.
type Bounce struct {
	List    string
	Version int
	Try     int    // how often people had had the mail sent again by then
	Delayed bool   // the mail is still on its way
	Why     string // the status code and what the mail server says, in public words
}

// Bounce makes the report about the announcement of one version to one list.
func (a Advisory) Bounce(m Mail, delayed bool, why string) Bounce {
	return Bounce{List: m.List, Version: m.Version, Try: a.mailTries(m.Version, m.List), Delayed: delayed, Why: why}
}

// Key names what a report tells, so that it is heeded once however often it comes.
func (b Bounce) Key() string {
	kind := "failed"
	if b.Delayed {
		kind = "delayed"
	}
	return "bounce/" + mailKey(b.Version, b.List, b.Try) + "/" + kind
}

// mailTries counts how often people have had a mail sent again.
func (a Advisory) mailTries(version int, address string) int {
	n := 0
	for slices.Contains(a.Noted, "again/"+mailKey(version, address, n)) {
		n++
	}
	return n
}

// heed takes in what mail servers report. A mail that was sent again since is another one, and what people have said of a mail
// stands.
func (t *turn) heed() {
	for _, b := range t.in.Bounces {
		i := slices.IndexFunc(t.a.Mails, func(m Mail) bool { return m.Version == b.Version && strings.EqualFold(m.List, b.List) })
		if i < 0 || b.Try != t.a.mailTries(b.Version, b.List) || t.a.Mails[i].State == MailAgain || !t.once(b.Key()) {
			continue
		}
		m := &t.a.Mails[i]
		switch {
		case !b.Delayed:
			m.State, m.Why = MailBounced, b.Why
			t.line(By, "saw a bounce", fmt.Sprintf("version %d to %s: %s", m.Version, m.List, m.Why))
			t.bounced(*m)
		case m.State != MailBounced:
			m.Why = "delayed on its way: " + b.Why
			t.line(By, "saw a delay", fmt.Sprintf("version %d to %s: %s", m.Version, m.List, b.Why))
		}
	}
}

// bounced asks people about a mail of which a server says that it did not arrive. One about an older version needs nobody: the
// newest says it all.
func (t *turn) bounced(m Mail) {
	if m.Version != t.a.Notice.Told || t.a.Phase == Rejected {
		return
	}
	if t.a.Over() {
		t.owe(OweMail, owedMail(m.List))
	}
	t.page("bounced/"+mailKey(m.Version, m.List, t.mailTries(m.List)), fmt.Sprintf(
		"The announcement to %s came back: %s. Mend the address, or ask who runs the list; then `/announce %s again`. If it is there all the same, `/announce %s sent`.",
		m.List, plain(m.Why), m.List, m.List))
}

// oweMails looks after the announcements that came back, until they are settled. Nobody knows which lists there are while the
// rules can't be read.
func (t *turn) oweMails() {
	var left []string
	o := t.a.obligation(OweNotice)
	for _, list := range t.unmailed() {
		m := t.mail(list.Address)
		if o != nil && o.Open() && (m == nil || m.State == MailUnknown) {
			continue // it is owed with the version that it tells of
		}
		left = append(left, list.Address)
	}
	switch {
	case len(left) > 0:
		t.owe(OweMail, owedMail(left...))
	case t.in.Seen.RulesProblem == "":
		t.met(OweMail)
	}
}

func owedMail(lists ...string) string { return "the announcement to " + strings.Join(lists, " and ") }
