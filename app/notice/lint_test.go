package notice

import (
	"strings"
	"testing"
	"time"
)

var today = time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)

func TestLint(t *testing.T) {
	if found := mustParse(t, sample).Lint(today); len(found) > 0 {
		t.Fatalf("the sample: %v", found)
	}
	for _, test := range []struct{ old, new, want string }{
		{"published: 2026-11-17", "published: 2026-11-01", "lifecycle.published: it was published before it was reported"},
		{"fixed: 20261117", "fixed: 20261101", "lifecycle.fixed:"},
		{"reported: 2026-11-02", "reported: 2025-11-02", "id: its year"},
		{"dan@example.org", "Dan", "credits[0].email:"},
		{"2222222222222222222222222222222222222222", "2222222", "products[0].branches[0].fixed.changes[0]:"},
		{"[1.11]", "[1.10]", "products[0].branches[0].fixed.tags:"},
		{"{changes: [3333333333333333333333333333333333333333]}", "{}", "products[0].branches: 1 of 2 have no fix: stable-1.9"},
		{"fixed: 20261117", "fixed: 20250117", "products[0].branches: 1 have a fix, and a year later"},
		{"name: stable-1.9", "name: main", "products[0].branches[1].name:"},
		{"reported: 2026-11-02", "reported: 2026-12-02", "lifecycle.reported: this day has not come yet"},
		{"[1.11], changes: [2222222222222222222222222222222222222222]", "[1.11]", "products[0].branches[0].fixed.changes: a release has the fix"},
	} {
		text := strings.Replace(sample, test.old, test.new, 1)
		var said []string
		for _, e := range mustParse(t, text).Lint(today) {
			said = append(said, e.Error())
		}
		if !strings.Contains(strings.Join(said, "\n"), test.want) {
			t.Errorf("%s: got %q, want %s", test.new, said, test.want)
		}
	}
}

// Nobody expects a fix on a branch that has ended.
func TestLintEnded(t *testing.T) {
	text := strings.Replace(sample, "fixed: {changes: [3333333333333333333333333333333333333333]}", "ended: 2026-11-01", 1)
	if found := mustParse(t, text).Lint(today); len(found) > 0 {
		t.Errorf("got %v", found)
	}
}

func TestLintAll(t *testing.T) {
	one, other := mustParse(t, sample), mustParse(t, strings.Replace(sample, "2026-0007", "2026-0008", 1))
	found := LintAll([]*Record{one, other})
	if len(found) != 1 || found[0].Error() != "references.advisories: 2026-0008: CVE-2026-12345 belongs to notice 2026-0007 too" {
		t.Errorf("got %v", found)
	}
}

func TestLintOneNumberTwice(t *testing.T) {
	one, other := mustParse(t, sample), mustParse(t, strings.Replace(sample, "2026-12345", "2026-12346", 1))
	if found := LintAll([]*Record{one, other}); len(found) != 1 || found[0].Error() != "id: two notices have the number 2026-0007" {
		t.Errorf("got %v", found)
	}
}

// Among the real notices there are errors of the kinds that are known of them.
func TestLintRealNotices(t *testing.T) {
	var records []*Record
	kinds := map[string]int{}
	for _, file := range realNotices(t) {
		r := mustParse(t, readFile(t, file))
		records = append(records, r)
		for _, e := range r.Lint(today) {
			switch {
			case strings.HasPrefix(e.Field, "lifecycle"):
				kinds["days"]++
			case strings.Contains(e.Message, "no fix"):
				kinds["fixes"]++
			case strings.HasSuffix(e.Field, "email"):
				kinds["address"]++
			}
		}
	}
	t.Logf("%v, %v", kinds, LintAll(records))
	if kinds["days"] == 0 || kinds["fixes"] == 0 || kinds["address"] != 1 {
		t.Errorf("found %v", kinds)
	}
}
