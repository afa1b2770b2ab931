package policy

import (
	"fmt"
	"slices"
	"strings"
)

// planAnnouncements mails the newest version that lists are told of to each of them, once it is public.
func (t *turn) planAnnouncements() {
	for _, list := range t.unmailed() {
		if m := t.mail(list.Address); m != nil && m.Asks() {
			continue // people decide
		}
		n := t.a.Notice
		t.ask(mailKey(n.Told, list.Address, t.mailTries(list.Address)), Announce{
			List: list, Version: n.Told, Commit: n.Commit, Reason: n.ToldWhy, At: n.Published, Look: t.in.Seen.Rules.Notice,
		})
	}
}

// mailKey names one mail. Each time that people have it sent again is a mail of its own.
func mailKey(version int, address string, again int) string {
	return fmt.Sprintf("mail/%d/%s/%d", version, named(address), again)
}

// IsMail reports whether an effect's key is that of an announcement.
func IsMail(key string) bool { return strings.HasPrefix(key, "mail/") }

// mailTries counts how often people have had the mail about the newest version that lists are told of sent again.
func (t *turn) mailTries(address string) int { return t.a.mailTries(t.a.Notice.Told, address) }

// unmailed are the lists that have not had the newest version that they are told of.
func (t *turn) unmailed() []List {
	if !t.wantsNotice() {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(t.in.Seen.Rules.Lists), func(list List) bool {
		m := t.mail(list.Address)
		if m == nil { // a list that comes later hears of what comes later
			return t.a.Notice.Told <= t.a.Notice.Heard
		}
		return m.State == MailSent
	})
}

// Asks reports whether people have to say what becomes of a mail.
func (m Mail) Asks() bool { return m.State == MailUnknown || m.State == MailBounced }

// mail is the announcement of that version to a list, or nil.
func (t *turn) mail(address string) *Mail {
	for i := range t.a.Mails {
		if m := &t.a.Mails[i]; m.Version == t.a.Notice.Told && strings.EqualFold(m.List, address) {
			return m
		}
	}
	return nil
}

func (t *turn) mailed(do Announce, state MailState, id string) {
	t.forgetMail(do.Version, do.List.Address)
	t.a.Mails = append(t.a.Mails, Mail{List: do.List.Address, Version: do.Version, State: state, ID: id, At: t.now})
	if state == MailSent {
		t.line(By, "announced", fmt.Sprintf("version %d to %s as %s", do.Version, do.List.Address, id))
	}
}

func (t *turn) forgetMail(version int, address string) {
	t.a.Mails = slices.DeleteFunc(slices.Clone(t.a.Mails), func(m Mail) bool { return m.Version == version && strings.EqualFold(m.List, address) })
}

// lostMail asks people about a mail of which nobody knows whether it went out: one too many can't be called back.
func (t *turn) lostMail(do Announce) {
	t.mailed(do, MailUnknown, "")
	to := do.List.Address
	t.page(mailKey(do.Version, to, t.mailTries(to)), fmt.Sprintf(
		"The connection broke while the announcement went to %s: it may or may not have gone out. Look at the list; then `/announce %s sent` or `/announce %s again`.", to, to, to))
}

// settleMail takes people's word about a mail whose outcome is unknown, or that came back.
func (t *turn) settleMail(by, args string) error {
	address, word, _ := strings.Cut(args, " ")
	word = strings.TrimSpace(word)
	if word != "sent" && word != "again" {
		return Refusal{"it takes a list and a word", "say `/announce LIST sent` or `/announce LIST again`"}
	}
	m := t.mail(address)
	if m == nil || !m.Asks() {
		return Refusal{"no announcement to this list waits for an answer", "the status names those that do"}
	}
	m.State, m.Why = MailSent, ""
	if word == "again" {
		m.State = MailAgain
		t.once("again/" + mailKey(m.Version, m.List, t.mailTries(m.List)))
	}
	t.line(by, "settled an announcement", m.List+": "+word)
	return nil
}

// Words tell how far the mail went.
func (m Mail) Words() string {
	words := m.List + ": " + string(m.State)
	if m.Why != "" {
		words += ", " + m.Why
	}
	return words
}

// mailWords tell how far the announcements went.
func (t *turn) mailWords() string {
	var words []string
	for _, m := range t.a.Mails {
		if m.Version == t.a.Notice.Told {
			words = append(words, m.Words())
		}
	}
	for _, list := range t.unmailed() {
		if t.mail(list.Address) != nil {
			continue
		}
		word := list.Address + ": not yet"
		if s := t.a.setback(mailKey(t.a.Notice.Told, list.Address, t.mailTries(list.Address))); s != nil {
			word += ", " + s.Hint
		}
		words = append(words, word)
	}
	return strings.Join(words, ", ")
}
