package drill

import (
	"path/filepath"
	"testing"
	"time"
)

// A repository with a history of its own and a main branch of another name: what lands are the picks, and an open conflict
// keeps everything back unless it is waived.
func TestRealRepository(t *testing.T) {
	t.Parallel()
	repo, fix := historyWithFix(t)
	onMost(t, func(t *testing.T, forge string) {
		for _, waive := range []bool{false, true} {
			name := map[bool]string{false: "conflict stays open", true: "conflict is waived"}[waive]
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				playReal(t, Options{
					Forge: forge, Wall: time.Now, Waive: waive,
					Real: &Real{Repo: repo, Fix: []string{fix}, Branches: []string{"stable-1.2", "old@stable-1.0"}, Main: "trunk"},
				})
			})
		}
	})
}

func playReal(t *testing.T, o Options) {
	report, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"trunk": "held", "stable-1.2": "held", "old": "conflict"}
	if o.Waive {
		want = map[string]string{"trunk": "landed", "stable-1.2": "landed", "old": "waived"}
	}
	for _, b := range report.Branches {
		if want[b.Name] != b.State {
			t.Errorf("%s is %s, want %s", b.Name, b.State, want[b.Name])
		}
	}
	if len(report.Branches) != 3 || report.Published != o.Waive {
		t.Errorf("report: %+v", report)
	}
	if fix := o.Real.Fix[0]; o.Waive && report.Branches[0].After != fix {
		t.Errorf("main is at %s: the fix stood on its tip already, so it is %s itself", report.Branches[0].After, fix)
	}
}

// historyWithFix is the small project as somebody else's repository, its fix committed to main.
func historyWithFix(t *testing.T) (repo, fix string) {
	t.Helper()
	w := &World{Setting: Setting{Dir: t.TempDir(), Wall: time.Now}, Clock: NewClock(time.Now)}
	dir, err := seed(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	c := &clone{dir: dir, author: developer, now: time.Now}
	if _, err := c.git(t.Context(), "branch", "-m", "master", "trunk"); err != nil {
		t.Fatal(err)
	}
	if err := smallProject().fix(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if fix, err = c.git(t.Context(), "rev-parse", "HEAD"); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, ".git"), fix
}
