package policy

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

var (
	theTeam      = []Role{RoleTeam}
	theReporter  = []Role{RoleReporter}
	canaryReason = Embargoed("canary-reason")
)

func days(n int) time.Duration { return time.Duration(n) * Day }

// refusedFor asserts that an event was refused by the rule and changed nothing.
func refusedFor(t *testing.T, before, after Embargo, err error, rule string) {
	t.Helper()
	if _, ok := errors.AsType[Refusal](err); !ok || !strings.Contains(err.Error(), rule) {
		t.Errorf("got %v, want a refusal with %q", err, rule)
	}
	if !reflect.DeepEqual(before, after) {
		t.Errorf("a refusal changed the embargo")
	}
}

func TestDefaultIsCutBackToASlot(t *testing.T) {
	holiday := DefaultRules()
	holiday.Calendar.Holidays = []Period{{From: instantOf(t, "2026-12-21T00:00:00Z"), To: instantOf(t, "2027-01-03T00:00:00Z")}}
	for _, c := range []struct {
		name, accepted, end, note string
		rules                     Rules
	}{
		{"Sunday limit", "2026-06-21T13:42:06Z", "2026-07-02T14:00:00Z", "11 days", DefaultRules()},
		{"slot just inside", "2026-11-17T14:00:00Z", "2026-12-01T14:00:00Z", "14 days.", DefaultRules()},
		{"summer time ends in New York", "2026-10-25T12:00:00-04:00", "2026-11-05T14:00:00Z", "10 days 22 hours", DefaultRules()},
		{"year's end", "2026-12-16T09:00:00Z", "2026-12-17T14:00:00Z", "1 day 5 hours", holiday},
		{"no slot at all", "2026-12-18T09:00:00Z", "2027-01-01T09:00:00Z", "no lift slot", holiday},
		{"leap day", "2028-02-16T10:00:00Z", "2028-02-29T14:00:00Z", "13 days 4 hours", DefaultRules()},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := instantOf(t, c.accepted)
			e, line, err := Embargo{}.Default(c.rules, now)
			if err != nil || e.End.Format(time.RFC3339) != c.end || !strings.Contains(line, c.note) {
				t.Errorf("Default = %v, %q, %v; want %s, %q", e.End, line, err, c.end, c.note)
			}
			if e.State(now) != EmbargoActive || e.End.Sub(e.Start) > days(14) {
				t.Errorf("state %s, length %v", e.State(now), e.End.Sub(e.Start))
			}
		})
	}
}

func TestDefaultTakesTheShortest(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	for _, c := range []struct {
		name     string
		proposed []int // days, by different people
		end      time.Duration
		state    EmbargoState
	}{
		{"nothing proposed", nil, 9*Day + 5*time.Hour, EmbargoActive},
		{"shorter than the default", []int{5}, days(5), EmbargoActive},
		{"longer than the default", []int{20}, 9*Day + 5*time.Hour, EmbargoRevise},
		{"30 and 31, shortest first", []int{31, 30}, 9*Day + 5*time.Hour, EmbargoRevise},
		{"shorter and longer", []int{20, 5}, days(5), EmbargoRevise},
	} {
		var e Embargo
		for i, n := range c.proposed {
			e = legalOf(e.Set(r, string(rune('a'+i)), now.Add(days(n)), canaryReason, now))
		}
		if e.InForce(now) {
			t.Errorf("%s: a proposal binds", c.name)
		}
		e = legalOf(e.Default(r, now))
		if e.End.Sub(now) != c.end || e.State(now) != c.state {
			t.Errorf("%s: %v, %s; want %v, %s", c.name, e.End.Sub(now), e.State(now), c.end, c.state)
		}
	}
}

