package main

import (
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// advisoryView is an advisory as commands print it. Fields with embargoed words are empty unless they were asked for.
type advisoryView struct {
	ID          string         `json:"id"`
	Project     string         `json:"project"`
	Phase       string         `json:"phase"`
	Report      string         `json:"report,omitempty"`
	Reporter    string         `json:"reporter,omitempty"`
	Severity    string         `json:"severity,omitempty"`
	CVE         string         `json:"cve,omitempty"`
	Desk        int            `json:"desk,omitempty"`
	Opened      *time.Time     `json:"opened,omitempty"`
	Embargo     string         `json:"embargo"`
	EmbargoEnds *time.Time     `json:"embargo_ends,omitempty"`
	Countdown   string         `json:"countdown,omitempty"`
	WaitsFor    []string       `json:"waits_for"`
	Warnings    []string       `json:"warnings,omitempty"`
	HeldBy      string         `json:"held_by,omitempty"`
	HeldWhy     string         `json:"held_why,omitempty"`
	Gate        string         `json:"gate"`
	Landed      *time.Time     `json:"landed,omitempty"`
	Published   *time.Time     `json:"published,omitempty"`
	Closed      *time.Time     `json:"closed,omitempty"`
	Branches    []branchView   `json:"branches"`
	Mails       []mailView     `json:"mails,omitempty"`
	Rehearsal   *rehearsalView `json:"rehearsal,omitempty"`
	Trail       []lineView     `json:"last_steps,omitempty"`
}

// mailView is the announcement of one version of the notice to one list.
type mailView struct {
	List    string    `json:"list"`
	Version int       `json:"version"`
	State   string    `json:"state"`
	Why     string    `json:"why,omitempty"`
	ID      string    `json:"message_id,omitempty"`
	At      time.Time `json:"at"`
}

// branchView is one cell.
type branchView struct {
	Branch    string   `json:"branch"`
	State     string   `json:"state"`
	By        string   `json:"by,omitempty"`
	Why       string   `json:"why,omitempty"`
	Fix       int      `json:"fix,omitempty"`
	FixURL    string   `json:"fix_url,omitempty"`
	Backport  string   `json:"backport,omitempty"`
	Conflicts []string `json:"conflicts,omitempty"`
	// Conflicted says that the backport waits for a person.
	Conflicted bool   `json:"conflicted,omitempty"`
	Before     string `json:"before,omitempty"`
	Candidate  string `json:"candidate,omitempty"`
	Landed     string `json:"landed,omitempty"`
}

// rehearsalView is the last rehearsal.
type rehearsalView struct {
	Count    int       `json:"count"`
	At       time.Time `json:"at"`
	Why      string    `json:"why"`
	Passed   bool      `json:"passed"`
	Checked  []string  `json:"checked"`
	Risks    []string  `json:"risks"`
	Problems []string  `json:"problems"`
}

// lineView is a line of the history.
type lineView struct {
	At   time.Time `json:"at"`
	By   string    `json:"by"`
	What string    `json:"what"`
	Why  string    `json:"why,omitempty"`
}

func viewAdvisory(a policy.Advisory, now time.Time, reveal bool) advisoryView {
	v := advisoryView{
		ID: a.ID, Project: a.Project, Phase: string(a.Phase), Report: a.Report, Reporter: a.Reporter, Severity: a.Severity,
		CVE: a.CVE, Desk: a.DeskNumber, Opened: instant(a.Opened), Embargo: string(a.Embargo.State(now)),
		EmbargoEnds: instant(a.Embargo.End), WaitsFor: waitsFor(a, now), HeldBy: a.Lift.HeldBy, HeldWhy: revealed(a.Lift.HeldWhy, reveal),
		Gate: string(a.Lift.Gate), Landed: instant(a.Lift.Landed), Published: instant(a.Lift.Published),
		Closed: instant(a.Lift.Closed), Branches: []branchView{}, Rehearsal: viewRehearsal(a.Lift.Rehearsal),
	}
	v.Countdown = "-"
	switch {
	case a.Embargo.Ended(now):
		v.Countdown = "ended"
	case a.Embargo.InForce(now):
		v.Countdown = policy.FormatLength(a.Embargo.Remaining(now))
	}
	if a.CVE == "" && a.Phase != policy.Reported && a.Phase != policy.Rejected {
		v.Warnings = append(v.Warnings, "no CVE number is recorded")
	}
	for _, c := range a.Cells {
		v.Branches = append(v.Branches, viewBranch(c, reveal))
	}
	for _, m := range a.Mails {
		v.Mails = append(v.Mails, mailView{m.List, m.Version, string(m.State), m.Why, m.ID, m.At.UTC()})
	}
	for _, l := range a.Trail {
		v.Trail = append(v.Trail, lineView{l.At.UTC(), l.By, l.What, revealed(l.Why, reveal)})
	}
	return v
}

func viewBranch(c policy.Cell, reveal bool) branchView {
	b := branchView{
		Branch: c.Branch, State: string(c.State), By: c.By, Why: revealed(c.Why, reveal), Fix: c.Fix.Number, FixURL: c.Fix.URL,
		Backport: string(c.Backport.State), Conflicted: c.Conflicted(), Before: c.Candidate.Tip, Candidate: c.Candidate.SHA, Landed: c.Landed,
	}
	for _, file := range c.Backport.Files {
		if reveal {
			b.Conflicts = append(b.Conflicts, file.Reveal())
		}
	}
	return b
}

// note is what else there is to say about a branch in a table.
func (b branchView) note() string {
	var notes []string
	if b.Conflicted {
		notes = append(notes, "the backport conflicts")
	}
	notes = append(notes, b.Conflicts...)
	if b.Why != "" {
		notes = append(notes, b.By+": "+b.Why)
	}
	return strings.Join(notes, ", ")
}

func viewRehearsal(r policy.Rehearsal) *rehearsalView {
	if r.Count == 0 {
		return nil
	}
	return &rehearsalView{
		Count: r.Count, At: r.At.UTC(), Why: r.Why, Passed: len(r.Problems) == 0,
		Checked: append([]string{}, r.Checked...), Risks: append([]string{}, r.Risks...), Problems: append([]string{}, r.Problems...),
	}
}

// waitsFor lists what an advisory waits for, by what was last seen.
func waitsFor(a policy.Advisory, now time.Time) []string {
	waits := []string{}
	switch {
	case a.Over():
		return slices.Concat(waits, asked(a), owed(a, now))
	case a.Phase == policy.Reported:
		return append(append(waits, a.Waiting...), "a judgement at the desk: accepted or rejected") // a mirror that is refused has no desk
	case a.Phase == policy.Rejected || a.Lift.Gate == policy.GateDone:
		return slices.Concat(append(waits, "the desk to be closed"), asked(a), owed(a, now))
	case a.Lift.Gate == policy.GateLanded:
		waits = append(waits, "the publication")
	default:
		waits = append(waits, missingForLift(a)...)
	}
	for _, s := range a.Setbacks {
		waits = append(waits, "tried again later: "+s.Hint)
	}
	if len(waits) > 0 {
		return waits
	}
	if !a.Embargo.Ended(now) {
		return append(waits, "the end of the embargo")
	}
	return append(waits, "the lift")
}

// asked lists the announcements about which people have to say something.
func asked(a policy.Advisory) []string {
	var open []string
	for _, m := range a.Mails {
		if m.Version == a.Notice.Told && m.Asks() {
			open = append(open, "a word about the announcement to "+m.Words())
		}
	}
	return open
}

// owed lists what the world is still owed.
func owed(a policy.Advisory, now time.Time) []string {
	var open []string
	for _, o := range a.Owes() {
		words := "owed since " + policy.FormatInstant(o.Since) + ": " + o.What
		if late := o.Late(now); late != policy.InTime {
			words += " (" + string(late) + ")"
		}
		open = append(open, words)
	}
	return open
}

// missingForLift lists what stands between the end of the embargo and the lift.
func missingForLift(a policy.Advisory) []string {
	missing := slices.Clone(a.Waiting)
	if a.Lift.Stuck != "" {
		missing = append(missing, "the public repository refused the push: "+a.Lift.Stuck)
	}
	return missing
}
