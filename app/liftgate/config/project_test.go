package config

import (
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/policy"
)

const wholeProject = `# what a team may write
main: master
branches:
  - name: stable-1.2
    eol: 2027-03-01
  - name: "1.10"
    eol: 2027-03-01T14:00+02:00
  - name: 1.20          # a number to YAML, a name to us
  - name: stable-*
people:
  team: [alice, bob_acme, "robot[bot]"]
  release_managers: [carol]
  moderators: [dave]
  cve_allocators: [erin]
  vendors: [frank]
embargo:
  default_days: 7
  lift_weekdays: [mon, wed]
  lift_time: "09:30"
  holidays: [2026-12-25, {from: 2026-12-28, to: 2027-01-02}]
lift: {by: button, drift: hold}
fixes: {approvals: 2, backport_approvals: 0, copy_labels: false}
checks: {required: [build, test / linux], none: false}
cve: {missing: warn}
notice: {title: Tiny, product: tinyserve, site: "https://security.example.org/", formats: [osv, csaf], files: [patch, bundle], branch: trunk, tags: "v*", packages: [{ecosystem: PyPI, name: tinyserve, tag: v}]}
lists:
  - {name: Announcements, address: announce@lists.example.org, subject_tag: "[SECURITY]"}
  - {address: oss-security@lists.example.net, kind: oss-security}
`

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return t
}

func TestWholeProject(t *testing.T) {
	project, err := ParseProject("liftgate.yml", []byte(wholeProject))
	if err != nil {
		t.Fatal(err)
	}
	want := policy.DefaultRules()
	want.Main = "master"
	want.Branches = []policy.BranchRule{
		{Name: "stable-1.2", EOL: day("2027-03-01")},
		{Name: "1.10", EOL: day("2027-03-01").Add(12 * time.Hour)},
		{Name: "1.20"},
		{Name: "stable-*"},
	}
	want.People = policy.People{Team: []string{"alice", "bob_acme", "robot[bot]"}, ReleaseManagers: []string{"carol"},
		Moderators: []string{"dave"}, CVEAllocators: []string{"erin"}, Vendors: []string{"frank"}}
	want.Calendar = policy.Calendar{Weekdays: []time.Weekday{time.Monday, time.Wednesday}, Hour: 9, Minute: 30,
		Holidays: []policy.Period{{From: day("2026-12-25")}, {From: day("2026-12-28"), To: day("2027-01-02")}}}
	want.Terms.Usual = 7 * policy.Day
	want.Lift = policy.LiftRules{ByButton: true, HoldOnDrift: true}
	want.Fixes = policy.FixRules{Approvals: 2}
	want.Checks = policy.CheckRules{Required: []string{"build", "test / linux"}}
	want.CVERequired = false
	want.Notice = policy.NoticeRules{Title: "Tiny", Product: "tinyserve", Site: "https://security.example.org/", Formats: []string{"osv", "csaf"}, Files: []string{"patch", "bundle"}, Branch: "trunk", Tags: "v*",
		Packages: []policy.Package{{Ecosystem: "PyPI", Name: "tinyserve", Tag: "v"}}}
	want.Lists = []policy.List{
		{Name: "Announcements", Address: "announce@lists.example.org", Tag: "[SECURITY]"}, {Address: "oss-security@lists.example.net", Kind: "oss-security"},
	}
	got := project.Rules()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if err := got.Calendar.Check(); err != nil {
		t.Error(err)
	}
	if err := got.Terms.Check(); err != nil {
		t.Error(err)
	}
}

func TestLists(t *testing.T) {
	project, err := ParseProject("liftgate.yml", []byte(wholeProject))
	if err != nil {
		t.Fatal(err)
	}
	want := []mail.List{
		{Name: "Announcements", Address: "announce@lists.example.org", Tag: "[SECURITY]"},
		{Address: "oss-security@lists.example.net", Kind: "oss-security"},
	}
	if got := project.MailLists(); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	schema, err := Schema("project")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range mail.Kinds() {
		if !strings.Contains(string(schema), strconv.Quote(kind)) {
			t.Errorf("the schema does not know lists of the kind %s", kind)
		}
	}
}

func TestEmptyProjectIsTheDefault(t *testing.T) {
	for name, text := range map[string]string{
		"nothing": "", "blank": "\n \n", "comment": "# later\n", "marker": "---\n", "byte order mark": "\xef\xbb\xbf", "braces": "{}",
		"empty keys": "main:\nbranches:\npeople:\nembargo: ~\nlift: {}\nfixes:\n  approvals:\nchecks:\ncve:\n", "null": "~",
	} {
		project, err := ParseProject("liftgate.yml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := project.Rules(); !reflect.DeepEqual(got, policy.DefaultRules()) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, policy.DefaultRules())
		}
	}
}

