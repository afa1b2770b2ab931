package backport

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// What is computed for many commits at once is what is computed for each; and what has one patch has one shape.
func TestPatchesAndShapesTogether(t *testing.T) {
	w := newWork(t)
	w.write("a.c", lines(20))
	w.write("old name.c", lines(9))
	w.write("bin", "\x00\x01")
	var all []SHA
	all = append(all, w.commit("start"))
	w.git("branch", "other")
	w.write("a.c", lines(20, "3", "changed"))
	all = append(all, w.commit("change"))
	w.write("bin", "\x00\x02\x03")
	w.git("mv", "old name.c", "naïve \"name\".c")
	all = append(all, w.commit("binary and rename"))
	if err := os.Chmod(filepath.Join(w.dir, "a.c"), 0o755); err != nil {
		t.Fatal(err)
	}
	all = append(all, w.commit("mode"), w.commit("nothing"))
	w.git("switch", "--quiet", "other")
	w.write("new.c", lines(3))
	all = append(all, w.commit("elsewhere"))
	w.git("cherry-pick", string(all[1]))
	all = append(all, w.sha("HEAD"))
	w.git("switch", "--quiet", "main")
	w.git("merge", "--quiet", "--no-ff", "--no-edit", "other")
	all = append(all, w.sha("HEAD"))

	e := testStore(t, w)
	ids, err := e.PatchIDs(t.Context(), all)
	if err != nil {
		t.Fatal(err)
	}
	shapes := map[SHA]uint64{}
	if err := e.Shapes(t.Context(), []SHA{w.sha("main")}, func(sha SHA, shape uint64) { shapes[sha] = shape }); err != nil {
		t.Fatal(err)
	}
	for i, sha := range all {
		id := patchID(t, e, sha)
		if ids[sha] != id {
			t.Errorf("commit %d: patch id %q, alone %q", i, ids[sha], id)
		}
		shape, err := e.Shape(t.Context(), sha)
		if merge := i == len(all)-1; err != nil || !merge && shapes[sha] != shape || merge && shapes[sha] != 0 || (shape == 0) != (id == "") {
			t.Errorf("commit %d: shape %x, alone %x, %v", i, shapes[sha], shape, err)
		}
	}
	if picked := all[6]; ids[picked] != ids[all[1]] || shapes[picked] != shapes[all[1]] || shapes[picked] == shapes[all[2]] {
		t.Error("a pick has another patch or shape")
	}
	var walked []SHA
	if err := e.Walk(t.Context(), []SHA{w.sha("main")}, func(told Told) { walked = append(walked, told.SHA) }); err != nil {
		t.Fatal(err)
	}
	if len(walked) != len(all) || walked[0] != all[len(all)-1] || walked[len(walked)-1] != all[0] || slices.ContainsFunc(all, func(sha SHA) bool { return !slices.Contains(walked, sha) }) {
		t.Errorf("walked %v, want %v", walked, all)
	}
	for _, none := range [][]SHA{nil, {}} {
		if err := e.Walk(t.Context(), none, func(told Told) { t.Errorf("walked %v without a tip", told) }); err != nil {
			t.Error(err)
		}
	}
}
