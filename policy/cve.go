package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// owesRecord reports whether the CNA has still to submit what the newest version of the notice says. The number is the one
// that the notice names: another one that people record later has no notice.
func (t *turn) owesRecord() bool {
	n := t.a.Notice
	if t.a.Over() && n.Recorded == 0 { // nobody's task then, and not now
		return false
	}
	return t.wantsNotice() && t.in.Project.CVE == CVEFromCNA && n.CVE != "" && n.Recorded < n.Version && n.CVE != t.a.CVERejection.CVE
}

// planRecord submits the CVE record once the notice is public, and rejects it where people want that.
func (t *turn) planRecord() {
	t.planRejection()
	if !t.owesRecord() || t.blind() {
		return
	}
	n := t.a.Notice
	t.ask(fmt.Sprintf("record/%d/%s", n.Version, n.CVE), SubmitRecord{CVE: n.CVE, Version: n.Version, Commit: n.Commit, Look: t.in.Seen.Rules.Notice})
}

func (t *turn) submittedRecord(do SubmitRecord) {
	if do.Version <= t.a.Notice.Recorded {
		return
	}
	t.a.Notice.Recorded = do.Version
	t.line(By, "submitted the CVE record", fmt.Sprintf("%s, from version %d of the notice", do.CVE, do.Version))
}

// maxRejection is how long a reason can be, in bytes; the record format allows that many characters.
const maxRejection = 4096

// rejectNumber takes people's word that the record is to be rejected: a duplicate, or no vulnerability after all.
func (t *turn) rejectNumber(by, args string) error {
	first, rest, _ := strings.Cut(args, " ")
	r := CVERejection{CVE: t.a.Notice.CVE}
	if validCVE(first) && first != r.CVE {
		r.Instead, args = first, strings.TrimSpace(rest)
	}
	r.Why = Embargoed(args)
	switch {
	case t.in.Project.CVE != CVEFromCNA:
		return Refusal{"the record is not the team's own CNA's", "ask whoever gave the number to reject it"}
	case t.a.Notice.Recorded == 0:
		return Refusal{"no record was submitted", "give a number that nobody needs back: liftgate cve release"}
	case t.a.CVERejection.CVE == r.CVE:
		return Refusal{r.CVE + " was rejected before, and that is for good", "nothing is left to do"}
	case args == "" || len(args) > maxRejection:
		return Refusal{"rejecting a record needs a reason of at most 4096 bytes, which the world reads", "say why: /cve reject <reason>"}
	}
	t.a.CVERejection = r
	t.line(by, "rejected the CVE record", strings.TrimSpace(r.CVE+" "+r.Instead)+": "+args)
	return nil
}

// planRejection has the CNA reject the record.
func (t *turn) planRejection() {
	if r := t.a.CVERejection; r.wanted() {
		t.ask("reject/"+r.CVE, RejectRecord{CVE: r.CVE, Instead: r.Instead, Why: r.Why})
	}
}

func (r CVERejection) wanted() bool { return r.CVE != "" && !r.Done }

// rejectedRecord ends what was owed of the record. The notice is people's to correct.
func (t *turn) rejectedRecord(do RejectRecord) {
	t.page("rejected/"+do.CVE, "The record of "+do.CVE+" was rejected. The published notice still names the number: correct it there.")
	t.a.CVERejection.Done = true
	if o := t.a.obligation(OweRecord); o != nil && o.Open() {
		o.What, o.Met = "the record of "+do.CVE+" was rejected", t.now
	}
}

// oweRecord begins the obligation that the CVE record is public, once everything else is.
func (t *turn) oweRecord() {
	if t.a.Over() || t.a.CVE == "" || t.a.CVE == t.a.CVERejection.CVE || !t.wantsNotice() || t.a.obligation(OweRecord) != nil {
		return
	}
	t.owe(OweRecord, "the record of "+t.a.CVE+" is public")
	t.a.obligation(OweRecord).Link = "https://www.cve.org/CVERecord?id=" + t.a.CVE
}

