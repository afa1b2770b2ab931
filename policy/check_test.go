package policy

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// checkedDecide decides and checks everything that must hold of any decision on any input.
func checkedDecide(t tester, a Advisory, in Input) Decision {
	t.Helper()
	before := dump(a) + dump(in)
	d := Decide(a, in)
	if dump(a)+dump(in) != before {
		t.Fatalf("the decision changed its input")
	}
	if again := Decide(a, in); dump(again) != dump(d) {
		t.Fatalf("the same input gave another decision:\n%s\n%s", dump(d), dump(again))
	}
	hold := func(ok bool, rule string, args ...any) {
		if !ok {
			t.Helper()
			t.Fatalf("%s at %s, phase %s, gate %s", fmt.Sprintf(rule, args...), in.Now, d.Advisory.Phase, d.Advisory.Lift.Gate)
		}
	}
	checkShape(a, in, d, hold)
	checkEffects(in, d, hold)
	checkGate(a, in, d, hold)
	checkWords(d, hold)
	return d
}

type holds func(ok bool, rule string, args ...any)

func checkShape(a Advisory, in Input, d Decision, hold holds) {
	hold(d.Advisory.ID == a.ID && d.Advisory.Report == a.Report, "an advisory keeps its name")
	hold(len(d.Advisory.Trail) <= trailLength, "the trail is short")
	hold(len(slices.Compact(slices.Sorted(slices.Values(d.Advisory.Applied)))) == len(d.Advisory.Applied), "a command is applied once")
	hold(len(d.Advisory.Applied) >= len(a.Applied) && len(d.Advisory.Noted) >= len(a.Noted), "nothing that was applied is forgotten")
	for _, due := range d.Deadlines {
		hold(due.Name != DeadlineWake || due.Due.After(in.Now), "a wake at %v lies in the future", due.Due)
	}
	for _, l := range d.Lines {
		hold(l.By != "" && l.At.Equal(in.Now), "a line has an author and the time: %q", l.What)
	}
	if len(d.Effects) > 0 { // often enough
		b, err := EncodeAdvisory(d.Advisory)
		hold(err == nil, "encode: %v", err)
		back, err := DecodeAdvisory(b)
		hold(err == nil && dump(back) == dump(d.Advisory), "an advisory survives storage: %v", err)
	}
	over := a.Over()
	hold(!over || d.Advisory.Over(), "what is over stays over")
	if over {
		for _, e := range d.Effects {
			quiet := false
			switch e.Do.(type) {
			case Say:
				quiet = true
			case WriteStatus:
				quiet = !a.Idle() || !d.Advisory.Idle() || len(in.Bounces) > 0
			case FollowRecord, ReviseNotice, Announce, SubmitRecord, RejectRecord: // what follows from news
				quiet = !a.Idle() || !d.Advisory.Idle()
			}
			hold(quiet, "what is over is quiet, not %s", e.Key)
		}
	}
}

func checkEffects(in Input, d Decision, hold holds) {
	keys := map[string]bool{}
	for _, e := range d.Effects {
		hold(!keys[e.Key] && e.Key != "", "key %q is unique", e.Key)
		hold(!slices.Contains(in.Pending, e.Key), "%q is not asked for while it is pending", e.Key)
		keys[e.Key] = true
		hold(e.Advisory == d.Advisory.ID, "effect %s belongs to the advisory", e.Key)
		kind, b, err := EncodeAction(e.Do)
		hold(err == nil && kind == e.Kind(), "encode %s: %v", e.Key, err)
		back, err := DecodeAction(kind, b)
		hold(err == nil && dump(back) == dump(e.Do), "%s survives storage: %v", e.Key, err)
		if e.Public() {
			_, err := d.Advisory.Clear(in.Now)
			hold(err == nil, "public effect %s: %v", e.Key, err)
		}
	}
}

func gateRank(g Gate) int {
	return slices.Index([]Gate{GateHeld, GateLifting, GateLanded, GateDone}, g)
}

// checkGate holds what must be true at the moments that can't be taken back.
func checkGate(a Advisory, in Input, d Decision, hold holds) {
	from, to := gateRank(a.Lift.Gate), gateRank(d.Advisory.Lift.Gate)
	hold(to >= from, "the gate goes forward only: %s", a.Lift.Gate)
	hold(d.Release == (from == 0 && to > 0), "the gate leaves held by a release")
	if d.Release {
		hold(a.Embargo.Ended(in.Now), "a release needs an embargo that an earlier turn saw ended, or that time ended")
		hold(in.Seen.RulesProblem == "" && len(in.Seen.Mirror.Problems) == 0, "no lift with unreadable rules or a broken mirror")
		checkSettled(in, d, hold)
	}
	for _, e := range d.Effects {
		land, ok := e.Do.(Land)
		if !ok {
			continue
		}
		r := d.Advisory.Lift.Rehearsal
		hold(to == 1 && d.Advisory.Embargo.Ended(in.Now), "a push needs the gate and the end")
		rehearsed := slices.Clone(land.Moves)
		var tags []string
		for _, c := range d.Advisory.Cells {
			if c.Tag != "" && c.State.NeedsFix() {
				tags = append(tags, c.Branch+"="+c.Tag)
			}
		}
		if len(tags) > 0 {
			rehearsed = append(rehearsed, Move{Branch: "tags", New: strings.Join(tags, " ")})
		}
		if in.Project.Notices != "" {
			rehearsed = append(rehearsed, Move{Branch: "liftgate/" + a.ID + "/notice", New: d.Advisory.Notice.Draft})
		}
		hold(len(land.Moves) > 0 && digest(rehearsed) == r.Of && len(r.Problems) == 0, "what lands is what was rehearsed")
		hold(d.Advisory.Lift.HeldBy == "", "a lift that is held does not push")
		checkSettled(in, d, hold)
	}
}

