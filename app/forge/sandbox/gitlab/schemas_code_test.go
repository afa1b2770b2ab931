package gitlab

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestCodeFitsGitLabsSchemas is TestAnswersFitGitLabsSchemas for what stands on git.
func TestCodeFitsGitLabsSchemas(t *testing.T) {
	dir := filepath.Dir(oracle(t, "gitlab/schemas/public_api/v4/branch.json"))
	w := newTown(t)
	c := newClone(w)
	must(t, w.s.SetCI(shop, "unit"))
	c.git("tag", "-a", "v1", "-m", "One")
	c.mustPush("mia", "v1")
	mr, head := c.propose("fix", "main", "Fix")
	w.do("mia", "POST", mr+"/approve", nil).want(201)
	must(t, w.s.FinishJob(shop, head, "unit", "success"))
	merged, _ := c.propose("more", "stable-1", "More")
	w.do("mia", "PUT", merged+"/merge", obj{"auto_merge": true}).want(200)
	must(t, w.s.FinishJob(shop, c.git("rev-parse", "more"), "unit", "success"))
	pipeline := w.do("", "GET", mr, nil).want(200).obj["head_pipeline"].(map[string]any)["id"].(float64)
	for path, schema := range map[string]string{
		":p/repository/branches/main":           "branch.json",
		":p/repository/branches":                "branches.json",
		":p/repository/commits":                 "commits.json",
		":p/repository/commits/" + head:         "commit/detail.json",
		":p/repository/tags":                    "tags.json",
		":p/pipelines":                          "pipelines.json",
		":p/pipelines/" + itoa(int64(pipeline)): "pipeline/detail.json",
		":p/merge_requests":                     "merge_requests.json",
		mr:                                      "merge_request.json",
		merged:                                  "merge_request.json",
		mr + "/notes":                           "notes.json",
		mr + "/commits":                         "commits.json",
	} {
		compiler := jsonschema.NewCompiler()
		compiler.AssertFormat()
		s, err := compiler.Compile(filepath.Join(dir, schema))
		must(t, err)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(w.do("mia", "GET", path, nil).want(200).raw))
		must(t, err)
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	w.do("", "GET", merged, nil).says(`"state":"merged"`)
}
