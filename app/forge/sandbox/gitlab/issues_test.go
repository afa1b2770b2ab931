package gitlab

import (
	"strings"
	"testing"
	"time"
)

func TestConfidentialIssueIsForFew(t *testing.T) {
	w := newTown(t)
	iid := w.file("zoe", obj{"title": "heap overflow canary", "description": "canary", "confidential": true, "labels": "bug"})
	for who, want := range map[string]int{"": 404, "gus": 404, "zoe": 200, "rep": 200, "mia": 200} {
		w.do(who, "GET", issuePath(iid, ""), nil).want(want)
		w.do(who, "GET", issuePath(iid, "/notes"), nil).want(want)
		list := w.do(who, "GET", ":p/issues?confidential=true", nil).want(200).list
		if (len(list) == 1) != (want == 200) {
			t.Errorf("%q sees %d confidential issues", who, len(list))
		}
	}
	w.do("zoe", "POST", issuePath(iid, "/notes"), obj{"body": "more canary"}).want(201)
	if strings.Contains(w.publicWrites(), "canary") {
		t.Error("a confidential issue counts as public")
	}
	w.do("zoe", "PUT", issuePath(iid, ""), obj{"confidential": false}).want(200).says(`"confidential":true`)
	w.do("rep", "PUT", issuePath(iid, ""), obj{"confidential": false}).want(200).says(`"confidential":false`)
	w.do("", "GET", issuePath(iid, "/notes"), nil).want(200).says("made the issue visible to everyone")
	if !strings.Contains(w.publicWrites(), `"confidential":false`) {
		t.Error("showing an issue to everybody is no public write")
	}
}

func TestStrangersFileWithoutLabels(t *testing.T) {
	w := newTown(t)
	w.do("zoe", "POST", ":p/issues", obj{"title": "x", "labels": "bug"}).want(201).says(`"labels":[]`)
	w.do("rep", "POST", ":p/issues", obj{"title": "x", "labels": []string{"bug", "new"}}).want(201).says(`"labels":["bug","new"]`)
	w.do("zoe", "POST", ":p/issues", obj{"title": ""}).want(400).says("can't be blank")
	w.do("zoe", "POST", ":p/issues", obj{}).want(400).says("title is missing")
	w.do("zoe", "POST", ":p/issues", obj{"title": strings.Repeat("x", 256)}).want(400).says("too long")
	w.do("gus", "PUT", issuePath(1, ""), obj{"title": "mine"}).want(403)
	w.do("zoe", "PUT", issuePath(1, ""), obj{"title": "mine", "labels": "bug"}).want(200).says(`"labels":[]`)
	w.do("zoe", "PUT", issuePath(1, ""), obj{}).want(400).says("at least one parameter")
	w.do("zoe", "PUT", issuePath(1, ""), obj{"title": "other", "state_event": "shut"}).want(400).says("state_event does not have a valid value")
	w.do("zoe", "GET", issuePath(1, ""), nil).want(200).says(`"title":"mine"`)
}

func TestIssueHistories(t *testing.T) {
	w := newTown(t)
	iid := w.file("rep", obj{"title": "old", "labels": "one"})
	w.pass(time.Minute)
	w.do("rep", "PUT", issuePath(iid, ""), obj{"add_labels": "two", "remove_labels": "one", "title": "new", "state_event": "close"}).want(200).says(`"state":"closed"`)
	w.do("rep", "PUT", issuePath(iid, ""), obj{"state_event": "reopen"}).want(200).says(`"closed_at":null`)
	events := w.do("dev", "GET", issuePath(iid, "/resource_label_events"), nil).want(200).list
	var got []string
	for _, e := range events {
		got = append(got, e["action"].(string)+" "+e["label"].(map[string]any)["name"].(string))
	}
	if strings.Join(got, ", ") != "add one, add two, remove one" {
		t.Errorf("label events: %v", got)
	}
	w.do("dev", "GET", issuePath(iid, "/resource_state_events"), nil).want(200).says(`"state":"closed"`).says(`"state":"reopened"`)
	w.do("dev", "GET", issuePath(iid, "/notes?activity_filter=only_activity"), nil).want(200).says("changed title from **{-old-}** to **{+new+}**")
	w.do("dev", "GET", ":p/issues?labels=two&state=opened", nil).want(200).says(`"iid":1`)
	if got := w.do("dev", "GET", ":p/issues?labels=one", nil).want(200).raw; got != "[]" {
		t.Errorf("an issue without the label is listed: %s", got)
	}
}

