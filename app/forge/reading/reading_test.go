package reading

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func TestActorsStandOnce(t *testing.T) {
	look := policy.Look{Actors: []string{"ada", "rel"}}
	s := policy.Snapshot{
		Desk:  policy.Desk{Commands: []policy.Command{{Actor: "Ada"}, {Actor: ""}, {Actor: "eve"}}},
		Fixes: []policy.FixView{{Approvals: []policy.Approval{{By: "dev"}, {By: "REL"}}}},
	}
	if got, want := Actors(look, s), []string{"ada", "rel", "eve", "dev"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWithNamedLeavesTheLookAlone(t *testing.T) {
	look := policy.Look{Fixes: append(make([]int, 0, 9), 3)}
	named := policy.ParseComment(1, "ada", time.Time{}, "/fix #12\n/fix #3")
	if got := WithNamed(look, named).Fixes; !slices.Equal(got, []int{3, 12}) || !slices.Equal(look.Fixes[:2], []int{3, 0}) {
		t.Errorf("got %v beside %v", got, look.Fixes[:2])
	}
}

func TestEachKeepsTheOrder(t *testing.T) {
	double := func(_ context.Context, n int) (int, error) {
		if n < 0 {
			return 0, errors.New("below zero")
		}
		return 2 * n, nil
	}
	if got, err := Each(t.Context(), []int{3, 1, 2}, double); err != nil || !slices.Equal(got, []int{6, 2, 4}) {
		t.Errorf("got %v, %v", got, err)
	}
	if _, err := Each(t.Context(), []int{1, -1}, double); err == nil {
		t.Error("a failure is lost")
	}
}

func TestRefusalsAreFindings(t *testing.T) {
	var r Findings
	r.Check("%s: exists", "main")
	r.Risk("%s: open", "main")
	if err := r.Refusal("main", &policy.Trouble{Kind: policy.TroubleRefused, Hint: "no"}); err != nil {
		t.Errorf("a refusal is an error: %v", err)
	}
	if err := r.Refusal("main", &policy.Trouble{Kind: policy.TroubleAway, Hint: "later"}); err == nil {
		t.Error("what passes is no error")
	}
	var all Findings
	all.Add(Findings{}, r)
	if !slices.Equal(all.Checked, []string{"main: exists"}) || !slices.Equal(all.Risks, []string{"main: open"}) || !slices.Equal(all.Problems, []string{"main: no"}) {
		t.Errorf("got %+v", all)
	}
}
