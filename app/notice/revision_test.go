package notice

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func onDay(n int) Date { return Day(time.Date(2026, 12, n, 9, 0, 0, 0, time.UTC)) }

// TestRevise: versions come one after the other, and one that is made again is the same.
func TestRevise(t *testing.T) {
	first := &Record{Lifecycle: Lifecycle{Published: onDay(1)}}
	first.Revise(nil, 1, Revision{Day: onDay(1), Reason: firstVersion})
	second := *first
	second.Revise(first, 2, Revision{Day: onDay(9), Reason: "main was released with the fix as v1.2"})
	again := second
	again.Revise(&second, 2, Revision{Day: onDay(9), Reason: "main was released with the fix as v1.2"})
	if !slices.Equal(again.Revisions, second.Revisions) || second.Version() != 2 || first.Version() != 1 || second.updated() != onDay(9) {
		t.Errorf("%+v, then %+v", second.Revisions, again.Revisions)
	}
	third := again
	third.Revise(&third, 3, Revision{Day: onDay(9), Reason: "main has ended"})
	if third.Version() != 3 || len(again.Revisions) != 2 {
		t.Errorf("%+v, after %+v", third.Revisions, again.Revisions)
	}
	imported := &Record{Lifecycle: Lifecycle{Published: onDay(1)}} // from before there were versions
	imported.Revise(imported, 2, Revision{Day: onDay(9), Reason: "main has lost the fix", Advice: true})
	if want := []Revision{{Day: onDay(1), Reason: firstVersion}, {onDay(9), "main has lost the fix", true}}; !slices.Equal(imported.Revisions, want) {
		t.Errorf("%+v", imported.Revisions)
	}
}

// TestChangeOf: what is said of a change, and whether it changes what users should do.
func TestChangeOf(t *testing.T) {
	mended := Marks{Tags: []string{"v1.2"}, Changes: []string{"aaaaaaa"}}
	vulnerable := Marks{Tags: []string{"v1.0"}, Changes: []string{"bbbbbbb"}}
	main := Branch{Name: "main", Vulnerable: vulnerable, Fixed: mended}
	old := Branch{Name: "old", Vulnerable: vulnerable}
	with := func(b Branch, change func(*Branch)) Branch { change(&b); return b }
	for name, c := range map[string]struct {
		now    []Branch
		reason string
		advice bool
	}{
		"nothing": {[]Branch{main, old}, "", false},
		"a further backport": {[]Branch{main, with(old, func(b *Branch) { b.Fixed.Changes = []string{"ccccccc"} })},
			"old has the fix", true},
		"a release": {[]Branch{with(main, func(b *Branch) { b.Fixed.Tags = []string{"v1.2", "v1.3"} }), old},
			"main was released with the fix as v1.3", false},
		"a release without the fix": {[]Branch{main, with(old, func(b *Branch) { b.Vulnerable.Tags = []string{"v1.0", "v1.0.1"} })},
			"old is vulnerable in v1.0.1", false},
		"a revert": {[]Branch{with(main, func(b *Branch) { b.Fixed.Changes = nil }), old}, "main has lost the fix", true},
		"other changes": {[]Branch{with(main, func(b *Branch) { b.Fixed.Changes = []string{"ddddddd"} }), old},
			"main has the fix by other changes", false},
		"a vulnerable branch ends":      {[]Branch{main, with(old, func(b *Branch) { b.Ended = onDay(1) })}, "old has ended", true},
		"a fixed branch ends":           {[]Branch{with(main, func(b *Branch) { b.Ended = onDay(1) }), old}, "main has ended", false},
		"a new vulnerable branch":       {[]Branch{main, old, {Name: "new", Vulnerable: vulnerable}}, "new is vulnerable", true},
		"a branch that was not told of": {[]Branch{main, old, {Name: "new", Fixed: mended}}, "new has the fix", true},
		"two things": {[]Branch{with(main, func(b *Branch) { b.Fixed.Tags, b.Ended = nil, onDay(1) }), old},
			"the fix of main is not in v1.2, main has ended", false},
	} {
		got := ChangeOf(Product{Branches: []Branch{main, old}}, Product{Branches: c.now})
		if got != (Change{c.reason, c.advice}) {
			t.Errorf("%s: %+v", name, got)
		}
	}
	var many []Branch
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		many = append(many, Branch{Name: name})
	}
	if got := ChangeOf(Product{}, Product{Branches: many}).Reason; got != "a is vulnerable, b is vulnerable, c is vulnerable, d is vulnerable, and 2 more changes" {
		t.Error(got)
	}
	long := Branch{Name: strings.Repeat("long/", 50)}
	if got := ChangeOf(Product{}, Product{Branches: []Branch{long}}).Reason; got != "1 changes of branches and releases" {
		t.Error(got)
	}
}