// checkSettled judges every branch anew and without the code under test: no unknown, unproved or conflicting cell.
func checkSettled(in Input, d Decision, hold holds) {
	maintained, _ := in.Seen.Rules.Maintained(Names(in.Seen.Public), in.Now)
	for _, branch := range maintained {
		c := d.Advisory.Cell(branch)
		hold(c != nil, "%s has a cell", branch)
		switch c.State {
		case NotAffected, Waived:
			hold(strings.TrimSpace(c.Why.Reveal()) != "", "%s is judged with a reason", branch)
			continue
		}
		tip, exists := Tip(in.Seen.Public, branch)
		if c.Landed != "" && tip == c.Landed { // the first half of a landing that was to be whole
			continue
		}
		hold(exists && c.State == Affected, "%s is known, not %s", branch, c.State)
		i := slices.IndexFunc(in.Seen.Fixes, func(v FixView) bool { return v.Number == c.Fix.Number && v.Number != 0 })
		hold(i >= 0 && in.Seen.Fixes[i].Head == c.Candidate.Fix, "%s lands the fix that is seen", branch)
		need := in.Seen.Rules.Fixes.BackportApprovals
		if branch == in.Seen.Rules.Main {
			need = in.Seen.Rules.Fixes.Approvals
		}
		approved := 0
		for _, by := range in.Seen.Fixes[i].Approvals {
			if by.Head == c.Candidate.Fix && !strings.EqualFold(by.By, in.Seen.Fixes[i].Author) {
				approved++
			}
		}
		hold(approved >= need && len(in.Seen.Fixes[i].Objectors) == 0, "%s has approvals of its head", branch)
		if c.Candidate.State == PickApplied && d.Advisory.Embargo.IsPublic() {
			continue
		}
		hold(c.Candidate.State == PickClean && c.Candidate.Tip == tip, "%s has a clean candidate on its tip", branch)
		hold(in.Seen.Rules.Checks.None || slices.ContainsFunc(in.Seen.Proofs, func(p Proof) bool {
			return p.SHA == c.Candidate.SHA && len(p.Checks) > 0 && !slices.ContainsFunc(p.Checks, func(k Check) bool { return k.State != CheckPassed })
		}), "%s has a green candidate", branch)
	}
}

// checkWords looks for embargoed words where they have no business.
func checkWords(d Decision, hold holds) {
	for _, e := range d.Effects {
		hold(!strings.Contains(e.Key+e.Kind(), "canary"), "no embargoed word in the key %q", e.Key)
		switch do := e.Do.(type) {
		case WriteStatus:
			hold(!strings.Contains(do.Body.Reveal(), "<!--"), "no marker in the status")
		case Say:
			hold(!strings.Contains(do.Body.Reveal(), "<!--"), "no marker in what is said")
		case OpenDesk:
			hold(do.Title == d.Advisory.ID, "the desk is titled with the id")
		}
	}
	for _, l := range d.Lines {
		hold(slices.Contains(historyWords, l.What), "%q is one of the fixed words of the history", l.What)
	}
	hold(!strings.Contains(fmt.Sprintf("%v %+v", d.Lines, d.Effects), "canary"), "embargoed words print a placeholder")
}

// historyWords are all that a history line can say in the clear.
var historyWords = []string{
	"refused", "set back", "opened the desk", "lost the desk", "put the mirror back", "recorded the CVE at the report", "moved the report", "opened a fix",
	"left an edited backport alone", "backported", "drafted a backport", "named what introduced it", "found the fix on the branch already", "met a conflict", "built a candidate",
	"took the CVE from the report", "branch maintained again", "branch no longer maintained", "branch no longer listed", "half landed", "pushed to a fix",
	"absorbed an early merge in the mirror", "accepted", "agreed", "declined", "rejected", "public", "rated", "affected", "not affected",
	"waived", "embargo", "restarted the embargo", "set the embargo", "ended the embargo early", "recorded the CVE", "named the fix",
	"asked for a backport", "asked for the lift", "stopped the lift", "resumed", "lift committed", "landed", "push refused", "published",
	"rehearsed", "paged", "saw the landing", "saw the releases", "drafted the notice", "published the notice", "announced", "named a release", "tagged the releases", "settled an announcement", "settled what was owed",
	"saw a bounce", "saw a delay",
	"submitted the CVE record", "rejected the CVE record", "saw the CVE record", "asked for a CVE number", "reserved a CVE number",
}

// dump writes a value with everything in it, embargoed words too, so that two can be compared. A nil slice is an empty
// one: storage does not know the difference.
func dump(v any) string {
	var b strings.Builder
	dumpValue(&b, reflect.ValueOf(v))
	return b.String()
}

func dumpValue(b *strings.Builder, v reflect.Value) {
	if v.IsValid() && v.Type() == reflect.TypeFor[time.Time]() && v.CanInterface() {
		b.WriteString(strconv.FormatInt(v.Interface().(time.Time).UnixNano(), 10))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		b.WriteByte('{')
		for i := range v.NumField() {
			dumpValue(b, v.Field(i))
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case reflect.Slice:
		b.WriteByte('[')
		for i := range v.Len() {
			dumpValue(b, v.Index(i))
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			b.WriteString("nil")
			return
		}
		dumpValue(b, v.Elem())
	case reflect.String:
		b.WriteString(strconv.Itoa(v.Len()) + ":" + v.String())
	case reflect.Int, reflect.Int64:
		b.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Bool:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Invalid:
		b.WriteString("nothing")
	default:
		panic("dump: " + v.Kind().String())
	}
}