func TestProjectMistakes(t *testing.T) {
	deep := strings.Repeat("[", 60000)
	mistakes := []mistake{
		{"lists", "lists:\n  - {name: \"A\\nB\", kind: usenet}\n  - {address: a@example.org}\n  - {address: A@example.org, kind: oss-security, subject_tag: X}\n" +
			"  - {address: \"A <a@b>\"}\n"},
		{"too many lists", "lists:\n" + strings.Repeat("  - {address: a@example.org}\n", 21)},
		{"unknown key", "main: master\nbranch: []\n"},
		{"unknown key inside", "fixes:\n  copy_labels: true\n  aprovals: 2\n"},
		{"unknown key of a list item", "branches:\n  - name: a\n  - nam: b\n"},
		{"key in other letters", "Main: master\n"},
		{"key that is no text", "1: x\n"},
		{"key twice", "main: a\nlift:\n  by: clock\nmain: b\n"},
		{"key twice, once quoted", "main: a\n\"main\": b\n"},
		{"key twice inside", "lift: {by: clock, by: button}\n"},
		{"number where a list is wanted", "branches: 5\n"},
		{"text where a number is wanted", "fixes:\n  approvals: two\n"},
		{"quoted number", "fixes:\n  approvals: '2'\n"},
		{"fraction", "fixes:\n  approvals: 1.5\n"},
		{"huge number", "fixes:\n  approvals: 99999999999999999999\n"},
		{"negative number", "fixes:\n  approvals: -1\n"},
		{"yes for true", "checks:\n  none: yes\n"},
		{"list where text is wanted", "main: [a]\n"},
		{"truth where text is wanted", "people:\n  team: [true]\n"},
		{"list where keys are wanted", "embargo: [14]\n"},
		{"text alone", "master\n"},
		{"list alone", "- master\n"},
		{"empty item", "people:\n  team:\n    - alice\n    -\n"},
		{"bad date", "branches:\n  - name: stable-1.2\n    eol: 2027-02-30\n"},
		{"date in another order", "branches:\n  - {name: stable-1.2, eol: 01.03.2027}\n"},
		{"instant without offset", "branches:\n  - {name: stable-1.2, eol: 2027-03-01T14:00}\n"},
		{"bad holiday", "embargo:\n  holidays: [2026-12-25, christmas]\n"},
		{"holidays backwards", "embargo:\n  holidays:\n    - from: 2027-01-02\n      to: 2026-12-24\n"},
		{"holidays without end", "embargo:\n  holidays: [{from: 2027-01-02}]\n"},
		{"bad time", "embargo:\n  lift_time: 24:00\n"},
		{"time in words", "embargo: {lift_time: 2pm}\n"},
		{"bad weekday", "embargo:\n  lift_weekdays: [tue, wednesday]\n"},
		{"too long an embargo", "embargo:\n  default_days: 31\n"},
		{"bad glob", "branches:\n  - name: stable-[1\n"},
		{"no branch name", "branches:\n  - eol: 2027-03-01\n"},
		{"option for a branch", "branches:\n  - name: --force\n"},
		{"branch twice", "branches:\n  - name: a\n  - name: a\n"},
		{"main among the stable branches", "main: a\nbranches:\n  - name: a\n"},
		{"pattern as main", "main: m*\n"},
		{"team of the forge", "people:\n  team: [alice, \"team:org/security\"]\n"},
		{"login with @", "people:\n  vendors: ['@alice']\n"},
		{"bad login", "people:\n  vendors: [alice smith]\n"},
		{"bad choice", "lift:\n  by: hand\n"},
		{"checks and none", "checks:\n  required: [build]\n  none: true\n"},
		{"several at once", "main: m*\nfixes: {approvals: 11}\n"},
		{"very many at once", "branches:\n" + strings.Repeat("  - {}\n", 5000)},
		{"packages that can't be", "notice:\n  packages:\n    - {ecosystem: Pypi, name: tiny}\n    - {ecosystem: PyPI}\n    - {ecosystem: PyPI, name: tiny, tag: 'a b'}\n"},
		{"a notice that can't be", "notice: {formats: [pdf, yaml, osv, osv], files: [patch, zip, patch], site: here, branch: -x, tags: '['}\n"},
		{"tab", "lift:\n\tby: clock\n"},
		{"tab after spaces", "lift:\n  \tby: clock\n"},
		{"unclosed", "lift: {by: clock\n"},
		{"unclosed quote", "main: \"a\nlift: {}\n"},
		{"bad indentation", "people:\n  team:\n    - a\n   - b\n"},
		{"anchor", "people:\n  team: &t [a]\n  vendors: *t\n"},
		{"alias bomb", "main: &a [x]\nb: &b [*a,*a,*a]\nc: [*b,*b,*b]\n"},
		{"merge key", "lift:\n  <<: {by: clock}\n"},
		{"tag", "main: !!binary aGk=\n"},
		{"question mark", "? main\n: a\n"},
		{"two documents", "main: a\n---\nmain: b\n"},
		{"block of text", "main: |\n  a\n  b\n"},
		{"nested deep", deep},
		{"dashes deep", strings.Repeat("- ", 30000)},
		{"binary", "main: a\x00b\n"},
		{"not UTF-8", "main: \xff\xfe\n"},
		{"a megabyte of garbage", strings.Repeat("\xf0\x9f[{:- &*!", 120000)},
		{"a long line", "main: " + strings.Repeat("long ", 2000) + "[\n"},
		{"wide letters before the place", "people: {team: [\"é\", 日本]}\n"},
	}
	read := func(text string) error {
		_, err := ParseProject("liftgate.yml", []byte(text))
		return err
	}
	golden(t, "project_mistakes.txt", refusals(t, "liftgate.yml", mistakes, read))
}

func FuzzProject(f *testing.F) {
	f.Add([]byte(wholeProject))
	f.Add([]byte("a: [b, {c: d}]\n- e\n"))
	f.Add([]byte("embargo:\n  holidays: [{from: 2026-12-28, to: 2027-01-02}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		project, err := ParseProject("liftgate.yml", text)
		if err != nil {
			if len(err.Error()) > 16<<10 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		rules := project.Rules()
		if err := rules.Calendar.Check(); err != nil {
			t.Errorf("a calendar that policy refuses: %v", err)
		}
		if err := rules.Terms.Check(); err != nil {
			t.Errorf("terms that policy refuses: %v", err)
		}
		rules.Maintained([]string{"main", "stable-1.2"}, day("2026-12-01"))
	})
}
