package gitlab

import (
	"fmt"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/policy"
)

// TestAPublicIssueMadeConfidential: what was published once is not published again, whoever hides it.
func TestAPublicIssueMadeConfidential(t *testing.T) {
	w := newTown(t)
	ref := w.Report()
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	w.Must(err)
	hide := func(yes bool) { w.as("ada", "PUT", inPublic("issues/2"), map[string]any{"confidential": yes}) }
	hide(true)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State == policy.ReportPublished {
		t.Errorf("nobody sees it: %+v", r)
	}
	for _, lost := range []bool{false, true} {
		if lost { // somebody takes the number out of the pointer: it is found all the same
			w.editPointer(ref, "| published | 2 |", "")
		}
		_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
		forgetest.Trouble(t, err, policy.TroubleRefused, "make it visible again")
	}
	hide(false)
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	w.Must(err)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || w.requests("POST", "/issues") != 1 {
		t.Errorf("shown again: %+v", r)
	}
	// Deleted, and published anew.
	w.as("ada", "DELETE", inPublic("issues/2"), nil)
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	w.Must(err)
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || w.requests("POST", "/issues") != 2 {
		t.Errorf("deleted: %+v", r)
	}
}

// bot makes a group's bot that works in both projects, and a Forge of it.
func (w *town) asBot(name string) lab.Token {
	w.Helper()
	made, err := w.s.CreateToken(lab.TokenSpec{Name: name, Group: "acme-security", Level: lab.Maintainer, Scopes: []string{"api"}})
	w.Must(err)
	w.Must(w.s.SetMember(project.Public, made.Username, lab.Maintainer))
	w.f = w.forge(made.Secret, nil)
	return made
}

// TestAPublicIssueIsNoReport: one that somebody makes confidential is still Liftgate's own, whatever bot wrote it.
func TestAPublicIssueIsNoReport(t *testing.T) {
	w := newTown(t)
	w.asBot("liftgate")
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: w.Report()}}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	w.Must(err)
	w.as("ada", "PUT", inPublic("issues/2"), map[string]any{"confidential": true})
	quoted := iid(w.as("eve", "POST", inPublic("issues"), map[string]any{
		"title": "Another", "description": "as in " + publishMarker(advisoryID), "confidential": true,
	}))
	for range 2 {
		reports, err := w.f.Reports(t.Context())
		w.Must(err)
		if len(reports) != 1 || reports[0].Ref != fmt.Sprint(quoted) {
			t.Errorf("%+v", reports)
		}
		w.asBot("liftgate")
	}
}

// TestAReplacedBot: a new token of the old one's name comes with a new user, who goes on where the old one stopped.
func TestAReplacedBot(t *testing.T) {
	w := newTown(t)
	w.asBot("liftgate")
	ref := w.Report()
	w.Do("r", policy.UpdateReport{Ref: ref, State: policy.ReportDraft, Severity: "high"})
	desk := w.OpenDesk("hello")
	status := w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one\n/accept\n/lift now because")}).Number
	head := w.Commit("fix.c", "int fix;\n", "fix")
	w.push(fixRef)
	number := w.openMerge(fixRef, "main")
	hold := policy.SetHold{Fix: number, Head: head, Title: "Held until the lift"}
	w.Do("h1", hold)

	w.asBot("liftgate")
	s := w.Observe(policy.Look{Report: ref, Desk: desk, Fixes: []int{number}})
	if s.Report.State != policy.ReportDraft || s.Report.Severity != "high" || len(s.Desk.Commands) != 0 || !s.Fixes[0].Held {
		t.Errorf("what the old one wrote: %+v, %+v, %+v", s.Report, s.Desk, s.Fixes[0])
	}
	if again := w.OpenDesk("hello"); again != desk {
		t.Errorf("a second desk: %d", again)
	}
	if same := w.Do("s2", policy.WriteStatus{Desk: desk, Comment: status, Body: policy.Embargoed("two")}).Number; same != status {
		t.Errorf("a second status comment: %d", same)
	}
	w.Do("r2", policy.UpdateReport{Ref: ref, Severity: "low"})
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	w.Must(err)

	w.asBot("liftgate")
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State != policy.ReportPublished || r.Severity != "low" {
		t.Errorf("published by the old one: %+v", r)
	}
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	w.Must(err)
	if list := w.publicIssues(); list != 1 {
		t.Errorf("%d public issues", list)
	}
}

