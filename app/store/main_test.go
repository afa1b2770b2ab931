package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// The contract runs on both databases. PostgreSQL is the server that LIFTGATE_POSTGRES names (its user may create
// databases), or one that the tests start for themselves if Debian's or anybody's initdb is there.
var server = sync.OnceValues(startPostgres)

// stopServer ends what startPostgres started.
var stopServer = func() {}

func TestMain(m *testing.M) {
	if path := os.Getenv(childPath); path != "" {
		ringUntilKilled(path)
	}
	code := m.Run()
	stopServer()
	os.Exit(code)
}

var testStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// opener opens one more Store on the same database.
type opener func() *Store

// onBoth runs a test on a fresh database of each kind.
func onBoth(t *testing.T, f func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) { f(t, openWith(t, sqliteURL(t), testKeys(t))) })
	t.Run("postgres", func(t *testing.T) { f(t, openWith(t, postgresURL(t), testKeys(t))) })
}

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "liftgate.db") }

func testKeys(t testing.TB) *Keys {
	t.Helper()
	keys, err := NewKeys()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func openWith(t testing.TB, url string, keys *Keys) opener {
	return func() *Store {
		t.Helper()
		s, err := Open(context.Background(), Options{URL: url, Keys: keys, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = s.Close() }) // a test may have closed it
		return s
	}
}

// postgresURL makes a fresh database.
func postgresURL(t testing.TB) string {
	t.Helper()
	base, err := server()
	if err != nil {
		t.Skipf("no PostgreSQL: %v", err)
	}
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("liftgate_%d_%s", os.Getpid(), strings.ToLower(randomName()))
	db, err := sql.Open("pgx", base)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = db.Exec("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)") // the server is thrown away anyway
		_ = db.Close()
	})
	u.Path = "/" + name
	return u.String()
}

func randomName() string {
	id, err := bellID()
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%x", id)
}

func startPostgres() (string, error) {
	if given := os.Getenv("LIFTGATE_POSTGRES"); given != "" {
		return given, nil
	}
	bin, err := postgresBin()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "liftgate-pg")
	if err != nil {
		return "", err
	}
	as, err := unprivileged(dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	run := func(name string, args ...string) error {
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, as
		out, err := cmd.Output() // no pipe that the server could keep open: pg_ctl logs to a file
		if err != nil {
			return fmt.Errorf("%s: %w: %s", name, err, out)
		}
		return nil
	}
	if err := run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return "", err
	}
	stopServer = func() {
		_ = run("pg_ctl", "-D", data, "-m", "immediate", "stop")
		_ = os.RemoveAll(dir)
	}
	err = run("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o",
		"-c listen_addresses='' -c max_connections=200 -c fsync=off -c shared_buffers=32MB -k "+dir, "start")
	return "postgres://postgres@/postgres?host=" + url.QueryEscape(dir), err
}

func postgresBin() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return "", errors.Join(errors.New("set LIFTGATE_POSTGRES, or install PostgreSQL's server"), err)
	}
	return found[len(found)-1], nil
}

// unprivileged gives the folder to a user who is not root: PostgreSQL refuses to run as root.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	const nobody = 65534
	if err := os.Chown(dir, nobody, nobody); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, nil
}
