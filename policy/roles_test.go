package policy

import (
	"slices"
	"strings"
	"testing"
)

// wantRights is written by hand and not from the code: who may use which verb.
const wantRights = `
verb          team release moderator cve vendor reporter
accept        x    .       .         .   .      .
reject        x    .       .         .   .      .
public        x    x       .         .   .      .
rate          x    .       .         .   .      .
affects       x    .       .         .   x      .
not-affected  x    .       .         .   .      .
waive         .    x       .         .   .      .
embargo       x    .       .         .   .      .
agree         x    .       .         .   x      x
decline       x    .       .         .   x      x
cve           .    .       .         x   .      .
fix           x    .       .         .   .      .
backport      x    .       .         .   .      .
introduced    x    .       .         .   .      .
rehearse      x    x       .         .   .      .
lift          .    x       .         .   .      .
hold          x    x       .         .   .      .
resume        .    x       .         .   .      .
release       .    x       .         .   .      .
announce      x    x       .         .   .      .
settle        x    x       .         .   .      .
help          x    x       x         x   x      x
`

var allRoles = []Role{RoleTeam, RoleReleaseManager, RoleModerator, RoleCVEAllocator, RoleVendor, RoleReporter}

func TestRights(t *testing.T) {
	rows := strings.Split(strings.TrimSpace(wantRights), "\n")[1:]
	if len(rows) != len(permissions) {
		t.Errorf("%d verbs in the table, %d in the code", len(rows), len(permissions))
	}
	for _, row := range rows {
		cells := strings.Fields(row)
		verb := Verb(cells[0])
		if got, _ := verbOf(cells[0], ""); got != verb {
			t.Errorf("/%s is not read as a command", verb)
		}
		if u := usage[verb]; !strings.HasPrefix(u.form, "/"+cells[0]) || u.does == "" {
			t.Errorf("/%s is not explained", verb)
		}
		if ok, _ := mayAsk(verb, nil); ok {
			t.Errorf("nobody may /%s", verb)
		}
		var others []Role
		for i, role := range allRoles {
			ok, may := mayAsk(verb, []Role{role})
			if want := cells[i+1] == "x"; ok != want {
				t.Errorf("%s, /%s: %v", role, verb, ok)
			} else if !want {
				others = append(others, role)
				if len(may) == 0 || slices.Contains(may, role) {
					t.Errorf("%s is told to ask %v for /%s", role, may, verb)
				}
			}
		}
		if ok, _ := mayAsk(verb, others); ok && len(others) > 0 {
			t.Errorf("the roles without the right to /%s have it together", verb)
		}
	}
	if ok, _ := mayAsk(VerbUnknown, allRoles); ok {
		t.Error("an unknown verb is nobody's")
	}
}

func TestRoles(t *testing.T) {
	seen := []Permission{{"none", "none"}, {"reader", "read"}, {"writer", "write"}, {"keeper", "maintain"}, {"owner", "admin"}}
	listed := Rules{People: People{
		Team: []string{"Ada"}, ReleaseManagers: []string{"rel"}, Moderators: []string{"mod"}, CVEAllocators: []string{"num"}, Vendors: []string{"ven"},
	}}
	team, release, moderator, cve := RoleTeam, RoleReleaseManager, RoleModerator, RoleCVEAllocator
	for _, c := range []struct {
		name  string
		rules Rules
		login string
		want  []Role
	}{
		{"a stranger", Rules{}, "stranger", nil},
		{"no access", Rules{}, "none", nil},
		{"a reader", Rules{}, "reader", nil},
		{"a writer is of the team", Rules{}, "writer", []Role{team, cve}},
		{"a maintainer", Rules{}, "keeper", []Role{team, release, moderator, cve}},
		{"an administrator", Rules{}, "Owner", []Role{team, release, moderator, cve}},
		{"a list decides, in any letters", listed, "aDA", []Role{team}},
		{"a list decides against permissions", listed, "owner", nil},
		{"release manager", listed, "rel", []Role{release}},
		{"moderator", listed, "mod", []Role{moderator}},
		{"CVE allocator", listed, "num", []Role{cve}},
		{"vendor", listed, "ven", []Role{RoleVendor}},
		{"reporter", listed, "REP", []Role{RoleReporter}},
		{"one list at a time", Rules{People: People{ReleaseManagers: []string{"writer"}}}, "writer", []Role{team, release, cve}},
		{"a listed team allocates numbers", Rules{People: People{Team: []string{"reader"}}}, "reader", []Role{team, cve}},
		{"no login", listed, "", nil},
	} {
		if got := c.rules.Roles(c.login, "rep", seen); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (Rules{}).Roles("", "", nil); len(got) != 0 {
		t.Errorf("a report without a reporter gives nobody the role: %v", got)
	}
}
