package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// Within the tests "liftgate" is this binary: scripts and [exec.Command] run the real main.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"liftgate": main})
}

// canary is embargoed text that must show up nowhere unless somebody asks for it.
const canary = "canary-overflow-in-parse-header"

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("GIT_CONFIG_NOSYSTEM", "1")
			for _, who := range []string{"AUTHOR", "COMMITTER"} {
				env.Setenv("GIT_"+who+"_NAME", "Dev Eloper")
				env.Setenv("GIT_"+who+"_EMAIL", "dev@example.org")
				env.Setenv("GIT_"+who+"_DATE", "2026-03-02T09:00:00Z")
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"seed": seedCommand, "sql": sqlCommand},
	})
}

// seedCommand fills a folder with what an operator has: liftgate.yml, its secrets, keys, and a database with advisories.
func seedCommand(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(writeSettings(dir))
	ts.Check(seedDatabase(dir))
}

// sqlCommand changes the database behind Liftgate's back: sql FILE STATEMENT.
func sqlCommand(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	result, err := db.Exec(args[1])
	ts.Check(err)
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		ts.Fatalf("the statement changed nothing: %v", err)
	}
	ts.Check(db.Close())
}

const settings = `listen: 127.0.0.1:0
log: {level: debug}
github:
  app_id: 1
  private_key_file: app.pem
  webhook_secret_files: [hook.txt]
  api: http://127.0.0.1:1/
  git: http://127.0.0.1:1/
projects:
  - {name: demo, public: octo/app, mirror: octo/app-security}
`

const hookSecret = "a secret of the tests"

func writeSettings(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	key, err := appKey()
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"liftgate.yml": []byte(settings), "app.pem": key, "hook.txt": []byte(hookSecret + "\n")} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// appKey is one key for all tests: making it takes a while.
var appKey = sync.OnceValues(func() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
})

// seedDatabase stores one advisory that waits for a judgement and one whose fix is under way, with lines about each.
func seedDatabase(dir string) error {
	ctx := context.Background()
	if err := os.MkdirAll(filepath.Join(dir, "data"), 0o700); err != nil {
		return err
	}
	keys, err := store.LoadKeys(filepath.Join(dir, "data", "keyset.age"), filepath.Join(dir, "data", "identity.txt"), true)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: "sqlite:" + filepath.Join(dir, "data", "liftgate.db"), Keys: keys, Now: time.Now})
	if err != nil {
		return err
	}
	defer s.Close()
	project := policy.Project{Name: "demo", Prefix: "LSN", Forge: "github", Public: "octo/app", Mirror: "octo/app-security"}
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for _, report := range []policy.Report{{Ref: "GHSA-1", Reporter: "rita\x1b[31m"}, {Ref: "GHSA-2", Reporter: "rolf"}} {
		if _, _, err := s.Intake(ctx, project, report, at); err != nil {
			return err
		}
	}
	loaded, err := s.Load(ctx, "LSN-2026-0002")
	if err != nil {
		return err
	}
	a := loaded.Advisory
	a.Phase, a.Severity, a.Lift.Gate = policy.Fixing, "high", policy.GateHeld
	a.Embargo.Start, a.Embargo.End = at, time.Date(2999, 3, 10, 14, 0, 0, 0, time.UTC)
	a.Cells = []policy.Cell{
		{Branch: "main", State: policy.Affected, Fix: policy.Fix{Number: 4, Head: "f00d", Wanting: "has 0 of 1 approvals of its newest commit"}},
		{Branch: "stable-1.2", State: policy.Affected, Backport: policy.Backport{State: policy.PickConflict, Files: []policy.Text{policy.Embargoed(canary + ".c")}}},
		{Branch: "stable-1.1", State: policy.NotAffected, By: "mia", Why: policy.Embargoed(canary)},
	}
	a.Waiting = []string{
		"main: fix 4 has 0 of 1 approvals of its newest commit", "stable-1.2: the backport conflicts; a person has to resolve it",
		"rehearsal: these candidates were not rehearsed",
	}
	lines := []policy.Line{{At: at, By: "mia", What: "accepted"}, {At: at, By: "mia", What: "judged a branch", Why: policy.Embargoed(canary)}}
	a.Trail = lines
	return s.Commit(ctx, store.Turn{Before: loaded.Version, Decision: policy.Decision{Advisory: a, Lines: lines}, Now: at})
}
