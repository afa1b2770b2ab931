package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// obey applies what people asked for, each command once, in the order in which it was asked.
func (t *turn) obey() {
	if t.in.Seen.RulesProblem != "" { // nobody's rights are known: what was written waits, what was pressed can't
		for _, c := range t.in.Presses {
			if t.first(c) {
				t.refuse(c, Refusal{"the project's configuration can't be read", "mend it and press again"})
			}
		}
		return
	}
	commands := slices.Concat(t.in.Seen.Desk.Commands, t.in.Presses)
	slices.SortStableFunc(commands, inOrder)
	for _, c := range commands {
		if !t.first(c) {
			continue
		}
		if err := t.apply(c); err != nil {
			t.refuse(c, err)
		}
	}
}

// inOrder sorts commands by when they were asked. Forges tell time to the second: within one, labels come before comments,
// since whoever does both labels first, and each kind goes by its own counting ids.
func inOrder(a, b Command) int {
	return cmp.Or(a.At.Compare(b.At), -strings.Compare(kindOfID(a.ID), kindOfID(b.ID)), naturalOrder(a.ID, b.ID))
}

func kindOfID(id string) string {
	kind, _, _ := strings.Cut(id, ":")
	return kind
}

// first reports whether a command was not applied before, and remembers it.
func (t *turn) first(c Command) bool {
	if slices.Contains(t.a.Applied, c.ID) {
		return false
	}
	t.a.Applied = append(t.a.Applied, c.ID)
	return true
}

// refuse answers at the desk with the rule that a command broke. Nothing else changed.
func (t *turn) refuse(c Command, err error) {
	t.line(c.Actor, "refused", string(c.Verb)+": "+err.Error())
	what := "`/" + string(c.Verb) + "`"
	if c.Verb == VerbChanged {
		what = "what a changed comment asks for"
	}
	answer := fmt.Sprintf("@%s, %s was not done: %s.", c.Actor, what, strings.TrimSuffix(err.Error(), "."))
	if c.Via == "label" { // a forge tells nothing of a label that is put on twice
		answer += " Take the label off again, so that somebody who may can put it on."
	}
	t.say("answer/"+c.ID, answer)
}

func (t *turn) apply(c Command) error {
	if c.Verb == VerbRest {
		return Refusal{fmt.Sprintf("one comment holds at most %d commands", maxCommands), "write the others in another comment"}
	}
	if c.Verb == VerbChanged {
		return Refusal{"the comment was changed after it was written, so that its words may be somebody else's", "write it anew"}
	}
	if c.Verb == VerbUnknown {
		return Refusal{"there is no such command", "known are " + strings.Join(verbNames(), ", ")}
	}
	roles := t.roles(c.Actor)
	if ok, may := mayAsk(c.Verb, roles); !ok {
		return Refusal{"it takes a " + joinRoles(may), "ask one of them"}
	}
	if err := t.inTime(c.Verb); err != nil {
		return err
	}
	args := strings.TrimSpace(c.Args.Reveal())
	switch c.Verb {
	case VerbAccept:
		return t.accept(c.Actor)
	case VerbReject:
		return t.rejectBy(c.Actor, args)
	case VerbPublic:
		t.becomePublic(c.Actor, args)
		return nil
	case VerbRate:
		return t.setSeverity(c.Actor, args)
	case VerbAffects, VerbNotAffected, VerbWaive:
		return t.judgeBranch(c, args)
	case VerbEmbargo:
		return t.embargo(c.Actor, args)
	case VerbAgree:
		return t.moveEmbargo(c.Actor, "agreed", "", func(e Embargo) (Embargo, string, error) {
			return e.Agree(t.in.Seen.Rules, c.Actor, roles, t.now)
		})
	case VerbDecline:
		return t.moveEmbargo(c.Actor, "declined", args, func(e Embargo) (Embargo, string, error) { return e.Decline(c.Actor, t.now) })
	case VerbCVE:
		return t.setCVE(c.Actor, args)
	case VerbFix:
		return t.nameFix(c.Actor, args)
	case VerbBackport:
		return t.againBackport(c.Actor, args)
	case VerbIntroduced:
		return t.setIntroduced(c.Actor, args)
	case VerbRehearse:
		t.a.Lift.Rehearse = "asked by " + c.Actor
		return nil
	case VerbLift:
		return t.askLift(c.Actor, args)
	case VerbHold:
		return t.hold(c.Actor, args)
	case VerbResume:
		return t.resume(c.Actor)
	case VerbRelease:
		return t.setTag(c.Actor, args)
	case VerbAnnounce:
		return t.settleMail(c.Actor, args)
	case VerbSettle:
		return t.settle(c.Actor, args)
	case VerbHelp:
		t.say("answer/"+c.ID, helpText())
	}
	return nil
}