// TestRevisionsAreChecked: they are people's to write, too.
func TestRevisionsAreChecked(t *testing.T) {
	fit := func(all ...Revision) *Record {
		return &Record{ID: "2026-0001", Summary: "It overflows", Description: "It does.", Lifecycle: Lifecycle{Published: onDay(1)}, Revisions: all}
	}
	if err := fit(Revision{Day: onDay(1), Reason: "first version"}, Revision{Day: onDay(1), Reason: "a workaround is known", Advice: true}).Check(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		record *Record
		says   string
	}{
		{fit(Revision{Reason: "x"}), "revisions[0].day: this is no day"},
		{fit(Revision{Day: onDay(1)}), "revisions[0].reason: it is empty"},
		{fit(Revision{Day: onDay(1), Reason: "two\nlines"}), "revisions[0].reason: want one line"},
		{fit(Revision{Day: onDay(2), Reason: "x"}, Revision{Day: onDay(1), Reason: "y"}), "revisions[1].day: it is before"},
	} {
		if err := c.record.Check(); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v; want %s", err, c.says)
		}
	}
}

// TestRevisionsInYAML: what is written is read again.
func TestRevisionsInYAML(t *testing.T) {
	r := &Record{ID: "2026-0001", Summary: "It overflows", Description: "It does.", Lifecycle: Lifecycle{Published: onDay(1)},
		Products:  []Product{{Name: "tool", Repository: "acme/tool", Branches: []Branch{{Name: "main", Ended: onDay(5)}}}},
		Revisions: []Revision{{Day: onDay(1), Reason: firstVersion}, {Day: onDay(2), Reason: "main has lost the fix", Advice: true}}}
	text, err := Render("yaml", r, Libvirt())
	if err != nil {
		t.Fatal(err)
	}
	back, err := Parse(text)
	if err != nil || !slices.Equal(back.Revisions, r.Revisions) || back.Products[0].Branches[0].Ended != onDay(5) || strings.Count(string(text), "advice") != 1 {
		t.Errorf("%v, from\n%s", err, text)
	}
	for _, word := range []string{"maybe", "2", "[yes]"} {
		if _, err := Parse([]byte(strings.Replace(string(text), `advice: "yes"`, "advice: "+word, 1))); err == nil {
			t.Errorf("%s was read", word)
		}
	}
}

// TestLaterVersions: every format can tell of a version that is not the first, in a file of its own.
func TestLaterVersions(t *testing.T) {
	r, look, files := mustParse(t, sample), withCNA(), map[string]string{}
	r.Revise(r, 2, Revision{Day: onDay(9), Reason: "main was released with the fix as v1.2"})
	for _, format := range Formats() {
		if _, err := Render(format, r, look); err != nil {
			t.Errorf("%s: %v", format, err)
		}
		if other := files[Path(format, r)]; other != "" {
			t.Errorf("%s lies where %s does", format, other)
		}
		files[Path(format, r)] = format
	}
}
