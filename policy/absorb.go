package policy

import (
	"fmt"
	"slices"
	"strings"
)

// absorb takes in what became of the effects that were asked for.
func (t *turn) absorb() {
	for _, o := range t.in.Outcomes {
		if o.Trouble != nil {
			t.setBack(o)
			continue
		}
		t.done(o)
	}
}

// setBack remembers a refusal. It stays while the same effect is still wanted.
func (t *turn) setBack(o Outcome) {
	key := setbackKey(o.Effect.Key)
	s := t.a.setback(key)
	if s == nil {
		t.a.Setbacks = append(t.a.Setbacks, Setback{Key: key})
		s = t.a.setback(key)
	}
	if s.Hint != o.Trouble.Hint {
		t.line(By, "set back", o.Effect.Kind()+": "+o.Trouble.Hint)
	}
	s.Hint, s.At, s.Count = o.Trouble.Hint, t.now, s.Count+1
	t.asked = append(t.asked, key)
	switch do := o.Effect.Do.(type) {
	case MakeBackport:
		if c := t.a.Cell(do.Branch); c != nil {
			c.Backport.Failed = o.Trouble.Hint
		}
	case StartChecks:
		if do.Public { // the fixes are out: people start it by hand rather than wait for it
			t.once(o.Effect.Key)
			t.page(o.Effect.Key, "CI could not be started on every branch that has landed: "+o.Trouble.Hint+". Start it there by hand.")
		}
	case Land, PublishReport:
		t.page("set-back/"+named(o.Trouble.Hint), "The lift is set back: "+o.Trouble.Hint+". It is tried again by itself; `/resume` tries at once.")
	}
}

func (t *turn) done(o Outcome) {
	switch do := o.Effect.Do.(type) {
	case OpenDesk:
		t.openedDesk(int(o.Number))
	case WriteStatus:
		t.a.StatusComment, t.a.StatusDigest = o.Number, do.Digest
	case OpenFix:
		t.openedFix(do, int(o.Number))
	case MakeBackport:
		t.madeBackport(do, o.Backport)
	case BuildCandidates:
		t.builtCandidates(do, o.Candidates)
	case Probe:
		t.rehearsed(do, o)
	case Land:
		t.landed(do, o.Landing)
	case PublishReport:
		if strings.HasPrefix(o.Effect.Key, publishKey+"/") {
			t.line(By, "recorded the CVE at the report", do.CVE)
			return
		}
		t.published()
	case ResetMirror:
		t.line(By, "put the mirror back", fmt.Sprintf("%s from %s to %s", do.Branch, short(do.From), short(do.To)))
	case UpdateReport:
		t.updatedReport(do)
	case Say:
		t.said(o.Effect.Key)
	case StartChecks:
		t.once(o.Effect.Key)
	case CloseDesk, SetHold, CloseFix, DropRefs:
		// The forge shows these: the next snapshot proves them.
	}
}

func (t *turn) updatedReport(do UpdateReport) {
	if do.CVE != "" {
		t.line(By, "recorded the CVE at the report", do.CVE)
	}
	if do.State != "" {
		t.line(By, "moved the report", string(do.State))
	}
}

func (t *turn) openedDesk(number int) {
	if t.a.DeskNumber == number {
		return
	}
	t.a.DeskNumber = number
	t.line(By, "opened the desk", fmt.Sprintf("#%d", number))
}

func (t *turn) openedFix(do OpenFix, number int) {
	c := t.a.Cell(do.Branch)
	if c == nil || c.Fix.Number == number { // adopted from the mirror before its outcome was known
		return
	}
	c.Fix = Fix{Number: number, HeadRef: do.HeadRef, Head: c.Backport.Head}
	t.line(By, "opened a fix", fmt.Sprintf("fix %d for %s", number, do.Branch))
}

func (t *turn) madeBackport(do MakeBackport, r BackportResult) {
	c := t.a.Cell(do.Branch)
	if c == nil {
		return
	}
	if r.Edited { // a person got there first: theirs counts
		c.Backport.Edited = true
		c.Backport.Source, c.Backport.Onto = do.Source, do.Onto
		t.line(By, "left an edited backport alone", do.Branch)
		return
	}
	c.Backport = Backport{State: r.State, Source: do.Source, Onto: do.Onto, Head: r.Head, Files: boxed(r.Files)}
	switch r.State {
	case PickClean:
		t.line(By, "backported", fmt.Sprintf("%s: %s", do.Branch, short(r.Head)))
	case PickApplied:
		c.State, c.By, c.Why = NotAffected, By, Embargoed("the same change is on the branch already")
		t.line(By, "found the fix on the branch already", do.Branch)
	case PickConflict:
		t.line(By, "met a conflict", fmt.Sprintf("%s: %d files", do.Branch, len(r.Files)))
	}
}

func (t *turn) builtCandidates(do BuildCandidates, results []CandidateResult) {
	for _, r := range results {
		c := t.a.Cell(r.Branch)
		i := slices.IndexFunc(do.Parts, func(p Part) bool { return p.Branch == r.Branch })
		if c == nil || i < 0 {
			continue
		}
		part := do.Parts[i]
		c.Candidate = Candidate{SHA: r.SHA, Fix: part.Fix, Tip: part.Tip, State: r.State, Files: boxed(r.Files)}
		t.line(By, "built a candidate", fmt.Sprintf("%s: %s", r.Branch, candidateWords(r)))
	}
}

func candidateWords(r CandidateResult) string {
	if r.State == PickClean {
		return short(r.SHA)
	}
	return string(r.State)
}

func boxed(words []string) []Text {
	texts := make([]Text, len(words))
	for i, w := range words {
		texts[i] = Embargoed(w)
	}
	return texts
}

// short is the first twelve characters of a SHA, for people.
func short(sha string) string { return sha[:min(len(sha), 12)] }
