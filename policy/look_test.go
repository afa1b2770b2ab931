package policy

import (
	"slices"
	"testing"
)

// TestLookNamesMaintainedBranches: what protects a branch matters as long as it is maintained.
func TestLookNamesMaintainedBranches(t *testing.T) {
	a := Advisory{ID: "LSN-2026-0007", Cells: []Cell{
		{Branch: "main", State: Affected}, {Branch: "stable-1", State: NotAffected}, {Branch: "stable-0", State: EndOfLife}, {Branch: "stable-2"},
	}}
	if got := a.Look().Branches; !slices.Equal(got, []string{"main", "stable-1", "stable-2"}) {
		t.Errorf("%q", got)
	}
}