// followRecord reads the public record until it is there: each hour on the first day, and every six hours from then on.
func (t *turn) followRecord(o Obligation) {
	if t.owesNotice() || t.owesRecord() || t.a.CVE == "" {
		return // nothing is to be seen yet
	}
	pace := time.Hour
	if o.Late(t.now) != InTime {
		pace = 6 * time.Hour
	}
	if next := o.Looked.Add(pace); !o.Looked.IsZero() && next.After(t.now) {
		t.wake(next)
		return
	}
	t.ask("follow/"+t.a.CVE, FollowRecord{CVE: t.a.CVE})
}

// followedRecord takes in what the world sees. A record that was rejected is not waited for.
func (t *turn) followedRecord(do FollowRecord, seen RecordResult) {
	o := t.a.obligation(OweRecord)
	if o == nil || !o.Open() || do.CVE != t.a.CVE {
		return
	}
	o.Looked = t.now
	switch {
	case seen.Rejected:
		t.page("owed/rejected/"+do.CVE, "The public record says that "+do.CVE+" was rejected. It is not followed any more.")
		o.What, o.Met = "the record of "+do.CVE+" was rejected", t.now
	case !seen.Published.IsZero():
		o.Met = t.now
		t.line(By, "saw the CVE record", do.CVE+", published "+FormatInstant(seen.Published))
	}
}

// unfollowed tells people that the public record can't be read. The next look keeps its time.
func (t *turn) unfollowed(do FollowRecord, hint string) {
	if o := t.a.obligation(OweRecord); o != nil {
		o.Looked = t.now
	}
	t.page("follow/"+named(hint), "The public record of "+do.CVE+" can't be read: "+hint+". It is read again by itself.")
}

// taken reports whether another advisory has a number. The store knows, and says so only when one is claimed.
func (t *turn) taken(number string) bool { return slices.Contains(t.in.Taken, number) }

// askNumber takes the wish for a number of the CNA's.
func (t *turn) askNumber(by string) error {
	switch {
	case t.in.Project.CVE != CVEFromCNA && !t.asksForge():
		return Refusal{"nobody gives numbers whom Liftgate could ask", "say which number it is: /cve CVE-2026-12345"}
	case t.a.Phase == Reported:
		return Refusal{"the report was not accepted yet", "use the label `accepted` or `/accept` first"}
	case t.a.CVE != "":
		return Refusal{"it has the number " + t.a.CVE, "nothing is left to do"}
	case !t.a.Reserving.IsZero():
		return Refusal{"a number was asked for at " + FormatInstant(t.a.Reserving), "wait for it, or say which it is: /cve CVE-2026-12345"}
	}
	t.a.Reserving = t.now
	t.line(by, "asked for a CVE number", "")
	return nil
}

// asksForge reports whether the forge is whom the project asks for a number.
func (t *turn) asksForge() bool { return t.in.Project.CVE == CVEFromForge && t.in.Seen.Report.Numbered }

// planNumber asks for a number where one is wished for. Each wish is tried under a key of its own.
func (t *turn) planNumber() {
	since := t.a.Reserving
	switch {
	case since.IsZero():
	case t.in.Project.CVE == CVEFromCNA:
		t.ask(fmt.Sprintf("reserve/%d", since.UnixMilli()), ReserveCVE{Year: since.UTC().Year(), Since: since})
	case t.a.CVE != "":
		t.a.Reserving = time.Time{}
	default:
		t.requestNumber(fmt.Sprintf("request/%d", since.UnixMilli()))
	}
}

// requestNumber asks the forge, once the report is a draft there. The answer is a number in the report, which may take days.
func (t *turn) requestNumber(key string) {
	r := t.in.Seen.Report
	if t.asksForge() && (r.State == ReportDraft || r.State == ReportPublished) && !t.noted(key) {
		t.ask(key, RequestCVE{Ref: r.Ref})
	}
}

func (t *turn) reservedCVE(number string) {
	t.a.Reserving = time.Time{}
	if t.a.CVE != "" || t.a.Phase == Rejected || t.taken(number) {
		t.page("reserved/"+number, number+" was reserved, and is not needed here any more: use it elsewhere, or give it back.")
		return
	}
	t.a.CVE = number
	t.line(By, "reserved a CVE number", number)
}
