package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

var viewTime = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// readyCase is an advisory with a candidate, in force until a week from viewTime.
func readyCase() policy.Advisory {
	a := policy.Advisory{ID: caseID, Project: "demo", Phase: policy.Fixing, CVE: "CVE-2026-1"}
	a.Lift.Gate = policy.GateHeld
	a.Embargo.Start, a.Embargo.End = viewTime, viewTime.Add(7*policy.Day)
	a.Cells = []policy.Cell{{
		Branch: "main", State: policy.Affected, Why: policy.Embargoed(canary), Fix: policy.Fix{Number: 1, Head: "h"},
		Candidate: policy.Candidate{SHA: "ba9876543210ffff", Fix: "h", Tip: "0123456789abffff", State: policy.PickClean},
	}}
	return a
}

func TestWaitsFor(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*policy.Advisory)
		want   string
	}{
		"reported": {func(a *policy.Advisory) { a.Phase = policy.Reported }, "a judgement at the desk: accepted or rejected"},
		"refused mirror": {func(a *policy.Advisory) {
			a.Phase, a.Waiting = policy.Reported, []string{"mirror: the mirror is a fork"}
		},
			"mirror: the mirror is a fork"},
		"rejected":    {func(a *policy.Advisory) { a.Phase = policy.Rejected }, "the desk to be closed"},
		"missing":     {func(a *policy.Advisory) { a.Waiting = []string{"main: fix #1 is a draft"} }, "main: fix #1 is a draft"},
		"not missing": {func(*policy.Advisory) {}, "the end of the embargo"},
		"landed":      {func(a *policy.Advisory) { a.Lift.Gate = policy.GateLanded }, "the publication"},
		"done":        {func(a *policy.Advisory) { a.Lift.Gate = policy.GateDone }, "the desk to be closed"},
		"over":        {func(a *policy.Advisory) { a.Lift.Gate, a.Lift.Closed = policy.GateDone, viewTime }, ""},
		"owing": {func(a *policy.Advisory) {
			a.Lift.Gate, a.Lift.Closed = policy.GateDone, viewTime
			a.Obligations = []policy.Obligation{{What: "a record", Since: viewTime.Add(-30 * time.Hour)}}
		}, "owed since " + policy.FormatInstant(viewTime.Add(-30*time.Hour)) + ": a record (amber)"},
		"bounced": {func(a *policy.Advisory) {
			a.Lift.Gate, a.Notice.Told = policy.GateDone, 1
			a.Mails = []policy.Mail{{List: "devel@example.org", Version: 1, State: policy.MailBounced, Why: "5.1.1 User unknown"}}
		}, "a word about the announcement to devel@example.org: bounced, 5.1.1 User unknown"},
		"refused": {func(a *policy.Advisory) { a.Lift.Gate, a.Lift.Stuck = policy.GateLifting, "main: a rule" },
			"the public repository refused the push: main: a rule"},
		"set back": {func(a *policy.Advisory) {
			a.Lift.Gate, a.Setbacks = policy.GateLanded, []policy.Setback{{Hint: "away"}}
		}, "tried again later: away"},
	} {
		t.Run(name, func(t *testing.T) {
			a := readyCase()
			test.change(&a)
			got := waitsFor(a, viewTime)
			if test.want == "" && len(got) > 0 || test.want != "" && !slices.Contains(got, test.want) {
				t.Errorf("waits for %q, want %q", got, test.want)
			}
			if strings.Contains(strings.Join(got, " "), canary) {
				t.Errorf("embargoed text in %q", got)
			}
		})
	}
}

// Embargoed text is in a view only for those who asked for it.
func TestViewsHideEmbargoedText(t *testing.T) {
	a := readyCase()
	a.Lift.HeldWhy = policy.Embargoed(canary)
	a.Cells[0].Backport.Files = []policy.Text{policy.Embargoed(canary)}
	a.Trail = []policy.Line{{At: viewTime, By: "mia", What: "held", Why: policy.Embargoed(canary)}}
	for reveal, want := range map[bool]int{false: 0, true: 4} {
		text, err := json.Marshal(viewAdvisory(a, viewTime, reveal))
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(string(text), canary); got != want {
			t.Errorf("reveal %v: the text shows %d times, want %d: %s", reveal, got, want, text)
		}
	}
}

// TestARehearsalsRisks are shown, whether anything else was found or not.
func TestARehearsalsRisks(t *testing.T) {
	v := viewRehearsal(policy.Rehearsal{Count: 1, Checked: []string{"tokens"}, Risks: []string{"others can push"}})
	c, out, _ := captured(func() time.Time { return viewTime })
	if err := c.showRehearsal(caseID, *v); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if !v.Passed || !strings.Contains(out.String(), "  risk     others can push\n") || !strings.Contains(string(text), `"risks":["others can push"]`) {
		t.Errorf("%s%s", out, text)
	}
}

func TestWorkLine(t *testing.T) {
	for _, test := range []struct {
		stats    store.Stats
		setbacks int
		want     string
	}{
		{store.Stats{Pending: 3, Started: 1, Done: 1}, 0, ""},
		{store.Stats{Doorbells: 1, Oldest: viewTime.Add(-90 * time.Second)}, 0, "1 doorbell waits, the oldest for 1 minute 30 seconds"},
		{store.Stats{Doorbells: 2, Oldest: viewTime.Add(time.Second)}, 0, "2 doorbells wait, the oldest for less than a second"},
		{store.Stats{Overdue: 1}, 2, "1 deadline is overdue; 2 effects were refused and are tried again"},
		{store.Stats{Overdue: 2}, 1, "2 deadlines are overdue; 1 effect was refused and is tried again"},
	} {
		if got := workLine(test.stats, test.setbacks, viewTime); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestCountdown(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		want  string
	}{{0, "7 days"}, {7*policy.Day - 90*time.Minute, "1 hour 30 minutes"}, {7 * policy.Day, "ended"}} {
		if got := viewAdvisory(readyCase(), viewTime.Add(test.after), false).Countdown; got != test.want {
			t.Errorf("after %s: %q, want %q", test.after, got, test.want)
		}
	}
}

func timeOfView() time.Time { return viewTime }
