package policy

import (
	"fmt"
	"strings"
	"time"
)

// Verb is what a command asks for.
type Verb string

// The verbs, as people write them after a slash.
const (
	VerbAccept      Verb = "accept"
	VerbReject      Verb = "reject"
	VerbPublic      Verb = "public"
	VerbRate        Verb = "rate" // "severity" is a command of one forge's own, which keeps it from us
	VerbAffects     Verb = "affects"
	VerbNotAffected Verb = "not-affected"
	VerbWaive       Verb = "waive"
	VerbEmbargo     Verb = "embargo"
	VerbAgree       Verb = "agree"
	VerbDecline     Verb = "decline"
	VerbCVE         Verb = "cve"
	VerbFix         Verb = "fix"
	VerbBackport    Verb = "backport"
	VerbIntroduced  Verb = "introduced"
	VerbRehearse    Verb = "rehearse"
	VerbLift        Verb = "lift"
	VerbHold        Verb = "hold"
	VerbResume      Verb = "resume"
	VerbRelease     Verb = "release" // "tag" is a command of a forge's own
	VerbAnnounce    Verb = "announce"
	VerbSettle      Verb = "settle"
	VerbHelp        Verb = "help"
	VerbUnknown     Verb = "?"       // the word itself is the first of the arguments
	VerbRest        Verb = "…"       // what one comment asks for beyond what is read of it
	VerbChanged     Verb = "changed" // what a comment asks for that was changed after it was written; nobody can say it
)

// The identifiers of the buttons: at a hold, and on the operator's console.
const (
	ButtonLift     = "lift"
	ButtonRehearse = "rehearse"
	ButtonCVE      = "cve" // on the console alone
)

// maxCommands bounds what one comment can ask for. Whoever asks for more is told.
const maxCommands = 20

// ParseComment finds the commands of one comment: each line that starts with a slash and a word, outside of quotes and
// fenced code. The id of a command is the comment's id and the number of its line, so that every command is applied once
// however often the comment is read.
func ParseComment(id int64, actor string, at time.Time, body string) []Command {
	var found []Command
	fenced := false
	for n, line := range strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
			continue
		}
		if fenced || !strings.HasPrefix(line, "/") {
			continue
		}
		word, rest, _ := strings.Cut(line[1:], " ")
		if !isWord(word) {
			continue // a path or a comment marker, not a command
		}
		verb, args := verbOf(word, strings.TrimSpace(rest))
		found = append(found, Command{
			ID: fmt.Sprintf("comment:%d:%d", id, n), Actor: actor, At: at.UTC(), Verb: verb, Args: Embargoed(args), Via: "comment",
		})
		if len(found) > maxCommands {
			found[maxCommands].Verb, found[maxCommands].Args = VerbRest, Text{}
			break
		}
	}
	return found
}

// ParseChanged finds the commands of a comment that was changed after it was written. Its words may be somebody else's, or
// it may have gained no more than a smile: forges do not tell. So none of them is done, and each that was not applied before
// is answered.
func ParseChanged(id int64, actor string, at time.Time, body string) []Command {
	commands := ParseComment(id, actor, at, body)
	for i := range commands {
		commands[i].Verb, commands[i].Args = VerbChanged, Text{}
	}
	return commands
}

func isWord(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return false
	}
	for _, c := range s {
		if (c < 'a' || c > 'z') && c != '-' {
			return false
		}
	}
	return true
}

func verbOf(word, args string) (Verb, string) {
	word = strings.TrimSpace(word)
	switch v := Verb(word); v {
	case VerbAccept, VerbReject, VerbPublic, VerbRate, VerbAffects, VerbNotAffected, VerbWaive, VerbEmbargo, VerbAgree,
		VerbDecline, VerbCVE, VerbFix, VerbBackport, VerbIntroduced, VerbRehearse, VerbLift, VerbHold, VerbResume, VerbRelease, VerbAnnounce,
		VerbSettle, VerbHelp:
		return v, args
	}
	return VerbUnknown, word
}

// ParseLabel reads a label as a command. Labels that mean nothing here are somebody else's.
func ParseLabel(id int64, actor string, at time.Time, label string) (Command, bool) {
	verb, args, ok := labelVerb(label)
	return Command{
		ID: fmt.Sprintf("label:%d", id), Actor: actor, At: at.UTC(), Verb: verb, Args: Embargoed(args), Via: "label",
	}, ok
}

func labelVerb(label string) (verb Verb, args string, ok bool) {
	switch label {
	case "accepted":
		return VerbAccept, "", true
	case "rejected":
		return VerbReject, "", true
	case "public":
		return VerbPublic, "", true
	}
	kind, rest, found := strings.Cut(label, "/")
	if !found || rest == "" {
		return "", "", false
	}
	switch kind {
	case "severity":
		return VerbRate, rest, true
	case "affects":
		return VerbAffects, rest, true
	case "not-affected":
		return VerbNotAffected, rest, true
	}
	return "", "", false
}

// PressCommand reads a pressed button as a command. Its id is the delivery's, which the forge keeps when it delivers
// again.
func PressCommand(delivery string, press Press, at time.Time) (Command, bool) {
	var verb Verb
	switch press.Button {
	case ButtonLift:
		verb = VerbLift
	case ButtonRehearse:
		verb = VerbRehearse
	case ButtonCVE:
		verb = VerbCVE
	default:
		return Command{}, false
	}
	return Command{ID: PressID(delivery), Actor: press.Actor, At: at.UTC(), Verb: verb, Args: press.Args, Via: "button"}, true
}

// PressID is the id that the command of a pressed button has in [Advisory.Applied].
func PressID(delivery string) string { return "press:" + delivery }
