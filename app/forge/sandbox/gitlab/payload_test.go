package gitlab

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The samples are the webhooks that GitLab's Go clients test themselves on, one file an event. The module's are always
// there; newer ones lie in the folder that LIFTGATE_GITLAB_EXAMPLES names, testdata/webhooks of client-go v2.

// beyond are keys that the stand-in sends and the samples lack, all or the older ones, with what makes them in GitLab.
func beyond() map[string]string {
	const issue, merge, pipeline, push = "Gitlab::HookData::IssueBuilder", "Gitlab::HookData::MergeRequestBuilder",
		"Gitlab::DataBuilder::Pipeline", "Gitlab::DataBuilder::Push"
	return map[string]string{
		"issue.closed_at":                               issue,
		"issue.customer_relations_contacts":             issue,
		"issue.health_status":                           issue,
		"issue.type":                                    issue,
		"merge_request.draft":                           merge,
		"merge_request.head_pipeline_id":                merge,
		"merge_request.merge_commit_sha":                merge,
		"merge_request.merge_error":                     merge,
		"merge_request.merge_params":                    merge,
		"merge_request.merge_user_id":                   merge,
		"merge_request.merge_when_pipeline_succeeds":    merge,
		"merge_request.time_estimate":                   merge,
		"merge_request.updated_by_id":                   merge,
		"note.internal":                                 "Gitlab::HookData::NoteBuilder",
		"pipeline-hook.object_attributes.name":          pipeline,
		"pipeline-hook.object_attributes.protected_ref": pipeline,
		"pipeline-hook.object_attributes.url":           pipeline,
		"push-hook.message":                             push,
		"push-hook.push_options":                        push,
		"push-hook.ref_protected":                       push,
	}
}

// omitted are keys of the samples that the stand-in does not send, with the reason.
func omitted() map[string]string {
	return map[string]string{
		"issue.escalation_policy":       "of incidents",
		"issue.escalation_status":       "of incidents",
		"issue.start_date":              "the stand-in's issues have no dates",
		"issue.branch_name":             "a column that GitLab dropped; the sample kept it",
		"issue.position":                "a column that GitLab dropped; the sample kept it",
		"merge_request.system":          "of changes that GitLab makes by itself, which the stand-in does not tell",
		"merge_request.system_action":   "of changes that GitLab makes by itself, which the stand-in does not tell",
		"pipeline-hook.source_pipeline": "of pipelines that another one started",
	}
}

// TestPayloadsAreGitLabs holds each webhook to the samples: the keys of every block and the types of their values. GitLab
// makes a project, a person or an issue alike wherever it shows one, but the samples are of different ages; so a key that
// any of them has in such a block may be sent in all, and what the event's own sample has must be.
func TestPayloadsAreGitLabs(t *testing.T) {
	sent := rehearse(t)
	used := map[string]bool{}
	folders := sampleFolders(t)
	for source, folder := range folders {
		samples, known := map[string]shape{}, shape{}
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		must(t, err)
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".json")
			raw, err := os.ReadFile(file)
			must(t, err)
			samples[name] = form(t, name, raw)
			known.join(samples[name])
		}
		for _, name := range slices.Sorted(maps.Keys(sent)) {
			if samples[name] == nil {
				t.Fatalf("%s has no sample of %s", source, name)
			}
			for _, path := range samples[name].lacking(sent[name]) {
				if used[path] = true; omitted()[path] == "" {
					t.Errorf("%s: the %s has %s, which is not sent", source, name, path)
				}
			}
			for _, path := range sent[name].lacking(known) {
				if used[path] = true; beyond()[path] == "" {
					t.Errorf("%s: no sample has %s, which is sent with a %s", source, path, name)
				}
			}
			for _, what := range sent[name].unlike(known) {
				t.Errorf("%s %s: %s", source, name, what)
			}
		}
	}
	if len(folders) < 2 {
		return // what the newer samples alone have cannot be told from what is no longer so
	}
	for _, list := range []map[string]string{beyond(), omitted()} {
		for path := range list {
			if !used[path] {
				t.Errorf("%s is listed for nothing", path)
			}
		}
	}
}

// rehearse makes every kind of webhook happen and gives the forms of their bodies, by the name of the sample.
func rehearse(t *testing.T) map[string]shape {
	t.Helper()
	w, e := newTown(t), newEar(t)
	_, err := w.s.AddHook(shop, HookSpec{URL: e.URL})
	must(t, err)
	c := newClone(w)
	c.git("tag", "-a", "-m", "One", "v1")
	c.mustPush("mia", "v1")
	mr, head := c.propose("fix", "main", "Fix")
	dev := w.s.user("dev").id
	w.do("dev", "PUT", mr, obj{"description": "All of it", "add_labels": "a", "assignee_ids": []int64{dev}, "reviewer_ids": []int64{dev}}).want(200)
	w.do("dev", "POST", mr+"/notes", obj{"body": "seen"}).want(201)
	w.do("dev", "POST", ":p/statuses/"+head, obj{"state": "success", "name": "build", "ref": "fix"}).want(201)
	iid := w.file("rep", obj{"title": "x", "description": "y", "labels": "a", "assignee_ids": []int64{dev}})
	w.do("rep", "PUT", issuePath(iid, ""), obj{"title": "z"}).want(200)
	w.do("rep", "POST", issuePath(iid, "/notes"), obj{"body": "seen"}).want(201)
	sent := map[string]shape{}
	for _, p := range e.heard(w) {
		name := p.obj["object_kind"].(string)
		for _, at := range []string{"issue", "merge_request"} {
			if _, there := p.obj[at]; there && name == "note" {
				name += "_" + at
			}
		}
		if sent[name] == nil {
			sent[name] = shape{}
		}
		sent[name].join(form(t, name, p.body))
	}
	if got := slices.Sorted(maps.Keys(sent)); len(got) != 7 {
		t.Fatalf("heard of %v only", got)
	}
	return sent
}