func TestSetWithinTwoWeeksNeedsNobody(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	first := legalOf(Embargo{}.Default(r, now))
	later := now.Add(3 * Day)
	for _, c := range []struct {
		name string
		end  time.Time
		want string
	}{
		{"nearer", now.Add(6*Day + 5*time.Hour), "Warning"},
		{"on a slot", instantOf(t, "2026-11-18T14:00:00Z"), "shortened by ada"},
		{"last second of the two weeks", now.Add(days(14)), "moved by ada"},
	} {
		e, line, err := first.Set(r, "ada", c.end, Text{}, later)
		if err != nil || !e.End.Equal(c.end) || e.State(later) != EmbargoActive || !strings.Contains(line, c.want) {
			t.Errorf("%s: %v, %q, %v", c.name, e.End, line, err)
		}
	}
	e, _, err := first.Set(r, "ada", now.Add(days(14)+time.Second), Text{}, later)
	refusedFor(t, first, e, err, "needs a reason")
	e, _, err = first.Set(r, "ada", now.Add(days(31)+time.Second), canaryReason, later)
	refusedFor(t, first, e, err, "at most 31 days from its start")
	e, _, err = first.Set(r, "ada", later, canaryReason, later)
	refusedFor(t, first, e, err, "use /lift now")
	e, _, err = first.Set(r, " ", now.Add(days(5)), canaryReason, later)
	refusedFor(t, first, e, err, "author")
	e, line, err := first.Set(r, "ada", first.End, Text{}, later)
	if err != nil || !reflect.DeepEqual(e, first) || !strings.Contains(line, "already ends") {
		t.Errorf("the same end again: %q, %v", line, err)
	}
}

func TestLongerNeedsASecondMember(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := legalOf(Embargo{}.Default(r, now))
	old := e.End
	e = legalOf(e.Set(r, "Ada", now.Add(days(31)), canaryReason, now))
	if e.State(now) != EmbargoRevise || !e.End.Equal(old) {
		t.Fatalf("a proposal changed the terms: %s, %v", e.State(now), e.End)
	}
	same, _, err := e.Agree(r, "aDA", theTeam, now)
	refusedFor(t, e, same, err, "one's own")
	e = legalOf(e.Agree(r, "rep", theReporter, now))
	if e.State(now) != EmbargoRevise {
		t.Fatal("a reporter's consent counted as a member's")
	}
	again, line, err := e.Agree(r, "rep", theReporter, now)
	if err != nil || !reflect.DeepEqual(again, e) || !strings.Contains(line, "already agreed") {
		t.Fatalf("repeated consent: %q, %v", line, err)
	}
	e = legalOf(e.Agree(r, "grace", theTeam, now))
	if e.State(now) != EmbargoActive || e.End.Sub(e.Start) != days(31) {
		t.Fatalf("%s, %v", e.State(now), e.End.Sub(e.Start))
	}
	if got := e.Describe(now); !strings.Contains(got, "31 days in total, as proposed by Ada and agreed by rep, grace") {
		t.Error(got)
	}
	// Agreed to the whole is agreed to a part, with no reason and nobody else.
	if e = legalOf(e.Set(r, "ada", now.Add(days(20)), Text{}, now)); e.End.Sub(now) != days(20) {
		t.Errorf("not shortened: %v", e.End)
	}
	// And asking again does not lead beyond the month, however late.
	late := now.Add(days(19))
	e2, _, err := e.Set(r, "ada", now.Add(days(32)), canaryReason, late)
	refusedFor(t, e, e2, err, "31 days")
}

func TestTwoMembersWhoAskForTheSameEndAgree(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	end := now.Add(days(21))
	e := legalOf(Embargo{}.Default(r, now))
	e = legalOf(e.Set(r, "ada", end, canaryReason, now))
	e = legalOf(e.Set(r, "ada", end, canaryReason, now))
	if e.State(now) != EmbargoRevise || len(e.Proposals) != 1 {
		t.Fatal("asking twice is agreeing with oneself")
	}
	if e = legalOf(e.Set(r, "grace", end, canaryReason, now)); e.State(now) != EmbargoActive || !e.End.Equal(end) {
		t.Errorf("%s, %v", e.State(now), e.End)
	}
}

