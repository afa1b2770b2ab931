package policy

import "fmt"

// owesRecord reports whether the CNA has still to submit what the newest version of the notice says. The number is the one
// that the notice names: another one that people record later has no notice.
func (t *turn) owesRecord() bool {
	n := t.a.Notice
	return t.wantsNotice() && t.in.Project.CVE == CVEFromCNA && n.CVE != "" && n.Recorded < n.Version
}

// planRecord submits the CVE record once the notice is public.
func (t *turn) planRecord() {
	if !t.owesRecord() {
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
