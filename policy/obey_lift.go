package policy

import (
	"fmt"
	"strings"
	"time"
)

// againBackport tries a backport again from the start. A backport that a person has edited is not overwritten: its branch
// has to be deleted first.
func (t *turn) againBackport(by, branch string) error {
	cell := t.a.Cell(branch)
	switch {
	case cell == nil || cell.State == EndOfLife:
		return Refusal{"the branch is not a maintained one", "the table at the desk lists them"}
	case branch == t.in.Seen.Rules.Main:
		return Refusal{"the main branch has the fix itself", "push to it"}
	case t.edited(cell):
		return Refusal{"somebody has edited this backport", "close its fix and delete its branch first, then ask again"}
	}
	if cell.Fix.Closed {
		cell.Fix = Fix{}
	}
	cell.Backport = Backport{Head: cell.Backport.Head}
	if cell.State == Waived || cell.State == NotAffected {
		cell.State, cell.By, cell.Why = Unknown, "", Text{}
	}
	t.line(by, "asked for a backport", branch)
	return nil
}

// askLift is the release manager's word: `/lift` and the button at or after the end, `/lift now <reason>` before it.
func (t *turn) askLift(by, args string) error {
	word, reason, _ := strings.Cut(args, " ")
	switch {
	case word == "now" && !t.a.Embargo.Ended(t.now):
		err := t.moveEmbargo(by, "ended the embargo early", strings.TrimSpace(reason), func(e Embargo) (Embargo, string, error) {
			return e.EndNow(by, Embargoed(strings.TrimSpace(reason)), t.now)
		})
		if err != nil {
			return err
		}
	case args != "" && word != "now":
		return Refusal{"there is `/lift`, at or after the end, and `/lift now <reason>`", "choose one"}
	case !t.a.Embargo.Ended(t.now):
		return Refusal{"the embargo lasts until " + FormatInstant(t.a.Embargo.End), "wait, or end it early with /lift now <reason>"}
	}
	t.a.Lift.AskedBy = by
	t.line(by, "asked for the lift", "")
	return nil
}

func (t *turn) hold(by, why string) error {
	if t.a.Lift.Gate == GateLanded || t.a.Lift.Gate == GateDone {
		return Refusal{"the fixes have landed", "nothing is left to hold"}
	}
	if t.a.Lift.Gate == GateLifting {
		return Refusal{"the lift has begun and only goes forward", "use `/resume` if it is stuck"}
	}
	t.a.Lift.HeldBy, t.a.Lift.HeldWhy = by, Embargoed(why)
	t.line(by, "stopped the lift", why)
	return nil
}

func (t *turn) resume(by string) error {
	l := &t.a.Lift
	if l.HeldBy == "" && l.Stuck == "" && len(t.a.Setbacks) == 0 {
		return Refusal{"nothing is stopped", "the status at the desk says what the lift waits for"}
	}
	l.HeldBy, l.HeldWhy = "", Text{}
	l.Stuck, l.StuckAt = "", time.Time{}
	t.a.Setbacks = nil
	t.drifted() // whoever resumes has seen where the public branches are
	t.line(by, "resumed", "")
	return nil
}

func verbNames() []string {
	var names []string
	for _, p := range permissions {
		names = append(names, "`/"+string(p.verb)+"`")
	}
	return names
}

func joinRoles(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, " or ")
}

// helpText lists the commands, with who may use each, from the one table of permissions.
func helpText() string {
	var b strings.Builder
	b.WriteString("| command | what it does | who may |\n|---|---|---|\n")
	for _, p := range permissions {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", usage[p.verb].form, usage[p.verb].does, joinRoles(p.may))
	}
	return b.String()
}

// usage is what the help says about each verb.
var usage = map[Verb]struct{ form, does string }{
	VerbAccept:      {"/accept", "the report is a vulnerability; sets the usual embargo"},
	VerbReject:      {"/reject <reason>", "it is none"},
	VerbPublic:      {"/public <where>", "it is known to the public: ends the embargo"},
	VerbRate:        {"/rate high", "rates the severity low, medium, high or critical"},
	VerbAffects:     {"/affects <branch>", "the branch has it"},
	VerbNotAffected: {"/not-affected <branch> <evidence>", "the branch does not have it"},
	VerbWaive:       {"/waive <branch> <reason>", "lift without a fix for the branch"},
	VerbEmbargo:     {"/embargo 2026-12-01T14:00Z [reason], /embargo restart [revision] <reason>", "sets or restarts the embargo"},
	VerbAgree:       {"/agree", "consents to the proposed end"},
	VerbDecline:     {"/decline", "refuses it"},
	VerbCVE:         {"/cve CVE-2026-12345", "records the number"},
	VerbFix:         {"/fix #12", "names the fix of the branch it is opened against"},
	VerbBackport:    {"/backport <branch>", "tries the backport again"},
	VerbRehearse:    {"/rehearse", "rehearses the lift now"},
	VerbLift:        {"/lift, /lift now <reason>", "lifts at or after the end, or ends the embargo early"},
	VerbHold:        {"/hold <reason>", "stops the lift"},
	VerbResume:      {"/resume", "lets it go on"},
	VerbHelp:        {"/help", "this table"},
}
