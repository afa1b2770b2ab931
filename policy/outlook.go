package policy

import "time"

// Outlook is the verdict about the lift by what was last seen, for places that can't ask the forge now. It may be milder
// than the verdict of the next turn, which sees what has changed since and knows the project's rules: a missing CVE is a
// warning here.
func Outlook(a Advisory, now time.Time) Verdict {
	t := &turn{a: a, now: now.UTC()}
	for i, c := range a.Cells {
		if i == 0 && c.State != EndOfLife { // main comes first
			t.in.Seen.Rules.Main = c.Branch
		}
		t.in.Seen.Public = append(t.in.Seen.Public, Branch{Name: c.Branch, Tip: c.Candidate.Tip})
	}
	return t.liftVerdict()
}
