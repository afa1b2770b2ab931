package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
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

// refused remembers a refusal, and counts those of the same effect. It stays while the effect is still wanted.
func (t *turn) refused(e Effect, hint string) (count int) {
	key := setbackKey(e.Key)
	s := t.a.setback(key)
	if s == nil {
		t.a.Setbacks = append(t.a.Setbacks, Setback{Key: key})
		s = t.a.setback(key)
	}
	if s.Hint != hint {
		t.line(By, "set back", e.Kind()+": "+hint)
	}
	s.Hint, s.At, s.Count = hint, t.now, s.Count+1
	t.asked = append(t.asked, key)
	return s.Count
}

func (t *turn) setBack(o Outcome) {
	if do, ok := o.Effect.Do.(Announce); ok && o.Trouble.Kind == TroubleUnknown {
		t.lostMail(do)
		return
	}
	count := t.refused(o.Effect, o.Trouble.Hint)
	switch do := o.Effect.Do.(type) {
	case TagReleases:
		t.tagsRefused(do, o, count)
	case Announce:
		t.page("mail/"+named(do.List.Address+o.Trouble.Hint), "The announcement to "+do.List.Address+" is set back: "+o.Trouble.Hint+". It is tried again by itself.")
	case PlanBackports:
		for _, target := range do.Targets {
			if c := t.a.Cell(target.Branch); c != nil {
				c.Backport.Failed = o.Trouble.Hint
			}
		}
	case StartChecks:
		if do.Public { // the fixes are out: people start it by hand rather than wait for it
			t.once(o.Effect.Key)
			t.page(o.Effect.Key, "CI could not be started on every branch that has landed: "+o.Trouble.Hint+". Start it there by hand.")
		}
	case SubmitRecord:
		t.page("record/"+named(o.Trouble.Hint), "The CVE record is set back: "+o.Trouble.Hint+". It is tried again by itself.")
	case RejectRecord:
		t.page("reject/"+named(o.Trouble.Hint), "The rejection of "+do.CVE+" is set back: "+o.Trouble.Hint+". It is tried again by itself.")
	case ReserveCVE:
		t.a.Reserving = time.Time{}
		t.page(o.Effect.Key, "No CVE number was reserved: "+o.Trouble.Hint+". `/cve reserve` asks anew.")
	case RequestCVE:
		t.a.Reserving = time.Time{}
		t.page(o.Effect.Key, "No CVE number is known to be asked for: "+o.Trouble.Hint+". Look at the report; `/cve reserve` asks anew.")
	case FollowRecord:
		t.unfollowed(do, o.Trouble.Hint)
	case ReviseNotice:
		t.page("set-back/"+named(o.Trouble.Hint), fmt.Sprintf("Version %d of the notice is set back: %s. It is tried again by itself.", do.Version, o.Trouble.Hint))
	case PublishNotice:
		t.page("set-back/"+named(o.Trouble.Hint), "The notice is set back: "+o.Trouble.Hint+". It is tried again by itself, and with each new draft.")
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
	case PlanBackports:
		t.plannedBackports(o, do)
	case ExplainFix:
		t.explained(do, o.Number)
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
	case PublishNotice:
		t.publishedNotice(do, o.Notice)
	case ReviseNotice:
		t.revisedNotice(o.Notice)
		t.a.Notice.Printed = t.a.Notice.Version
	case TagReleases:
		t.tagged(do, o.Tags)
	case Announce:
		t.mailed(do, MailSent, o.Mailed)
	case SubmitRecord:
		t.submittedRecord(do)
	case RejectRecord:
		t.rejectedRecord(do)
	case ReserveCVE:
		t.reservedCVE(o.CVE)
	case RequestCVE:
		t.once(o.Effect.Key)
	case FollowRecord:
		t.followedRecord(do, o.Record)
	case ResetMirror:
		t.line(By, "put the mirror back", fmt.Sprintf("%s from %s to %s", do.Branch, short(do.From), short(do.To)))
	case UpdateReport:
		t.updatedReport(do)
	case Say:
		t.said(o.Effect.Key)
	case StartChecks:
		t.once(o.Effect.Key)
	case DraftNotice:
		t.line(By, "drafted the notice", do.Ref)
	case CloseDesk, ReadyFix, SetHold, CloseFix, DropRefs:
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
	if c != nil && do.Draft {
		c.Drafted = number
	}
	if c == nil || c.Fix.Number == number { // adopted from the mirror before its outcome was known
		return
	}
	c.Fix = Fix{Number: number, HeadRef: do.HeadRef, Head: c.Backport.Head}
	t.line(By, "opened a fix", fmt.Sprintf("fix %d for %s", number, do.Branch))
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
