package gitlab

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

func TestAnApprovalIsOfTheHeadThatStoodThen(t *testing.T) {
	at := func(seconds int) time.Time { return time.Date(2026, 11, 3, 9, 0, seconds, 0, time.UTC) }
	versions := []version{{3, "ccc", at(30)}, {2, "bbb", at(20)}, {1, "aaa", at(10)}}
	for _, c := range []struct {
		when time.Time
		want string
	}{
		{at(5), "aaa"},  // before the first version was made: GitLab makes it after the merge request
		{at(15), "aaa"}, //
		{at(20), "aaa"}, // in the very instant of a push: in doubt the older
		{at(21), "bbb"}, //
		{at(99), "ccc"}, //
	} {
		if got := headAt(versions, c.when); got != c.want {
			t.Errorf("at %v: %s, want %s", c.when, got, c.want)
		}
	}
	if got := headAt(nil, at(1)); got != "" {
		t.Errorf("without versions: %q", got)
	}
}

func TestApprovalsAreMatchedWithNotes(t *testing.T) {
	s := newStub(t)
	at := mirror + "/merge_requests/4"
	s.JSON("GET "+at+"/approvals", `{"approved_by": [{"user": {"id": 1, "username": "ada"}}, {"user": {"id": 2, "username": "rel"}},
		{"user": {"id": 3, "username": "silent"}}, {"user": {"id": 9, "username": "project_4_bot_1f"}}, {"user": null}]}`)
	s.JSON("GET "+at+"/versions", `[{"id": 2, "head_commit_sha": "bbb", "created_at": "2026-11-03T10:00:00.500Z"},
		{"id": 1, "head_commit_sha": "aaa", "created_at": "2026-11-03T09:00:00Z"}]`)
	s.JSON("GET "+at+"/notes", `[
		{"id": 10, "system": true, "author": {"id": 1, "username": "ada"}, "body": "approved this merge request", "created_at": "2026-11-03T09:30:00Z"},
		{"id": 11, "system": true, "author": {"id": 2, "username": "rel"}, "body": "approved this merge request", "created_at": "2026-11-03T09:30:00Z"},
		{"id": 12, "system": true, "author": {"id": 2, "username": "rel"}, "body": "unapproved this merge request", "created_at": "2026-11-03T09:40:00Z"},
		{"id": 13, "system": true, "author": {"id": 2, "username": "rel"}, "body": "approved this merge request", "created_at": "2026-11-03T10:30:00Z"},
		{"id": 14, "system": false, "author": {"id": 3, "username": "silent"}, "body": "approved this merge request", "created_at": "2026-11-03T10:30:00Z"}]`)
	got, err := s.forge.approvals(t.Context(), mergeRequest{Number: 4})
	want := []policy.Approval{{By: "ada", Head: "aaa"}, {By: "rel", Head: "bbb"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}

func TestHowAMergeRequestWasMerged(t *testing.T) {
	for want, m := range map[string]mergeRequest{
		"":       {State: "opened", MergeCommit: "merge", SHA: "head"},
		"merge":  {State: "merged", MergeCommit: "merge", SquashCommit: "squash", SHA: "head"},
		"squash": {State: "merged", SquashCommit: "squash", SHA: "head"},
		"head":   {State: "merged", SHA: "head"},
	} {
		if got := m.mergedAs(); got != want {
			t.Errorf("%+v: %q, want %q", m, got, want)
		}
	}
}

func TestTheNewestStatusOfEachNameCounts(t *testing.T) {
	got := checks([]commitStatus{
		{ID: 1, Name: "unit", State: "failed"}, {ID: 5, Name: "unit", State: "success"}, {ID: 2, Name: "lint", State: "failed", Optional: true},
		{ID: 3, Name: "deploy", State: "manual", Optional: true}, {ID: 4, Name: "gate", State: "manual"}, {ID: 6, Name: "slow", State: "running"},
		{ID: 7, Name: "ask", State: "canceled"}, {ID: 8, Name: "none", State: "skipped"}, {ID: 9, Name: holdName, State: "failed"},
		{ID: 10, Name: "new", State: "a state of the future"}, {ID: 11, Name: "dropped", State: "canceled", Optional: true},
	})
	want := []policy.Check{
		{Name: "ask", State: policy.CheckFailed}, {Name: "gate", State: policy.CheckPending},
		{Name: "new", State: policy.CheckPending},
		{Name: "slow", State: policy.CheckPending}, {Name: "unit", State: policy.CheckPassed},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
}

func TestAHoldCountsInThePipelineThatIsJudged(t *testing.T) {
	const sha = "0123456789012345678901234567890123456789"
	ours, others := `{"id": 7, "username": "liftgate"}`, `{"id": 8, "username": "dev"}`
	status := func(id int, state string, pipeline int, author string) string {
		return fmt.Sprintf(`{"id": %d, "name": "liftgate/hold", "status": %q, "pipeline_id": %d, "author": %s}`, id, state, pipeline, author)
	}
	judged := &pipeline{ID: 5, SHA: sha}
	for name, c := range map[string]struct {
		statuses       []string
		pipeline       *pipeline
		held, released bool
	}{
		"none":                    {nil, judged, false, false},
		"ours":                    {[]string{status(1, "failed", 5, ours)}, judged, true, false},
		"released":                {[]string{status(1, "failed", 5, ours), status(2, "success", 5, ours)}, judged, false, true},
		"in another pipeline":     {[]string{status(1, "failed", 4, ours)}, judged, false, false},
		"pipeline of an old head": {[]string{status(1, "failed", 4, ours)}, &pipeline{ID: 5, SHA: "old"}, true, false},
		"judged merged":           {[]string{status(1, "failed", 4, ours)}, &pipeline{ID: 5, SHA: "merged", Ref: "refs/merge-requests/4/merge"}, true, false},
		"in its own pipeline":     {[]string{status(1, "failed", 5, ours)}, &pipeline{ID: 5, SHA: sha, Ref: "refs/merge-requests/4/head"}, true, false},
		"replaced by somebody":    {[]string{status(1, "failed", 5, ours), status(2, "success", 5, others)}, judged, false, false},
		"nobody's":                {[]string{status(1, "success", 5, "null")}, judged, false, false},
	} {
		s := newStub(t)
		s.JSON("GET "+mirror+"/repository/commits/"+sha+"/statuses", "["+strings.Join(c.statuses, ",")+"]")
		got, err := s.forge.holdOn(t.Context(), mergeRequest{SHA: sha, Pipeline: c.pipeline})
		if err != nil || got.held() != c.held || got.released() != c.released {
			t.Errorf("%s: held %t, released %t, %v", name, got.held(), got.released(), err)
		}
	}
}

func TestWhereAReportStands(t *testing.T) {
	p := pointer{advisory: "LSN-2026-0007", state: policy.ReportDraft, severity: "high", cve: "CVE-2026-12345"}
	s := newStub(t)
	for name, c := range map[string]struct {
		i    issue
		p    *pointer
		want policy.ReportState
	}{
		"new":             {issue{State: "opened", Confidential: true}, nil, policy.ReportTriage},
		"accepted":        {issue{State: "opened", Confidential: true}, &p, policy.ReportDraft},
		"closed":          {issue{State: "closed", Confidential: true}, &p, policy.ReportClosed},
		"closed untaken":  {issue{State: "closed", Confidential: true}, nil, policy.ReportClosed},
		"published":       {issue{State: "closed", Confidential: true}, &pointer{published: 3}, policy.ReportPublished},
		"made visible":    {issue{State: "opened"}, nil, policy.ReportPublished},
		"visible, closed": {issue{State: "closed"}, &p, policy.ReportPublished},
	} {
		if got := s.forge.reportOf(c.i, c.p); got.State != c.want || !got.Ours || c.p == &p && (got.Severity != "high" || got.CVE != "CVE-2026-12345") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestAPointerIsReadAsItWasWritten(t *testing.T) {
	want := pointer{note: 4, advisory: "LSN-2026-0007", state: policy.ReportPublished, severity: "critical", cve: "CVE-2026-12345", published: 12}
	for _, visible := range []bool{false, true} {
		want.visible = visible
		if got := readPointer(note{ID: 4, Body: want.body()}); *got != want || strings.Contains(want.body(), "confidential") == visible {
			t.Errorf("%+v: %s", got, want.body())
		}
	}
	for _, odd := range []string{"", "|", "| CVE | | |", "| CVE | [x](y) |", "| severity | dreadful |", "| published | #x |"} {
		if got := readPointer(note{Body: odd}); got.severity != "" || got.cve != "" || got.published != 0 {
			t.Errorf("%q: %+v", odd, got)
		}
	}
}

func TestNothingThatGoesOutIsObeyed(t *testing.T) {
	for in, want := range map[string]string{
		"/close\nx":                         `\/close` + "\nx",
		"x\r\n/merge\r\ny":                  "x\r\n\\/merge\r\ny",
		"  /label ~bug":                     `  \/label ~bug`,
		"/usr/bin/x and /close":             "/usr/bin/x and /close",
		"// a comment":                      "// a comment",
		"a <!-- liftgate:publish/X --> b":   "a &lt;!-- liftgate:publish/X --> b",
		"```\n/assign me\n```":              "```\n\\/assign me\n```",
		"/confidential":                     `\/confidential`,
		"/invite_email a@example.org\n\n/c": "\\/invite_email a@example.org\n\n\\/c",
	} {
		if got := disarmed(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if body := marked(policy.Embargoed("x"), policy.Marker("k")); !strings.HasSuffix(body, "\n\n<!-- liftgate:k -->") {
		t.Errorf("%q", body)
	}
}

func TestBotsAreKnownByTheirNames(t *testing.T) {
	for name, bot := range map[string]bool{
		"project_12_bot_a8f": true, "project_12_bot": true, "group_3_bot1": true, "project_12_bot27": true, "group_3_bot_9": true, "project_x_bot_1": false, "group_3_bots": false,
		"ada": false, "project_12_robot": false,
	} {
		if botName(name) != bot {
			t.Errorf("%s", name)
		}
	}
}

func TestAWildcardCoversSlashesToo(t *testing.T) {
	for _, c := range []struct {
		rule, name string
		want       bool
	}{
		{"main", "main", true}, {"main", "main2", false}, {"*-stable", "x/1-stable", true}, {"release/*", "release/1/2", true},
		{"release/*", "release", false}, {"*", "any/thing", true}, {"a[b]*", "a[b]c", true}, {"a?*", "abc", false},
	} {
		if got := (protection{Name: c.rule}).covers(c.name); got != c.want {
			t.Errorf("%q covers %q: %t", c.rule, c.name, got)
		}
	}
}

func TestWhoMayPush(t *testing.T) {
	n := func(level int) *int { return &level }
	id := func(user int64) *int64 { return &user }
	maintainers := protection{Name: "main", Push: []access{{Level: n(40)}}}
	for name, c := range map[string]struct {
		rules []protection
		level int
		ok    bool
	}{
		"unprotected":      {nil, 30, true},
		"a reporter":       {nil, 20, false},
		"maintainer":       {[]protection{maintainers}, 40, true},
		"developer":        {[]protection{maintainers}, 30, false},
		"nobody":           {[]protection{{Name: "main", Push: []access{{Level: n(0)}}}}, 50, false},
		"named":            {[]protection{{Name: "main", Push: []access{{Level: n(40), User: id(7)}}}}, 30, true},
		"somebody else":    {[]protection{{Name: "main", Push: []access{{Level: n(40), User: id(8)}}}}, 50, false},
		"the most lenient": {[]protection{maintainers, {Name: "m*", Push: []access{{Level: n(30)}}}}, 30, true},
		"another branch":   {[]protection{{Name: "stable"}}, 30, true},
		"code owners":      {[]protection{{Name: "main", Push: []access{{Level: n(40)}}, Owners: true}}, 40, false},
	} {
		if got := refusedBy(c.rules, "main", c.level, 7); (got == "") != c.ok {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestATokensEndIsAnnouncedThreeTimes(t *testing.T) {
	c := credential{Expires: "2026-12-01"}
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d.Add(9 * time.Hour) }
	said := map[string]bool{}
	for d := day("2026-10-20"); d.Before(day("2026-12-02")); d = d.AddDate(0, 0, 1) {
		if w := c.expiring(asBot, d); w != "" {
			said[w] = true
		}
	}
	if len(said) != 3 || c.expiring(asBot, day("2026-10-31")) != "" || c.expiring(asBot, day("2026-11-01")) == "" {
		t.Errorf("%v", said)
	}
	if w := (credential{}).expiring(asBot, day("2026-11-01")); w != "" {
		t.Errorf("without an end: %s", w)
	}
}

func TestAMirrorThatTellsTooMuchIsRefused(t *testing.T) {
	s := newStub(t)
	for want, p := range map[string]projectState{
		"public":      {Visibility: "public"},
		"internal":    {Visibility: "internal"},
		"who can":     {},
		"is a fork":   {Visibility: "private", ForkedFrom: []byte(`{"id": 3}`)},
		"archived":    {Visibility: "private", Archived: true},
		"desks":       {Visibility: "private", Issues: "disabled"},
		"fixes":       {Visibility: "private", MergeRequests: "disabled"},
		"renamed":     {Visibility: "private", FullPath: "acme/other"},
		"deleted":     {Visibility: "private", Deletion: "2026-11-10"},
		"no problems": {Visibility: "private", FullPath: "Acme-Security/team/mirror", ForkedFrom: []byte("null")},
	} {
		got := strings.Join(s.forge.problems(p), "\n")
		if want == "no problems" && got != "" || want != "no problems" && !strings.Contains(got, want) {
			t.Errorf("%q: %q", want, got)
		}
	}
}

func TestAMirrorBesideThePublicProjectIsARisk(t *testing.T) {
	for mirror, want := range map[place]int{"acme/mirror": 1, "acme/sub/mirror": 1, "acme-security/mirror": 0, "other/acme/mirror": 0} {
		if got := (&Forge{public: "acme/public", mirror: mirror}).placeRisks(); len(got) != want {
			t.Errorf("%s: %q", mirror, got)
		}
	}
}

func TestWhatReportersWriteLinksNobody(t *testing.T) {
	for in, want := range map[string]string{
		"ask @ada, @all\n@bob": "ask @\u200bada, @\u200ball\n@\u200bbob", "a@b.example": "a@b.example", "(@@eve)": "(@@\u200beve)",
		"#3 and acme/other!4, &5": "#\u200b3 and acme/other!\u200b4, &\u200b5", "$6 %7 ~8 ^9": "$\u200b6 %\u200b7 ~\u200b8 ^\u200b9",
		"&#64;all &#x40;all &commat;all &num;3": "&amp;#\u200b64;all &amp;#x40;all &amp;commat;all &amp;num;3",
		"#include <a.h> && b":                   "#include <a.h> && b", "C# 3": "C# 3", "": "",
	} {
		if got := unlinked(in); got != want || unlinked(got) != got && !strings.Contains(in, "&") {
			t.Errorf("%q became %q", in, got)
		}
	}
}

func TestPublishingJobsAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"pages:\n  script: x": true, "build:\n  environment: production": true, "x:\n  release:\n    tag_name: v1": true,
		"x:\n  stage: deploy": true, "x:\n  stage: test": false, "# pages: none": false, "": false,
		"site:\n  pages: true\n  script: x": true, "site:\n  pages:\n    publish: www": true, "site:\n  pages: false": false,
		"x:\n  trigger: acme/public": true, "trigger:\n  script: x": false, "x: {script: y, stage: publish}": true, "x: {stage: test}": false,
		"{pages: {script: x}}": true, "x: {'environment': {name: production}}": true, "x:\n  \"release\": {tag_name: v1}": true,
		"x:\n  stage: \"pages\"": true, "include: ci/publish.yml": false, "x:\n  script: make releases": false,
	} {
		if publishing.MatchString(text) != want {
			t.Errorf("%q", text)
		}
	}
}

func TestIncludedFilesAreNamed(t *testing.T) {
	for text, want := range map[string]bool{
		"include: ci/publish.yml": true, "include:\n  - local: x": true, "\"include\": [x]": true, "x:\n  script: include it": false, "# include: x": false,
	} {
		if including.MatchString(text) != want {
			t.Errorf("%q", text)
		}
	}
}

func TestTheLinkToTheCVEDesk(t *testing.T) {
	s := newStub(t)
	if link := s.forge.requestLink(issue{}); !link.Empty() {
		t.Error("on a GitLab of one's own there is no CVE desk")
	}
	f, err := New(Options{Token: s.forge.tokens[asBot], Now: s.Now, Project: project})
	if err != nil {
		t.Fatal(err)
	}
	link, err := url.Parse(f.requestLink(issue{Number: 4, Title: "Overflow", Description: "a\nb"}).Reveal())
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"issue[confidential]": {"true"}, "issue[title]": {"CVE ID Request - acme/public"}, "issue[description]": {"Project issue: `acme/public#4`\n\nVendor and product:\n\nVulnerability:\n\nAffected versions:\n\nFixed versions:\n\nCWE:\n\nCVSS v3 vector:\n\nCredits:\n"},
	}
	if got := link.Query(); !reflect.DeepEqual(got, want) || !strings.HasPrefix(link.String(), cveDesk+"?") {
		t.Error("the link does not make a confidential request that says where the report is and no more")
	}
	if fmt.Sprint(f.requestLink(issue{Title: canary})) != "[embargoed]" {
		t.Error("the link shows itself")
	}
}

func TestNullsAreNothing(t *testing.T) {
	s := newStub(t)
	for _, list := range []string{
		"issues/5/notes", "issues/5/resource_label_events", "merge_requests", "merge_requests/6/versions", "merge_requests/6/notes",
		"repository/branches", "members", "members/all", "integrations", "hooks",
	} {
		s.JSON("GET "+mirror+"/"+list, `null`)
	}
	s.JSON("GET "+mirror, `{"visibility": "private", "forked_from_project": null, "default_branch": null, "ci_config_path": null}`)
	s.JSON("GET "+public+"/repository/branches", `null`)
	s.JSON("GET "+public+"/hooks", `null`)
	s.JSON("GET "+public+"/issues/3/notes", `null`)
	s.JSON("GET personal_access_tokens/self", `{"expires_at": null, "scopes": null}`)
	s.JSON("GET "+mirror+"/issues/5", `{"author": null, "description": null, "labels": null, "created_at": null}`)
	s.JSON("GET "+mirror+"/merge_requests/6", `{"iid": 6, "author": null, "source_project_id": null, "sha": null, "head_pipeline": null,
		"reviewers": null, "labels": null, "merge_commit_sha": null}`)
	s.JSON("GET "+mirror+"/merge_requests/6/approvals", `{"approved_by": null}`)
	s.JSON("GET "+public+"/issues/3", `{"iid": 3, "confidential": true, "author": null, "title": null, "description": null, "user_notes_count": null}`)
	got, err := s.forge.Observe(t.Context(), policy.Look{Advisory: "LSN-2026-0001", Report: "3", Desk: 5, Fixes: []int{6}, Proofs: []string{"abc"}})
	if err != nil {
		t.Fatal(err)
	}
	if got.Report.Reporter != "" || len(got.Fixes) != 1 || got.Fixes[0].Author != "" || len(got.Mirror.Problems) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestWhatIsGone(t *testing.T) {
	s := newStub(t)
	s.JSON("GET "+mirror, `{"visibility": "private"}`)
	s.JSON("GET "+mirror+"/repository/branches", `[]`)
	s.JSON("GET "+public+"/repository/branches", `[]`)
	s.JSON("GET "+mirror+"/merge_requests", `[]`)
	s.JSON("GET users", `[]`)
	got, err := s.forge.Observe(t.Context(), policy.Look{
		Advisory: "LSN-2026-0001", Report: "3", Desk: 5, Fixes: []int{6}, Proofs: []string{"abc"}, Actors: []string{"ada"},
	})
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case !got.Desk.Gone || got.Desk.Number != 5:
		t.Errorf("the desk: %+v", got.Desk)
	case got.Report.Ref != "3" || got.Report.State != "" || len(got.Report.Missing) != 1:
		t.Errorf("the report: %+v", got.Report)
	case len(got.Fixes) != 1 || got.Fixes[0].Number != 6 || got.Fixes[0].Open || got.Fixes[0].Merged:
		t.Errorf("the fix: %+v", got.Fixes)
	case len(got.Proofs) != 1 || len(got.Proofs[0].Checks) != 0:
		t.Errorf("the proof: %+v", got.Proofs)
	case len(got.Permissions) != 1 || got.Permissions[0].Level != "none":
		t.Errorf("the person: %+v", got.Permissions)
	}
}