// TestABotOfAnotherName: it is not known to be Liftgate's, and nothing is done twice for it.
func TestABotOfAnotherName(t *testing.T) {
	w := newTown(t)
	w.asBot("liftgate")
	ref := w.Report()
	w.Do("r", policy.UpdateReport{Ref: ref, State: policy.ReportDraft})
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	_, err := w.f.ApplyPublic(t.Context(), w.Cleared(), publish, false)
	w.Must(err)
	w.asBot("something else")
	_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
	forgetest.Trouble(t, err, policy.TroubleRefused, "one of the same name")
	_, err = w.f.Apply(t.Context(), policy.Effect{Key: "u", Advisory: advisoryID, Do: policy.UpdateReport{Ref: ref, Severity: "high"}}, false)
	forgetest.Trouble(t, err, policy.TroubleRefused, "one of the same name")
	if n := w.publicIssues(); n != 1 {
		t.Errorf("%d public issues", n)
	}
}

// TestAPersonNamedLikeABot: the names of Liftgate's bot are no secret, so that only GitLab's word makes somebody its predecessor.
func TestAPersonNamedLikeABot(t *testing.T) {
	w := newTown(t)
	kind, number, _ := botOf(w.asBot("liftgate").Username)
	login := kind + "_" + number + "_bot_eve"
	var err error
	w.users[login], err = w.s.CreateUser(login)
	w.Must(err)
	w.asBot(login) // a stranger's display name is what the stranger likes, such as that of the token
	ref := w.Report()
	w.as(login, "POST", inPublic("issues"), map[string]any{"title": "Nothing", "description": "hello\n\n" + publishMarker(advisoryID)})
	publish := policy.Effect{Key: "k", Advisory: advisoryID, Do: policy.PublishReport{Ref: ref}}
	for range 2 {
		_, err = w.f.ApplyPublic(t.Context(), w.Cleared(), publish, true)
		w.Must(err)
	}
	if n := w.publicIssues(); n != 2 {
		t.Errorf("%d public issues, want the stranger's and Liftgate's", n)
	}
	w.editPointer(ref, "| published | 3 |", "| published | 2 |")
	if r := w.Observe(policy.Look{Report: ref}).Report; r.State == policy.ReportPublished {
		t.Error("a stranger has published the report")
	}
	asked := 0
	for _, r := range w.s.Requests() {
		if strings.HasSuffix(r.Path, fmt.Sprintf("/users/%d", w.users[login].ID)) {
			asked++
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times who the stranger is", asked)
	}
}

// TestAnotherPersonsToken: what Liftgate wrote as somebody else gives nobody's commands.
func TestAnotherPersonsToken(t *testing.T) {
	w := newTown(t)
	desk := w.OpenDesk("hello")
	w.Do("s1", policy.WriteStatus{Desk: desk, Body: policy.Embargoed("one\n/accept\n  /lift now because\n\n/reject it")})
	w.Do("s2", policy.Say{Desk: desk, Body: policy.Embargoed("/embargo 2026-12-01T14:00Z")})
	other, err := w.s.CreateUser("liftgate2")
	w.Must(err)
	for _, at := range []string{project.Public, project.Mirror} {
		w.Must(w.s.SetMember(at, "liftgate2", lab.Maintainer))
	}
	w.f = w.forge(other.Token, nil)
	if d := w.Observe(policy.Look{Desk: desk}).Desk; len(d.Commands) != 0 {
		t.Errorf("commands of Liftgate's own: %+v", d.Commands)
	}
}

// publicIssues counts what was published under the advisory's name.
func (w *town) publicIssues() (n int) {
	w.Helper()
	all, err := every[issue](w.Context(), w.f, w.f.public.path()+"/issues", nil)
	w.Must(err)
	for _, i := range all {
		if !i.Confidential {
			n++
		}
	}
	return n
}

func TestWhoFollowsWhom(t *testing.T) {
	me := person{ID: 1, Username: "project_7_bot_aa", Name: "liftgate"}
	for other, want := range map[person]bool{
		{ID: 2, Username: "project_7_bot_bb", Name: "liftgate"}: true,
		{ID: 2, Username: "project_7_bot", Name: "liftgate"}:    true,
		{ID: 2, Username: "project_7_bot_bb", Name: "renovate"}: false,
		{ID: 2, Username: "project_8_bot_bb", Name: "liftgate"}: false,
		{ID: 2, Username: "group_7_bot_bb", Name: "liftgate"}:   false,
		{ID: 2, Username: "project_7_robot", Name: "liftgate"}:  false,
		{ID: 2, Username: "eve", Name: "liftgate"}:              false,
		{ID: 2, Username: "project_7_bot_bb"}:                   false,
	} {
		if me.follows(other) != want {
			t.Errorf("%+v: %v", other, !want)
		}
	}
	if (person{ID: 1, Username: "ada", Name: "liftgate"}).follows(person{ID: 2, Username: "ada2", Name: "liftgate"}) {
		t.Error("a person follows nobody")
	}
}
