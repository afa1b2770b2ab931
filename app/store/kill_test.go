package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// A process that was told that its row is stored and is then killed must find it again. The test runs itself as that
// process, reads what it was told, and kills it without warning.

const childPath = "LIFTGATE_TEST_RING"

func openFolder(ctx context.Context, dir string) (*Store, error) {
	keys, err := LoadKeys(filepath.Join(dir, "keyset"), filepath.Join(dir, "identity"), true)
	if err != nil {
		return nil, err
	}
	return Open(ctx, Options{URL: "sqlite:" + filepath.Join(dir, "liftgate.db"), Keys: keys, Now: time.Now})
}

// ringUntilKilled rings and commits by turns, and says so each time the store has said so.
func ringUntilKilled(dir string) {
	ctx := context.Background()
	s, err := openFolder(ctx, dir)
	if err == nil {
		_, _, err = s.Intake(ctx, testProject, testReport, testStart)
	}
	for i := 0; err == nil; i++ {
		err = s.Ring(ctx, policy.Doorbell{Forge: "github", Delivery: fmt.Sprint("d", i), At: testStart})
		if err == nil {
			err = commitNumbered(ctx, s, i)
		}
		if err == nil {
			fmt.Println("stored", i)
		}
	}
	fmt.Println("error", err)
	os.Exit(1)
}

func commitNumbered(ctx context.Context, s *Store, i int) error {
	const id = "LSN-2026-0001"
	l, err := s.Load(ctx, id)
	if err != nil {
		return err
	}
	return s.Commit(ctx, Turn{Before: l.Version, Now: testStart, Decision: policy.Decision{
		Advisory: l.Advisory,
		Lines:    []policy.Line{{At: testStart, By: "tom", What: "said", Why: policy.Embargoed(fmt.Sprint("line ", i))}},
		Effects:  []policy.Effect{say(id, fmt.Sprint("say/", i))},
	}})
}

func TestKill9LosesNothingThatWasAcknowledged(t *testing.T) {
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^$")
	child.Env = append(os.Environ(), childPath+"="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscanf(lines.Text(), "stored %d", &last); err != nil {
			t.Errorf("child: %s", lines.Text())
			break
		}
		if last == 50 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("child ended with %v", err)
	}
	s, err := openFolder(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	checkWhole(t, s, last)
}

// checkWhole finds everything up to the last acknowledged number, and commits that are whole or not there.
func checkWhole(t *testing.T, s *Store, last int) {
	t.Helper()
	bells, err := s.Doorbells(t.Context(), 100000)
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	for _, b := range bells {
		have[b.Delivery] = true
	}
	for i := range last + 1 {
		if !have[fmt.Sprint("d", i)] {
			t.Errorf("doorbell d%d was acknowledged and is gone", i)
		}
	}
	l := load(t, s, "LSN-2026-0001")
	v, err := s.VerifyHistory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if commits := int(l.Version) - 1; commits <= last || v.Lines != commits+1 || len(l.Pending) != commits {
		t.Errorf("%d commits with %d lines and %d effects; %d were acknowledged", commits, v.Lines-1, len(l.Pending), last+1)
	}
}
