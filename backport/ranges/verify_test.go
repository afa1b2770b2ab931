package ranges

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
)

func TestVerifyRefusesAFixedTagWithoutTheFix(t *testing.T) {
	w := newWork(t)
	bug := w.change("bug", "Bring the bug")
	w.tag("v1.0")
	w.cut("v1.0-maint", "v1.0")
	w.tag("v1.0.1")
	w.on("main")
	one, two := w.change("fix1", "Fix, first half"), w.change("fix2", "Fix, second half")
	w.tag("v1.1")
	w.on("v1.0-maint")
	first := w.pick(one)
	w.tag("v1.0.2")
	second := w.pick(two)
	w.tag("v1.0.3")
	w.revert(second)
	w.tag("v1.0.4")
	h := w.load()
	truth := []Claim{
		{"main", Marks{[]string{"v1.0"}, shas(bug)}, Marks{[]string{"v1.1"}, shas(one, two)}},
		{"v1.0-maint", Marks{[]string{"v1.0.1", "v1.0.2", "v1.0.4"}, shas(bug)}, Marks{[]string{"v1.0.3"}, shas(first, second)}},
	}
	mistyped := backport.SHA(strings.Repeat("ab", 20))
	for name, test := range map[string]struct {
		edit func(main, maint *Claim)
		want []Wrong
	}{
		"truth":       {func(_, _ *Claim) {}, nil},
		"no fix":      {func(_, maint *Claim) { maint.Fixed.Tags = append(maint.Fixed.Tags, "v1.0.1") }, []Wrong{{"v1.0-maint", "v1.0.1", one, NotFixed}}},
		"half a fix":  {func(_, maint *Claim) { maint.Fixed.Tags[0] = "v1.0.2" }, []Wrong{{"v1.0-maint", "v1.0.2", two, NotFixed}}},
		"reverted":    {func(_, maint *Claim) { maint.Fixed.Tags[0] = "v1.0.4" }, []Wrong{{"v1.0-maint", "v1.0.4", two, NotFixed}}},
		"wrong tag":   {func(main, _ *Claim) { main.Fixed.Tags[0] = "v1.1.0" }, []Wrong{{"main", "v1.1.0", "", NoTag}}},
		"no such":     {func(main, _ *Claim) { main.Vulnerable.Tags = append(main.Vulnerable.Tags, "v0") }, []Wrong{{"main", "v0", "", NoTag}}},
		"has the fix": {func(_, maint *Claim) { maint.Vulnerable.Tags[0] = "v1.0.3" }, []Wrong{{"v1.0-maint", "v1.0.3", "", HasFix}, {"v1.0-maint", "v1.0.1", "", Unrecorded}}},
		"mistyped":    {func(main, _ *Claim) { main.Fixed.Changes = append(main.Fixed.Changes, mistyped) }, []Wrong{{"main", "", mistyped, NoCommit}}},
		"branch":      {func(_, maint *Claim) { maint.Branch = "v1.0-stable" }, []Wrong{{"v1.0-stable", "", "", NoBranch}}},
		"not there":   {func(main, _ *Claim) { main.Fixed.Changes = shas(one, two, second, h.shas[h.place(second)+1]) }, nil},
		"no release":  {func(_, maint *Claim) { maint.Fixed.Tags = nil }, []Wrong{{"v1.0-maint", "v1.0.3", "", Unrecorded}}},
	} {
		t.Run(name, func(t *testing.T) {
			claims := slices.Clone(truth)
			for i := range claims {
				claims[i].Vulnerable.Tags, claims[i].Fixed.Tags = slices.Clone(claims[i].Vulnerable.Tags), slices.Clone(claims[i].Fixed.Tags)
			}
			test.edit(&claims[0], &claims[1])
			found, err := h.Verify(t.Context(), claims, Tags{})
			if err != nil {
				t.Fatal(err)
			}
			if name == "not there" {
				if !slices.ContainsFunc(found, func(w *Wrong) bool { return w.Branch == "main" && w.Problem == NotThere }) {
					t.Errorf("found %v, want a commit that main does not have", found)
				}
				return
			}
			var got []Wrong
			for _, w := range found {
				got = append(got, *w)
			}
			for _, want := range test.want {
				if !slices.Contains(got, want) {
					t.Errorf("found %v, want %v", found, &want)
				}
			}
			if len(test.want) == 0 && len(got) > 0 {
				t.Errorf("found %v in the truth", found)
			}
		})
	}
}

func TestWrongNamesAreTyped(t *testing.T) {
	w := newWork(t)
	fix := w.change("fix", "Fix")
	h := w.load()
	unknown := backport.SHA(strings.Repeat("ab", 20))
	for _, q := range []Query{{Fix: shas(unknown)}, {Fix: shas(fix), Introduced: shas(unknown)}, {Fix: shas(fix), Branches: []string{"nowhere"}}} {
		_, err := h.Find(t.Context(), q)
		if _, ok := errors.AsType[*Wrong](err); !ok {
			t.Errorf("%v: %v is not a *Wrong", q, err)
		}
	}
	if _, err := h.Find(t.Context(), Query{Introduced: shas(fix)}); backport.KindOf(err) != backport.ErrInvalid {
		t.Errorf("without a fix: %v", err)
	}
}