func sampleFolders(t *testing.T) map[string]string {
	t.Helper()
	dir, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/xanzy/go-gitlab").Output()
	if err != nil {
		t.Skipf("go list does not work here: %v", err)
	}
	folders := map[string]string{"go-gitlab": filepath.Join(strings.TrimSpace(string(dir)), "testdata", "webhooks")}
	if newer := os.Getenv("LIFTGATE_GITLAB_EXAMPLES"); newer != "" {
		folders["client-go"] = newer
	}
	return folders
}

// shape is a webhook taken apart: the types that occur at each key of each block. Elements of a list share one path.
type shape map[string][]string

func form(t *testing.T, name string, raw []byte) shape {
	t.Helper()
	var v any
	must(t, json.Unmarshal(raw, &v))
	s := shape{}
	s.add(name, strings.TrimPrefix(name, "tag_")+"-hook", v)
	return s
}

// block says what a key holds that GitLab builds alike everywhere, or "".
func block(event, key string) string {
	switch key {
	case "object_attributes":
		kind, _, _ := strings.Cut(event, "_")
		return map[string]string{"issue": "issue", "merge": "merge_request", "note": "note"}[kind]
	case "project", "source", "target":
		return "project"
	case "user", "assignee", "assignees[]", "reviewers[]":
		return "user"
	case "commit", "last_commit", "commits[]":
		return "commit"
	case "labels[]":
		return "label"
	case "issue", "note", "repository":
		return key
	case "merge_request":
		if event != "pipeline" { // which shows a few keys of it
			return key
		}
	}
	return ""
}

func (s shape) add(event, path string, v any) {
	kind := "null"
	below := func(key string, inner any) {
		at := path + "." + strings.TrimPrefix(key, ".")
		if key == "[]" {
			at = path + "[]"
		}
		if _, isObject := inner.(map[string]any); isObject {
			last := at[strings.LastIndex(at, ".")+1:]
			if b := block(event, last); b != "" {
				at = b
			}
		}
		s.add(event, at, inner)
	}
	switch v := v.(type) {
	case map[string]any:
		kind = "object"
		for k, inner := range v {
			if !strings.HasSuffix(path, ".changes") { // of whatever was changed
				below(k, inner)
				s.note(path+"."+k, "")
			}
		}
	case []any:
		kind = "list"
		for _, inner := range v {
			below("[]", inner)
		}
	case string:
		kind = "string"
	case float64:
		kind = "number"
	case bool:
		kind = "boolean"
	}
	s.note(path, kind)
}

// note adds a type to a path; none says only that the key is there.
func (s shape) note(path, kind string) {
	kinds := s[path]
	if kind != "" && !slices.Contains(kinds, kind) {
		kinds = append(kinds, kind)
	}
	s[path] = kinds
}

func (s shape) join(other shape) {
	for path, kinds := range other {
		s.note(path, "")
		for _, kind := range kinds {
			s.note(path, kind)
		}
	}
}

// lacking are the paths that another shape has not, although it has the object around them.
func (s shape) lacking(other shape) (paths []string) {
	for _, path := range slices.Sorted(maps.Keys(s)) {
		parent := path[:max(strings.LastIndex(path, "."), 0)]
		if _, there := other[path]; !there && slices.Contains(other[parent], "object") && !strings.HasSuffix(path, "[]") {
			paths = append(paths, path)
		}
	}
	return paths
}

// unlike says where types differ. A key that was only seen as null has none.
func (s shape) unlike(known shape) (what []string) {
	for _, path := range slices.Sorted(maps.Keys(s)) {
		want := slices.DeleteFunc(slices.Clone(known[path]), func(kind string) bool { return kind == "null" })
		for _, kind := range s[path] {
			if kind != "null" && len(want) > 0 && !slices.Contains(want, kind) {
				what = append(what, fmt.Sprintf("%s is a %s, want %v", path, kind, want))
			}
		}
	}
	return what
}

// TestShapesDiffer tries the comparison itself.
func TestShapesDiffer(t *testing.T) {
	sample := form(t, "issue", []byte(`{"user":{"id":1,"email":"x"},"object_attributes":{"iid":1,"labels":[{"title":"a"}],"weight":null}}`))
	sent := form(t, "note_issue", []byte(`{"assignees":[{"id":"1"}],"issue":{"iid":2,"labels":[{"title":7,"colour":"red"}],"weight":3,"extra":{}}}`))
	eq(t, strings.Join(sample.lacking(sent), " "), "user.email")
	eq(t, strings.Join(sent.lacking(sample), " "), "issue.extra label.colour")
	eq(t, strings.Join(sent.unlike(sample), "; "), "label.title is a number, want [string]; user.id is a string, want [number]")
}
