package gitlab

import (
	"slices"
	"strings"
	"testing"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// TestMissingRightsOfEveryToken: for each kind of token, what it lacks is named at the first look and by the rehearsal.
func TestMissingRightsOfEveryToken(t *testing.T) {
	const service = "service_account_group_7_1f"
	all := map[string]lab.TokenSpec{
		"a project's": {Project: project.Mirror, Level: lab.Maintainer}, "a group's": {Group: "acme-security", Level: lab.Maintainer},
		"a service account's": {User: service}, "a user's": {User: "liftgate"},
	}
	for name, spec := range all {
		t.Run(name, func(t *testing.T) {
			w := newTown(t)
			_, err := w.s.CreateUser(service)
			w.Must(err)
			spec.Name = "liftgate"
			var login string
			use := func(scopes ...string) {
				t.Helper()
				spec.Scopes = scopes
				made, err := w.s.CreateToken(spec)
				w.Must(err)
				login = made.Username
				w.f = w.forge(made.Secret, nil)
			}
			role := func(at string, level lab.Level) { t.Helper(); w.Must(w.s.SetMember(at, login, level)) }
			// said checks what is said at the start, and that the rehearsal has problems of the same words.
			said := func(want ...string) {
				t.Helper()
				got, rehearsed := w.Observe(policy.Look{}).Warnings, w.Do("p", policy.Probe{}).Probe.Problems
				for _, list := range [][]string{got, rehearsed} {
					for _, word := range want {
						if !slices.ContainsFunc(list, func(s string) bool { return strings.Contains(s, word) }) {
							t.Errorf("nothing about %q in %q", word, list)
						}
					}
					if len(want) == 0 && len(list) != 0 {
						t.Errorf("nothing is wrong: %q", list)
					}
				}
			}
			use("api")
			role(project.Public, lab.Maintainer)
			role(project.Mirror, lab.Maintainer)
			said()
			role(project.Public, lab.Guest)
			w.f.survey = survey{}
			said("make its user a Reporter there")
			role(project.Public, lab.Maintainer)
			role(project.Mirror, lab.Developer)
			w.f.survey = survey{}
			if spec.Group == "" { // else it is a Maintainer by its group
				said("not a Maintainer of the mirror")
			}
			role(project.Mirror, lab.Maintainer)
			use("read_api", "write_repository")
			role(project.Public, lab.Maintainer)
			role(project.Mirror, lab.Maintainer)
			said("lacks the scope api")
		})
	}
}

// TestWhatTheLiftLacks: the first look names it, long before a rehearsal.
func TestWhatTheLiftLacks(t *testing.T) {
	w := newTown(t)
	lifter, err := w.s.CreateUser("lifter")
	w.Must(err)
	w.f = w.forge(w.bot.Token, func() ([]byte, error) { return []byte(lifter.Token), nil })
	said := func(level lab.Level) string {
		t.Helper()
		w.Must(w.s.SetMember(project.Public, "lifter", level))
		w.f.survey = survey{}
		return strings.Join(w.Observe(policy.Look{Branches: []string{"main", "stable-1"}}).Warnings, "\n")
	}
	for _, c := range []struct {
		level lab.Level
		want  string
	}{
		{lab.NoAccess, "the lift's user may not push"}, {lab.Reporter, "the lift's user may not push"}, {lab.Maintainer, ""},
		{lab.Developer, "a lift would be refused at main: its protection does not let the lift's user push"}, // last: only a member can be named below
	} {
		if got := said(c.level); !strings.HasPrefix(got, c.want) || c.want == "" && got != "" || strings.Contains(got, "\n") {
			t.Errorf("%d: %q", c.level, got)
		}
	}
	w.Must(w.s.SetMember(project.Public, "lifter", lab.Developer)) // only a member can be named
	w.Must(w.s.SetTier("premium"))
	w.as("ada", "PATCH", inPublic("protected_branches/main"), map[string]any{"allowed_to_push": []map[string]any{{"user_id": lifter.ID}}})
	if got := said(lab.Developer); got != "" {
		t.Errorf("named in the protection: %q", got)
	}
	if n := w.requests("POST", ""); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// TestABotBelongsSomewhere: a project's token reaches no other project, which is said where it shows.
func TestABotBelongsSomewhere(t *testing.T) {
	w := newTown(t)
	made, err := w.s.CreateToken(lab.TokenSpec{Name: "x", Project: project.Mirror, Level: lab.Maintainer, Scopes: []string{"api"}})
	w.Must(err)
	w.f = w.forge(made.Secret, nil)
	const want = "a project's token may work in its own project only"
	if got := strings.Join(w.Observe(policy.Look{}).Warnings, "\n"); !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
	if got := strings.Join(w.Do("p", policy.Probe{}).Probe.Problems, "\n"); !strings.Contains(got, want) {
		t.Errorf("%q", got)
	}
}

// TestATokenThatCanNotRotate: named long before its end, and only where rotation is wanted.
func TestATokenThatCanNotRotate(t *testing.T) {
	k := newKeeper(t, year())
	k.lift = tokenFile(string(k.file) + ".lift")
	k.put(k.lift, k.made(lab.TokenSpec{Name: "x", Project: project.Public, Level: lab.Maintainer, Scopes: []string{"write_repository"}}))
	k.start()
	if got := k.Observe(policy.Look{}).Warnings; len(got) != 1 || !strings.Contains(got[0], "the token for lift lacks the scope self_rotate") {
		t.Errorf("%q", got)
	}
	if p := k.Do("p", policy.Probe{}).Probe; len(p.Problems) != 0 || !strings.Contains(strings.Join(p.Risks, "\n"), "lacks the scope self_rotate") {
		t.Errorf("%+v", p)
	}
	k.f.rotation = nil
	k.f.survey = survey{}
	if got := k.Observe(policy.Look{}).Warnings; len(got) != 0 {
		t.Errorf("%q", got)
	}
}

// TestPushRulesOfThePublicProject are read where GitLab has them.
func TestPushRulesOfThePublicProject(t *testing.T) {
	w := newTown(t)
	rehearse := func() policy.ProbeResult { return w.Do("p", policy.Probe{}).Probe }
	if r := rehearse(); len(r.Problems)+len(r.Risks) != 0 {
		t.Errorf("on Free: %+v", r)
	}
	w.Must(w.s.SetTier("premium"))
	if r := rehearse(); len(r.Problems)+len(r.Risks) != 0 {
		t.Errorf("without rules: %+v", r)
	}
	w.Must(w.s.SetPushRule(project.Public, map[string]any{"reject_unsigned_commits": true, "max_file_size": 5}))
	if r := rehearse(); len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "unsigned commits") || len(r.Risks) != 1 {
		t.Errorf("with rules: %+v", r)
	}
}
