package policy

import (
	"strings"
	"testing"
	"time"
)

// numbered is a world whose project has its numbers from its own CNA.
func numbered(t *testing.T) *world {
	w := noticed(t)
	w.project.CVE = CVEFromCNA
	return w
}

func TestRecordFollowsTheNotice(t *testing.T) {
	w := numbered(t).ready()
	if w.until(w.end().Add(-time.Second)); len(w.records) != 0 {
		t.Fatal("submitted before the end")
	}
	w.until(w.end()).published(1)
	if len(w.records) != 1 || w.records[0].CVE != w.a.CVE || w.records[0].Commit != w.a.Notice.Commit || !w.a.Over() {
		t.Errorf("%+v", w.records)
	}
	if !strings.Contains(w.status, w.a.CVE+", its record was submitted") {
		t.Error("the desk does not say so")
	}
}

// TestOthersRecords: who has the number from elsewhere submits nothing.
func TestOthersRecords(t *testing.T) {
	for _, source := range []string{CVEFromForge, CVETyped} {
		w := noticed(t)
		w.project.CVE = source
		w.ready()
		w.until(w.end()).published(1)
		if len(w.records) != 0 {
			t.Errorf("%s: %+v", source, w.records)
		}
	}
}

// TestRecordIsOwed: a refusal is told and tried again, and the desk stays open meanwhile.
func TestRecordIsOwed(t *testing.T) {
	w := numbered(t).ready()
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "submit-record" {
			return &Trouble{Kind: TroubleRefused, Hint: "the number is another CNA's"}
		}
		return nil
	}
	w.until(w.end()).pass(time.Minute)
	if w.a.Over() || !w.paged("The CVE record is set back: the number is another CNA's") {
		t.Fatal("nobody was told, or the case was closed without its record")
	}
	w.trouble = nil
	if w.pass(time.Hour); len(w.records) != 1 || !w.a.Over() {
		t.Errorf("%+v", w.records)
	}
}

// TestEarlyRecord: what is public already has its record at once, which is corrected when the fixes have landed.
func TestEarlyRecord(t *testing.T) {
	w := numbered(t).accepted().comment("ada", "/cve CVE-2026-1234").comment("ada", "/public seen on a list").settle()
	if len(w.records) != 1 || w.records[0].Version != 1 || w.records[0].CVE != "CVE-2026-1234" {
		t.Fatalf("%+v", w.records)
	}
}

// TestRejectRecord: the allocator can have a record rejected, whatever else is over, and it is submitted no more.
func TestRejectRecord(t *testing.T) {
	w := numbered(t).ready()
	w.comment("ada", "/cve reject too early").settle()
	w.refused("no record was submitted")
	w.until(w.end()).published(1)
	w.settle().pass(Day)
	if !w.a.Idle() || len(w.records) != 1 {
		t.Fatalf("%+v, %+v", w.a.Owes(), w.records)
	}
	w.comment("ada", "/cve reject").comment("ada", "/cve CVE-2026-9999").settle()
	w.refused("rejecting a record needs a reason")
	w.refused("the advisory is published")
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "reject-record" {
			return &Trouble{Kind: TroubleRefused, Hint: "the account has no rights"}
		}
		return nil
	}
	w.comment("ada", "/cve reject CVE-2026-9999 the same as the other one").pass(time.Minute)
	if w.a.Idle() || !w.paged("The rejection of "+w.a.CVE+" is set back: the account has no rights") {
		t.Fatal("nobody was told, or nobody tries again")
	}
	w.trouble = nil
	w.pass(Day)
	if len(w.rejections) != 1 || !w.a.Idle() || !w.paged("The published notice still names the number") {
		t.Fatalf("%+v, owes %+v", w.rejections, w.a.Owes())
	}
	if do := w.rejections[0]; do.CVE != w.a.CVE || do.Instead != "CVE-2026-9999" || do.Why.Reveal() != "the same as the other one" {
		t.Errorf("%+v", do)
	}
	if !strings.Contains(w.status, w.a.CVE+", its record was rejected") {
		t.Error("the desk does not say so")
	}
	version := w.a.Notice.Version
	w.changed = "stable-1.0 has the fix"
	w.settle().pass(time.Second)
	w.comment("ada", "/cve reject once more").settle().pass(Day)
	w.refused("was rejected before")
	if w.a.Notice.Version != version+1 || len(w.records) != 1 || len(w.rejections) != 1 {
		t.Errorf("version %d, submitted %d times, rejected %d times", w.a.Notice.Version, len(w.records), len(w.rejections))
	}
}

