package gitlab

import "testing"

func TestStrangersSeeLess(t *testing.T) {
	w := newTown(t)
	if _, shown := w.do("", "GET", ":p", nil).want(200).obj["merge_method"]; shown {
		t.Error("a stranger sees the settings")
	}
	w.do("zoe", "GET", ":p", nil).want(200).says(`"merge_method":"merge"`).says(`"permissions":{"group_access":null,"project_access":null}`)
	if _, err := w.s.CreateProject(ProjectSpec{Path: "zoe/fork", Visibility: "public", ForkedFrom: shop}); err != nil {
		t.Fatal(err)
	}
	w.do("mia", "GET", "projects/zoe%2Ffork", nil).want(200).says(`"forked_from_project":{`).says(`"mr_default_target_self":false`)
	w.do("dev", "GET", "groups/tools", nil).want(200).says(`"full_path":"tools"`)
	id := w.do("dev", "GET", ":p", nil).number("id")
	w.do("dev", "GET", "projects/"+itoa(id), nil).want(200)
	if log := w.s.Requests(); log[len(log)-1].Repo != shop {
		t.Errorf("a project named by its number is logged as %s", log[len(log)-1].Repo)
	}
}

// TestTextsAreKeptAsGitLabKeepsThem: what is read back is not always what was sent.
func TestTextsAreKeptAsGitLabKeepsThem(t *testing.T) {
	w := newTown(t)
	w.do("rep", "POST", ":p/issues", obj{"title": " x ", "description": "\na\r\nb \n\n"}).want(201).says(`"title":"x"`).says(`"description":"\na\nb"`)
	w.do("rep", "POST", issuePath(1, "/notes"), obj{"body": "a\r\n"}).want(201).says(`"body":"a"`)
	w.do("rep", "POST", ":p/issues", obj{"title": "x"}).want(201).says(`"description":null`)
	w.do("zoe", "POST", ":p/issues", obj{"title": "x", "description": "y\n/confidential"}).want(201).says(`"confidential":true`).says(`"description":"y"`)
}
