package backport

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestCorpus replays the real backports beside the repository, if they are there, on local clones named by
// BACKPORT_CORPUS (a folder that holds <name>.git for the names of repos.tsv). It prints how many picks are clean and how
// many give the very tree that people committed, and fails on an error of the engine only.
func TestCorpus(t *testing.T) {
	clones := os.Getenv("BACKPORT_CORPUS")
	if clones == "" {
		t.Skip("BACKPORT_CORPUS names no folder of clones: README.md says what it holds")
	}
	f, err := os.Open(filepath.Join("..", "..", "shared", "corpus", "cases.dev.jsonl"))
	if err != nil {
		t.Skipf("the corpus is not beside the repository: %v", err)
	}
	defer f.Close() // only read
	stores := testStores(t)
	open := map[string]*Embargoed{}
	count := map[string]int{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, 64<<20)
	for in.Scan() {
		var c struct {
			ID     string `json:"id"`
			Repo   string `json:"repo"`
			Source []SHA  `json:"source_commits"`
			Parent SHA    `json:"target_parent"`
			Tree   SHA    `json:"truth_tree"`
		}
		if err := json.Unmarshal(in.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		e := open[c.Repo]
		clone := filepath.Join(clones, c.Repo+".git")
		if _, err := os.Stat(clone); err != nil {
			continue
		}
		if e == nil {
			if e, err = stores.Embargoed(t.Context(), c.Repo, "corpus"); err != nil {
				t.Fatal(err)
			}
			// Borrowed rather than fetched: a clone of each would take longer than all the picks.
			borrow := filepath.Join(clone, "objects") + "\n"
			if err := os.WriteFile(filepath.Join(e.dir, "objects", "info", "alternates"), []byte(borrow), 0o600); err != nil {
				t.Fatal(err)
			}
			open[c.Repo] = e
		}
		r, err := e.Pick(t.Context(), Pick{Commits: c.Source, Onto: c.Parent, Committer: bot()})
		switch {
		case KindOf(err) == ErrNoObject:
			count["not in the clone"]++
		case err != nil:
			t.Errorf("%s: %v", c.ID, err)
		case r.Picked != nil && r.Picked.Tree == c.Tree:
			count["exact"]++
		case r.Picked != nil:
			count["clean, differs"]++
		case r.Applied != nil:
			count["applied: "+string(r.Applied.How)]++
		default:
			count["conflict"]++
			if r.Conflict.Head == "" || len(r.Conflict.Files) == 0 {
				t.Errorf("%s: an empty conflict", c.ID)
			}
		}
	}
	if err := in.Err(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%v", count)
}