// TestReserve: a number is reserved once for each wish, and people decide where it fails.
func TestReserve(t *testing.T) {
	w := numbered(t).accepted()
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "reserve-cve" {
			return &Trouble{Kind: TroubleRefused, Hint: "nobody knows"}
		}
		return nil
	}
	w.comment("ada", "/cve reserve").settle()
	w.pass(Day)
	if w.a.CVE != "" || !w.a.Reserving.IsZero() || !w.paged("No CVE number was reserved: nobody knows") {
		t.Fatalf("%q, %v", w.a.CVE, w.a.Reserving)
	}
	w.trouble = nil
	if w.pass(Day); w.done["reserve-cve"] != 0 {
		t.Fatal("reserved without being asked")
	}
	w.comment("ada", "/cve reserve").settle()
	w.comment("ada", "/cve reserve").settle()
	if w.a.CVE != "CVE-2026-4321" || w.done["reserve-cve"] != 1 {
		t.Errorf("%q, reserved %d times", w.a.CVE, w.done["reserve-cve"])
	}
	other := noticed(t).accepted().comment("ada", "/cve reserve").settle()
	if other.done["reserve-cve"] != 0 || other.a.CVE != "" {
		t.Error("reserved without a CNA")
	}
}

// TestTakenNumber: the store's refusal is told with the rule, wherever the number comes from.
func TestTakenNumber(t *testing.T) {
	w := numbered(t).accepted()
	w.comment("ada", "/cve CVE-2026-1234")
	in := w.input()
	if d := Decide(w.a, in); d.Claims != "CVE-2026-1234" || d.Advisory.CVE != d.Claims {
		t.Fatalf("claims %q", d.Claims)
	}
	in.Seen.Report.CVE = "CVE-2026-1234"
	in.Taken = []string{"CVE-2026-1234"}
	d := checkedDecide(t, w.a, in)
	said := ""
	for _, m := range d.Advisory.Unsaid {
		said += m.Body.Reveal()
	}
	if d.Claims+d.Advisory.CVE != "" || !strings.Contains(said, "another advisory has this number, and each has its own") || !strings.Contains(said, "The report names CVE-2026-1234") {
		t.Errorf("claims %q: %s", d.Claims, said)
	}
	in.Outcomes = []Outcome{{Effect: Effect{Key: "reserve/1", Advisory: w.a.ID, Do: ReserveCVE{}}, CVE: "CVE-2026-1234"}}
	if d := checkedDecide(t, w.a, in); d.Advisory.CVE != "" {
		t.Error("a reserved number that another has was taken")
	}
}

// TestRequestNumber: a forge that gives numbers is asked once for each wish, and the number comes with the report.
func TestRequestNumber(t *testing.T) {
	w := noticed(t)
	w.project.CVE, w.report.Numbered = CVEFromForge, true
	w.trouble = func(e Effect) *Trouble {
		if e.Kind() == "request-cve" {
			return &Trouble{Kind: TroubleUnknown, Hint: "it may have arrived"}
		}
		return nil
	}
	w.accepted().comment("ada", "/cve reserve").settle()
	if !w.a.Reserving.IsZero() || !w.paged("No CVE number is known to be asked for: it may have arrived") {
		t.Fatal("nobody was told, or it is still asked for")
	}
	w.trouble = nil
	if w.pass(Day); w.done["request-cve"] != 0 {
		t.Fatal("an unknown outcome was tried again")
	}
	w.comment("ada", "/cve reserve").settle()
	w.comment("ada", "/cve reserve").pass(Day)
	if w.done["request-cve"] != 1 || !strings.Contains(w.status, "| CVE | asked for |") {
		t.Fatalf("asked %d times: %s", w.done["request-cve"], w.status)
	}
	w.report.CVE = "CVE-2026-4321"
	if w.settle(); w.a.CVE != "CVE-2026-4321" || !w.a.Reserving.IsZero() {
		t.Errorf("%q, %v", w.a.CVE, w.a.Reserving)
	}
	typed := noticed(t)
	typed.project.CVE, typed.report.Numbered = CVETyped, true
	if typed.accepted().comment("ada", "/cve reserve").settle(); typed.done["request-cve"] != 0 {
		t.Error("the forge was asked though people type the numbers")
	}
}

// TestTypedNumber: a number has one spelling, whoever writes it.
func TestTypedNumber(t *testing.T) {
	for typed, good := range map[string]bool{
		"CVE-2026-1234": true, "CVE-2026-0007": true, "CVE-2026-1234567890123456789": true,
		"CVE-2026-01234": false, "CVE-2026-007": false, "cve-2026-1234": false, "2026-1234": false, "CVE-26-1234": false, "CVE-2026-12345678901234567890": false,
		"CVE-2026-1234.": false, "CVE-2026-1234 CVE-2026-1235": false, "[CVE-2026-1234](https://example.org)": false, "CVE-2026-１２３４": false, "CVE-2026--1234": false,
	} {
		w := newWorld(t).accepted().comment("ada", "/cve "+typed).settle()
		if got := w.a.CVE; (got != "") != good || good && got != typed {
			t.Errorf("%q was taken as %q", typed, got)
		}
	}
}
