package policy

import (
	"fmt"
	"io"
	"strings"
)

// placeholder is what every accidental print of a Text shows.
const placeholder = "[embargoed]"

// Text is embargoed text: a summary, a reason, a commit message, a comment. It refuses to show itself in a log, an
// error, a template or a JSON document, all of which print a placeholder. Whoever is entitled to the words calls
// [Text.Reveal], so that `grep Reveal` lists every place where embargoed text leaves its box.
//
// The words are behind a pointer, because fmt prints the fields of a struct that it was given with the wrong verb without
// asking their methods: it then shows an address.
type Text struct{ words *string }

// Embargoed puts words into a box.
func Embargoed(words string) Text {
	if words == "" {
		return Text{}
	}
	return Text{&words}
}

// Reveal gives the words. Call it only where they go to a private place, or to a public one with a [Clearance].
func (t Text) Reveal() string {
	if t.words == nil {
		return ""
	}
	return *t.words
}

// Empty reports whether there are no words at all; blanks are none.
func (t Text) Empty() bool { return strings.TrimSpace(t.Reveal()) == "" }

// String prints a placeholder.
func (t Text) String() string { return placeholder }

// Format prints a placeholder for every verb, %#v and %q included.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, placeholder) } // fmt has no way to report it

// MarshalJSON prints a placeholder: JSON is for reports and logs. The store keeps a Text with encoding/gob, which asks
// [Text.MarshalBinary] instead, and encrypts the result.
func (t Text) MarshalJSON() ([]byte, error) { return []byte(`"` + placeholder + `"`), nil }

// MarshalText prints a placeholder, for encoders that prefer it: slog's text handler does.
func (t Text) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// MarshalBinary gives the words to the encrypted store, and to nobody else.
func (t Text) MarshalBinary() ([]byte, error) { return []byte(t.Reveal()), nil }

// UnmarshalBinary takes the words back from the encrypted store.
func (t *Text) UnmarshalBinary(b []byte) error { *t = Embargoed(string(b)); return nil }