// inTime refuses commands that come before the report was accepted or after the matter is over.
func (t *turn) inTime(verb Verb) error {
	early := []Verb{VerbAccept, VerbReject, VerbPublic, VerbRate, VerbCVE, VerbHelp}
	late := []Verb{VerbHelp, VerbCVE, VerbAnnounce, VerbSettle}
	// What helps a lift that has begun and can't go on; hold is refused with better words.
	onward := []Verb{VerbHelp, VerbCVE, VerbResume, VerbHold, VerbAffects, VerbNotAffected, VerbWaive, VerbFix, VerbBackport, VerbRehearse, VerbAnnounce,
		VerbSettle}
	if t.a.Lift.Gate == GateLanded {
		onward = []Verb{VerbHelp, VerbCVE, VerbResume, VerbHold, VerbAnnounce, VerbSettle}
	}
	switch {
	case t.a.Phase == Reported && !slices.Contains(early, verb):
		return Refusal{"the report was not accepted yet", "use the label `accepted` or `/accept` first"}
	case t.a.Phase == Rejected && verb != VerbHelp:
		return Refusal{"the report was rejected", "open a new report if that was wrong"}
	case t.a.Phase == Published && !slices.Contains(late, verb):
		return Refusal{"the advisory is published", "treat what is left as a new advisory"}
	case t.a.Lift.Gate != GateHeld && !slices.Contains(onward, verb):
		return Refusal{"the lift has begun and only goes forward", "wait for it, or use `/resume` if it is stuck"}
	}
	return nil
}

func (t *turn) accept(by string) error {
	if t.a.Phase != Reported {
		return Refusal{"the report was accepted before", "nothing is left to do"}
	}
	t.a.Phase = Triaged
	t.line(by, "accepted", "")
	if t.a.Embargo.IsPublic() {
		return nil
	}
	return t.moveEmbargo(by, "set the embargo", "", func(e Embargo) (Embargo, string, error) { return e.Default(t.in.Seen.Rules, t.now) })
}

func (t *turn) rejectBy(by, why string) error {
	if t.a.Lift.Gate != GateHeld {
		return Refusal{"the lift has begun", "it only goes forward"}
	}
	if t.a.Phase != Reported && why == "" {
		return Refusal{"rejecting an accepted report needs a reason", "say why: /reject <reason>"}
	}
	t.reject(by, why)
	return nil
}

func (t *turn) reject(by, why string) {
	said := why
	if next, line, err := t.a.Embargo.Reject(by, Embargoed(why), t.now); err == nil { // an embargo that has ended needs no end
		t.a.Embargo = next
		said = strings.TrimSpace(line + " " + why)
	}
	t.a.Phase = Rejected
	t.line(by, "rejected", said)
}

func (t *turn) becomePublic(by, why string) {
	if why == "" {
		why = "no reason given"
	}
	next, line, err := t.a.Embargo.Public(by, Embargoed(why), t.now)
	if err != nil { // only an unsigned statement is refused, and every command is signed
		return
	}
	t.a.Embargo = next
	t.line(by, "public", line+" "+why)
}

func (t *turn) setSeverity(by, args string) error {
	severity := strings.ToLower(args)
	if !slices.Contains([]string{"low", "medium", "high", "critical"}, severity) {
		return Refusal{"a severity is low, medium, high or critical", "say which: /rate high"}
	}
	t.a.Severity = severity
	t.line(by, "rated", severity)
	return nil
}

func (t *turn) judgeBranch(c Command, args string) error {
	branch, why, _ := strings.Cut(args, " ")
	why = strings.TrimSpace(why)
	t.seeBranches() // a command may be the first thing after acceptance
	cell := t.a.Cell(branch)
	if cell == nil || cell.State == EndOfLife {
		return Refusal{"the branch is not a maintained one", "the table at the desk lists them"}
	}
	switch c.Verb {
	case VerbAffects:
		cell.State, cell.By, cell.Why = Affected, c.Actor, Embargoed(why)
	case VerbNotAffected:
		if why == "" {
			why = cell.Spared.Reveal()
		}
		if why == "" && c.Via != "label" {
			return Refusal{"not affected needs evidence", "say why: /not-affected " + branch + " <evidence>"}
		}
		cell.State, cell.By, cell.Why = NotAffected, c.Actor, Embargoed(why)
	case VerbWaive:
		if why == "" {
			return Refusal{"a waiver needs a reason", "say why: /waive " + branch + " <reason>"}
		}
		cell.State, cell.By, cell.Why = Waived, c.Actor, Embargoed(why)
	}
	t.line(c.Actor, string(cell.State), strings.TrimSpace(branch+" "+why))
	return nil
}

