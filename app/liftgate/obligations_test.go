package main

import (
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// What is open is listed with its deadline and where to look, and what was met is not.
func TestViewObligations(t *testing.T) {
	a := readyCase()
	a.Obligations = []policy.Obligation{
		{Name: policy.OweRecord, What: "a record", Since: viewTime, Link: "https://www.cve.org/CVERecord?id=CVE-2026-1"}, {Name: "other", What: "met", Since: viewTime, Met: viewTime},
	}
	for after, late := range map[time.Duration]string{0: "", 24 * time.Hour: "amber", 72 * time.Hour: "red"} {
		views := viewObligations(a, viewTime.Add(after))
		want := obligationView{
			Advisory: caseID, Project: "demo", Name: policy.OweRecord, What: "a record", Since: viewTime, Deadline: viewTime.Add(72 * time.Hour), Late: late,
			Link: "https://www.cve.org/CVERecord?id=CVE-2026-1",
		}
		if len(views) != 1 || views[0] != want {
			t.Errorf("after %s: %+v", after, views)
		}
	}
}
