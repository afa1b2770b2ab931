package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/drill"
)

// visit plays the console's part within a drill: at some of its steps the operator uses the command line, beside the
// server that runs there, with the same database, repositories and clock.
type visit struct {
	t     *testing.T
	dir   string
	world *drill.World
	leave context.CancelFunc
	seen  map[string]bool
}

const caseID = "LSN-2026-0001"

// Write is told each step that the drill has done.
func (v *visit) Write(line []byte) (int, error) {
	switch {
	case bytes.Contains(line, []byte("conflicts are shown")):
		v.seen["early"] = true
		v.early()
	case bytes.Contains(line, []byte("nothing is public yet")):
		v.seen["late"] = true
		v.late()
		v.leave()
	}
	return len(line), nil
}

// settle writes the configuration that an operator of this world would have.
func (v *visit) settle(w *drill.World) {
	v.world = w
	text := w.Document("data: data\nlog: {level: error}\n")
	if err := os.WriteFile(filepath.Join(v.dir, "liftgate.yml"), []byte(text), 0o600); err != nil {
		v.t.Error(err)
	}
}

// expect runs a command line and compares its exit code and what it says.
func (v *visit) expect(code int, says string, args ...string) (out string) {
	v.t.Helper()
	c, stdout, stderr := captured(v.world.Clock.Now)
	args = append(args, "--config", filepath.Join(v.dir, "liftgate.yml"))
	if args[0] == "rehearse" || args[0] == "lift" {
		args = append(args, "--timeout", "30s")
	}
	if got := run(v.t.Context(), c, args); got != code || !strings.Contains(stdout.String()+stderr.String(), says) {
		v.t.Errorf("liftgate %s: exit code %d, want %d and %q\n%s%s", strings.Join(args, " "), got, code, says, stdout, stderr)
	}
	return stdout.String()
}

// early is while a backport conflicts and nobody has approved anything.
func (v *visit) early() {
	v.expect(exitRefused, "shows a conflict that a person has to resolve", "rehearse", caseID, "--as", "manager")
	v.expect(exitRefused, "Nothing was asked for", "lift", caseID, "--as", "manager", "--now", "in haste", "--yes")
	v.expect(exitFailed, "see liftgate status --all", "rehearse", "LSN-2026-9999", "--as", "manager")
}

// late is when all is ready, and the embargo has minutes to go.
func (v *visit) late() {
	v.expect(exitRefused, "it takes a team member or release manager", "rehearse", caseID, "--as", "reporter")
	v.expect(0, "passed", "rehearse", caseID, "--as", "manager")
	v.expect(0, "", "rehearse", caseID, "--as", "manager", "--no-wait")
	v.alone()
	dry := v.moves(v.expect(0, "", "lift", caseID, "--as", "manager", "--dry-run", "--json"), "moves")
	if len(dry) != 4 {
		v.t.Errorf("a rehearsal of %d moves", len(dry))
	}
	v.expect(exitRefused, "the end of the embargo", "lift", caseID, "--as", "manager", "--yes")
	v.expect(exitUsage, "confirm it with --yes", "lift", caseID, "--as", "manager", "--now", "it leaked")
	v.expect(exitRefused, "it takes a release manager", "lift", caseID, "--as", "reporter", "--now", "it leaked", "--yes")
	v.expect(0, "waits", "status", caseID, "--json")

	landed := v.moves(v.expect(0, "published_at", "lift", caseID, "--as", "manager", "--now", "it leaked", "--yes", "--json"), "branches")
	if fmt.Sprint(landed) != fmt.Sprint(dry) {
		v.t.Errorf("rehearsed %v\nlanded    %v", dry, landed)
	}
	v.expect(0, "MOVED", "lift", caseID, "--as", "manager")
	history := v.expect(0, "manager", "history", caseID, "--reveal")
	for _, words := range []string{"ended the embargo early", "asked for the lift", "reporter", "refused"} {
		if !strings.Contains(history, words) {
			v.t.Errorf("the history lacks %q:\n%s", words, history)
		}
	}
	v.reject()
	v.expect(0, "whole: 1 advisories", "history", "verify")
}

// reject is when the CVE record is out, or about to be.
func (v *visit) reject() {
	v.expect(exitUsage, "confirm it with --yes", "cve", "reject", caseID, "it is none", "--as", "allocator")
	v.expect(exitRefused, "it takes a CVE allocator", "cve", "reject", caseID, "it is none", "--as", "reporter", "--yes")
	again := []string{"cve", "reject", caseID, "it is none", "--as", "allocator", "--yes", "--json", "--config", filepath.Join(v.dir, "liftgate.yml")}
	for range 100 { // each try is a turn, and the record is submitted in one
		c, stdout, stderr := captured(v.world.Clock.Now)
		code := run(v.t.Context(), c, again)
		if code == 0 && strings.Contains(stdout.String(), `"cve": "CVE-2026-`) {
			break
		}
		if code != exitRefused || !strings.Contains(stderr.String(), "no record was submitted") {
			v.t.Errorf("exit code %d: %s%s", code, stdout, stderr)
			break
		}
	}
	v.expect(exitRefused, "was rejected before", "cve", "reject", caseID, "it is none", "--as", "allocator", "--yes")
}

// alone is while no server runs.
func (v *visit) alone() {
	if err := v.world.Stop(); err != nil {
		v.t.Error(err)
	}
	v.expect(exitRefused, "it takes a team member or release manager", "rehearse", caseID, "--as", "reporter")
	v.expect(0, "passed", "rehearse", caseID, "--as", "manager")
	if err := v.world.Serve(v.t.Context()); err != nil {
		v.t.Error(err)
	}
}

func (v *visit) moves(document, key string) []moveView {
	var all map[string]json.RawMessage
	var moves []moveView
	if err := json.Unmarshal([]byte(document), &all); err != nil {
		v.t.Errorf("%v in %s", err, document)
	} else if err := json.Unmarshal(all[key], &moves); err != nil {
		v.t.Errorf("%v in %s", err, document)
	}
	return moves
}

func TestConsoleBesideAServer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	v := &visit{t: t, dir: t.TempDir(), leave: cancel, seen: map[string]bool{}}
	_, err := drill.Run(ctx, drill.Options{Forge: "github", Keep: filepath.Join(v.dir, "world"), Wall: time.Now, Tell: v, Started: func(w *drill.World) {
		v.dir = filepath.Join(v.dir, "world")
		v.settle(w)
	}})
	if !v.seen["early"] || !v.seen["late"] {
		t.Fatalf("the drill ended before the console's turn (%v): %v", v.seen, err)
	}
}

func TestConfirm(t *testing.T) {
	for answer, want := range map[string]int{caseID + "\n": 0, "y\n": exitRefused, "\n": exitRefused, caseID: exitRefused, "": exitRefused} {
		c, _, errs := captured(time.Now)
		c.terminal, c.in = true, strings.NewReader(answer)
		if got := c.finish((&desk{console: c}).confirm(readyCase())); got != want {
			t.Errorf("the answer %q gives %d, want %d", answer, got, want)
		}
		if !strings.Contains(errs.String(), "main 0123456789ab..ba9876543210") {
			t.Errorf("the question does not show the moves: %s", errs)
		}
	}
}