// embargo reads the three forms: an instant with a reason, restart, and restart with the revision that proved wrong.
func (t *turn) embargo(by, args string) error {
	first, rest, _ := strings.Cut(args, " ")
	rest = strings.TrimSpace(rest)
	if first == "restart" {
		return t.restart(by, rest)
	}
	end, err := ParseInstant(first)
	if err != nil {
		return err
	}
	return t.moveEmbargo(by, "embargo", rest, func(e Embargo) (Embargo, string, error) {
		return e.Set(t.in.Seen.Rules, by, end, Embargoed(rest), t.now)
	})
}

// restart takes the revision from the command or, where it names none, the main fix as it stands.
func (t *turn) restart(by, args string) error {
	revision, reason := "", args
	if first, rest, _ := strings.Cut(args, " "); t.isRevision(strings.ToLower(first)) {
		revision, reason = first, strings.TrimSpace(rest)
	} else if main := t.mainCell(); main != nil {
		revision = main.Fix.Head
	}
	return t.moveEmbargo(by, "restarted the embargo", reason, func(e Embargo) (Embargo, string, error) {
		return e.Restart(t.in.Seen.Rules, by, revision, Embargoed(reason), time.Time{}, t.now)
	})
}

// isRevision tells a patch revision from a word of the reason: "defaced" is made of hexadecimal digits too. A revision has
// a digit in it, or is one that is known here.
func (t *turn) isRevision(word string) bool {
	if !looksLikeSHA(word) {
		return false
	}
	return strings.ContainsAny(word, "0123456789") || slices.ContainsFunc(t.a.Cells, func(c Cell) bool {
		return slices.ContainsFunc([]string{c.Fix.Head, c.Backport.Head, c.Candidate.Fix, c.Candidate.SHA}, func(head string) bool {
			return strings.HasPrefix(strings.ToLower(head), word)
		})
	})
}

// moveEmbargo changes the embargo, or refuses. The history keeps the person's own words beside what happened.
func (t *turn) moveEmbargo(by, what, why string, move func(Embargo) (Embargo, string, error)) error {
	next, line, err := move(t.a.Embargo)
	if err != nil {
		return err
	}
	t.a.Embargo = next
	t.line(by, what, strings.TrimSpace(line+" "+why))
	return nil
}

func (t *turn) setCVE(by, args string) error {
	word, rest, _ := strings.Cut(args, " ")
	switch {
	case word == "reject":
		return t.rejectNumber(by, strings.TrimSpace(rest))
	case t.a.Phase == Published: // its record can be rejected, and no more
		return Refusal{"the advisory is published", "treat what is left as a new advisory"}
	case args == "reserve":
		return t.askNumber(by)
	case !validCVE(args):
		return Refusal{"a CVE number looks like CVE-2026-12345", "say which: /cve CVE-2026-12345"}
	case t.taken(args):
		return Refusal{"another advisory has this number, and each has its own", "use another number, or correct the other advisory first"}
	}
	t.a.CVE = args
	t.line(by, "recorded the CVE", args)
	return nil
}

// validCVE follows the syntax of the CVE programme: the year and at least four digits. More have no zero before them, so that
// no number has two spellings.
func validCVE(s string) bool {
	rest, ok := strings.CutPrefix(s, "CVE-")
	year, number, found := strings.Cut(rest, "-")
	return ok && found && len(year) == 4 && allDigits(year) && len(number) >= 4 && len(number) <= 19 && allDigits(number) &&
		(len(number) == 4 || number[0] != '0')
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func (t *turn) nameFix(by, args string) error {
	number, ok := fixNumber(args)
	if !ok {
		return Refusal{"a fix is named by its number in the mirror", "say which: /fix #12"}
	}
	i := slices.IndexFunc(t.in.Seen.Fixes, func(v FixView) bool { return v.Number == number })
	if i < 0 {
		return Refusal{fmt.Sprintf("%d is no fix in the mirror", number), "open it there first"}
	}
	view := t.in.Seen.Fixes[i]
	t.seeBranches()
	cell := t.a.Cell(view.Base)
	if cell == nil {
		return Refusal{fmt.Sprintf("fix %d is for a branch that is not maintained", number), "open it against one that the table at the desk lists"}
	}
	cell.Fix = Fix{Number: number, HeadRef: view.HeadRef}
	t.line(by, "named the fix", fmt.Sprintf("fix %d for %s", number, view.Base))
	t.seeFix(cell)
	return nil
}

// NamedFix gives the number of the fix that a command names, so that a snapshot can include it before the command is
// applied.
func NamedFix(c Command) (number int, ok bool) {
	if c.Verb != VerbFix {
		return 0, false
	}
	return fixNumber(c.Args.Reveal())
}

func fixNumber(args string) (int, bool) {
	number, err := strconv.Atoi(strings.TrimLeft(strings.TrimSpace(args), "#!"))
	return number, err == nil && number > 0
}

// mainCell is the cell of the main branch, or nil.
func (t *turn) mainCell() *Cell { return t.a.Cell(t.in.Seen.Rules.Main) }