func TestNotes(t *testing.T) {
	w := newTown(t)
	iid := w.file("zoe", obj{"title": "x"})
	one := w.do("zoe", "POST", issuePath(iid, "/notes"), obj{"body": "first"}).want(201).says(`"system":false`)
	w.pass(time.Second)
	w.do("zoe", "POST", issuePath(iid, "/notes"), obj{"body": "x", "internal": true}).want(403)
	w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "hidden", "internal": true}).want(201)
	if list := w.do("zoe", "GET", issuePath(iid, "/notes"), nil).want(200).list; len(list) != 1 {
		t.Errorf("zoe reads %d notes", len(list))
	}
	if list := w.do("rep", "GET", issuePath(iid, "/notes?sort=asc"), nil).want(200).list; len(list) != 2 || list[0]["body"] != "first" {
		t.Errorf("rep reads %v", list)
	}
	path := issuePath(iid, "/notes/"+itoa(one.number("id")))
	w.do("dev", "PUT", path, obj{"body": "theirs"}).want(403)
	edited := w.do("zoe", "PUT", path, obj{"body": "better"}).want(200)
	if edited.obj["updated_at"] == edited.obj["created_at"] {
		t.Error("an edited note looks untouched")
	}
	w.do("zoe", "POST", issuePath(iid, "/notes"), obj{"body": " "}).want(400)
	w.do("", "POST", issuePath(iid, "/notes"), obj{"body": "x"}).want(401)
	if strings.Contains(w.publicWrites(), "hidden") {
		t.Error("an internal note is a public write")
	}
}

func TestQuickActions(t *testing.T) {
	w := newTown(t)
	w.do("rep", "POST", ":p/labels", obj{"name": "hot", "color": "#ff0000"}).want(201)
	iid := w.file("rep", obj{"title": "x"})
	notes := issuePath(iid, "/notes")
	w.do("rep", "POST", notes, obj{"body": "/lift now\n/label ~hot\nthanks"}).want(201).says(`"body":"/lift now\nthanks"`)
	w.do("rep", "GET", issuePath(iid, ""), nil).want(200).says(`"labels":["hot"]`)
	w.do("rep", "POST", notes, obj{"body": "/close"}).want(202)
	w.do("rep", "GET", issuePath(iid, ""), nil).want(200).says(`"state":"closed"`)
	w.do("rep", "POST", notes, obj{"body": "/severity high"}).want(400).says("Could not apply severity")
	w.do("rep", "POST", notes, obj{"body": "```\n/close\n```"}).want(201).says("/close")
	w.do("zoe", "POST", notes, obj{"body": "/reopen"}).want(400)
	if list := w.do("rep", "GET", notes+"?activity_filter=only_comments", nil).want(200).list; len(list) != 2 {
		t.Errorf("%d notes were kept, want 2", len(list))
	}
}

func TestLabels(t *testing.T) {
	w := newTown(t)
	w.do("gus", "POST", ":p/labels", obj{"name": "a", "color": "#123456"}).want(403)
	w.do("rep", "POST", ":p/labels", obj{"name": "a", "color": "#123456"}).want(201)
	w.do("rep", "POST", ":p/labels", obj{"name": "a", "color": "#123456"}).want(409).says("Label already exists")
	w.do("rep", "POST", ":p/labels", obj{"name": "b", "color": "loud"}).want(400)
	iid := w.file("rep", obj{"title": "x", "labels": "a"})
	w.do("rep", "DELETE", ":p/labels/a", nil).want(204)
	w.do("rep", "GET", issuePath(iid, "/resource_label_events"), nil).want(200).says(`"label":null`)
	w.do("", "GET", ":p/labels", nil).want(200)
}
