package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Message is something people are told at the desk. It waits in the advisory until the forge has taken it, so that nothing
// is lost that was due before there was a desk, or that was refused once.
type Message struct {
	Key  string
	Body Text
}

// say tells people something at the desk. The key makes sure that they are told once.
func (t *turn) say(key, body string) { t.tell("say/"+key, body) }

// page tells people that something needs them, and writes it down.
func (t *turn) page(key, body string) {
	if t.a.Idle() {
		return
	}
	if t.tell("page/"+key, "**Somebody is needed.** "+body) {
		t.line(By, "paged", body)
	}
}

func (t *turn) tell(key, body string) (first bool) {
	if !t.once(key) {
		return false
	}
	t.a.Unsaid = append(t.a.Unsaid, Message{Key: key, Body: Embargoed(unmarked(body))})
	return true
}

// speak asks for what was not said yet. After the end nothing is tried twice: a closed desk may refuse for ever.
func (t *turn) speak() {
	if t.a.Over() {
		t.a.Unsaid = slices.DeleteFunc(t.a.Unsaid, func(m Message) bool { return t.a.setback(m.Key) != nil })
	}
	if t.a.DeskNumber == 0 {
		return
	}
	for _, m := range t.a.Unsaid {
		t.ask(m.Key, Say{Desk: t.a.DeskNumber, Body: m.Body})
	}
}

// said forgets what the forge has taken.
func (t *turn) said(key string) {
	t.a.Unsaid = slices.DeleteFunc(t.a.Unsaid, func(m Message) bool { return m.Key == key })
}

// unmarked keeps what others wrote from looking like the markers by which Liftgate finds its own words again.
func unmarked(body string) string { return strings.ReplaceAll(body, "<!--", "&lt;!--") }

// named makes a part of a key from words that do not belong into keys, which rest in the clear and end up in markers.
func named(words string) string {
	sum := sha256.Sum256([]byte(words))
	return hex.EncodeToString(sum[:])[:12]
}