func TestMoreSeconds(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	r.Terms.Seconds = 2
	e := legalOf(Embargo{}.Default(r, now))
	e = legalOf(e.Set(r, "ada", now.Add(days(21)), canaryReason, now))
	e = legalOf(e.Agree(r, "grace", theTeam, now))
	if e.State(now) != EmbargoRevise {
		t.Fatal("one second sufficed")
	}
	fewer := legalOf(e.Agree(DefaultRules(), "grace", theTeam, now))
	if fewer.State(now) != EmbargoActive {
		t.Error("a consent that became sufficient has no way to count")
	}
	if e = legalOf(e.Agree(r, "hedy", theTeam, now)); e.State(now) != EmbargoActive {
		t.Error("two seconds did not suffice")
	}
}

// threeRevisions is in force for 14 days at most, with revisions to 20, 25 and 30 days by three people.
func threeRevisions(now time.Time) Embargo {
	r := DefaultRules()
	e := legalOf(Embargo{}.Default(r, now))
	e = legalOf(e.Set(r, "c", now.Add(days(30)), canaryReason, now))
	e = legalOf(e.Set(r, "a", now.Add(days(20)), canaryReason, now))
	return legalOf(e.Set(r, "b", now.Add(days(25)), canaryReason, now))
}

func TestRevisionsAreWalkedShortestFirst(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := threeRevisions(now)
	e = legalOf(e.Agree(r, "grace", theTeam, now))
	e = legalOf(e.Agree(r, "grace", theTeam, now))
	e = legalOf(e.Decline("grace", now))
	if e.State(now) != EmbargoActive || e.End.Sub(now) != days(25) {
		t.Errorf("accept, accept, reject: %s, %v", e.State(now), e.End.Sub(now))
	}
	e = threeRevisions(now)
	old := e.End
	e, line, err := e.Decline("grace", now)
	if err != nil || e.State(now) != EmbargoActive || !e.End.Equal(old) || !strings.Contains(line, "Dropped with it: 2026-12-05T09:00Z by b, 2026-12-10T09:00Z by c.") {
		t.Errorf("rejecting the first: %s, %v, %q, %v", e.State(now), e.End, line, err)
	}
	e = legalOf(threeRevisions(now).Withdraw("a", now))
	if e.State(now) != EmbargoRevise || len(e.Open(now)) != 2 {
		t.Errorf("withdrawing one: %s", e.State(now))
	}
}

func TestProposalsBeforeAnEmbargoFallOneByOne(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := legalOf(Embargo{}.Set(r, "a", now.Add(days(10)), Text{}, now))
	e = legalOf(e.Set(r, "b", now.Add(days(30)), canaryReason, now))
	shortest := legalOf(e.Agree(r, "grace", theTeam, now))
	if shortest.State(now) != EmbargoRevise || shortest.End.Sub(now) != days(10) {
		t.Errorf("agreeing: %s, %v", shortest.State(now), shortest.End)
	}
	e = legalOf(e.Decline("grace", now))
	if e.State(now) != EmbargoProposed {
		t.Errorf("one of two declined: %s", e.State(now))
	}
	if got := e.State(now.Add(days(30))); got != EmbargoNone {
		t.Errorf("a proposal outlived its end: %s", got)
	}
	if e = legalOf(e.Decline("b", now)); e.State(now) != EmbargoNone {
		t.Errorf("declining one's own: %s", e.State(now))
	}
}

func TestOneProposalAPerson(t *testing.T) {
	r, now := DefaultRules(), instantOf(t, "2026-11-10T09:00:00Z")
	e := legalOf(Embargo{}.Default(r, now))
	e = legalOf(e.Set(r, "ada", now.Add(days(20)), canaryReason, now))
	e, line, err := e.Set(r, "ADA", now.Add(days(22)), canaryReason, now)
	if err != nil || len(e.Open(now)) != 1 || !strings.Contains(line, "replaces 2026-11-30T09:00Z") {
		t.Errorf("%d open, %q, %v", len(e.Open(now)), line, err)
	}
}
