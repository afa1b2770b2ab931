// Package storetest gives tests a PostgreSQL: the one that LIFTGATE_POSTGRES names, whose user may create databases, or one
// that it starts from the machine's own binaries, as a user who is not root, in a temporary folder and on a Unix socket.
//
//	func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }      // ends the server that tests have started
//	url := storetest.Database(t)                                     // a fresh database; skips where there is no PostgreSQL
//
// A test that stops the server in the middle starts one of its own with [Start].
package storetest

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a PostgreSQL.
type Server struct {
	url   string
	bin   string // "" when somebody else runs it
	dir   string
	as    *syscall.SysProcAttr
	count atomic.Int64
	names stack // of every database made, to drop on a server that stays
	used  stack // URLs of databases that are migrated and empty
}

// shared is the server of a test binary, started when it is first wanted.
var shared = sync.OnceValues(Start)

// wanted says whether shared was started; it is written before shared can be read by anybody else.
var wanted atomic.Bool

// Main runs the tests of a package and ends the shared server.
func Main(m *testing.M) int {
	code := m.Run()
	if wanted.Load() {
		if s, err := shared(); err == nil {
			s.Close()
		}
	}
	return code
}

// Database gives the URL of a database on the shared server whose tables are empty, if there are any yet: one that an
// earlier test was done with saves the time of migrating. It skips the test where there is no PostgreSQL.
func Database(t testing.TB) string {
	t.Helper()
	s := sharedServer(t)
	database, ok := s.used.take()
	if !ok {
		var err error
		if database, err = s.create(); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		if err := s.empty(database); err != nil {
			t.Logf("empty database: %v", err) // the next test makes a new one
			return
		}
		s.used.put(database)
	})
	return database
}

// New gives the URL of a database without tables on the shared server.
func New(t testing.TB) string {
	t.Helper()
	return sharedServer(t).Database(t)
}

func sharedServer(t testing.TB) *Server {
	t.Helper()
	wanted.Store(true)
	s, err := shared()
	if err != nil {
		t.Skipf("LIFTGATE_POSTGRES names no PostgreSQL, and none starts here: %v", err)
	}
	return s
}

// Database makes a database without tables, which goes when the server goes.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	database, err := s.create()
	if err != nil {
		t.Fatal(err)
	}
	return database
}

func (s *Server) create() (string, error) {
	u, err := url.Parse(s.url)
	if err != nil {
		return "", errors.New("LIFTGATE_POSTGRES is not a URL")
	}
	name := fmt.Sprintf("liftgate_%d_%d", os.Getpid(), s.count.Add(1))
	u.Path = "/" + name
	s.names.put(name)
	return u.String(), execute(s.url, "CREATE DATABASE "+name)
}

// empty removes every row but those that say which migrations have run.
func (s *Server) empty(database string) error {
	return execute(database, `DO $$ DECLARE t text; BEGIN
		SET LOCAL lock_timeout = '2s';
		FOR t IN SELECT quote_ident(tablename) FROM pg_tables
			WHERE schemaname = 'public' AND tablename NOT IN ('goose_db_version', 'river_migration')
		LOOP EXECUTE 'TRUNCATE ' || t || ' CASCADE'; END LOOP; END $$`)
}

func execute(database, statement string) error {
	db, err := sql.Open("pgx", database)
	if err != nil {
		return err
	}
	_, err = db.Exec(statement)
	return errors.Join(err, db.Close())
}

// stack is a last-in-first-out list for many goroutines.
type stack struct {
	mu  sync.Mutex
	all []string
}

func (s *stack) put(v string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, v)
}

func (s *stack) take() (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return "", false
	}
	last := s.all[len(s.all)-1]
	s.all = s.all[:len(s.all)-1]
	return last, true
}

// Start starts a server, or takes the one that LIFTGATE_POSTGRES names.
func Start() (*Server, error) {
	if given := os.Getenv("LIFTGATE_POSTGRES"); given != "" {
		return &Server{url: given}, nil
	}
	return StartOwn()
}

// StartOwn starts a server that the test may stop and start as it likes.
func StartOwn() (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "liftgate-pg")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, dir: dir, url: "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)}
	if s.as, err = unprivileged(dir); err == nil {
		err = s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	}
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return s, nil
}

// Start starts the server again after Stop.
func (s *Server) Start() error {
	// fsync=off: these databases die with the test, and only a crash of the machine could tell the difference.
	return s.run("pg_ctl", "-D", s.data(), "-w", "-s", "-l", filepath.Join(s.dir, "log"), "-o",
		"-c listen_addresses='' -c max_connections=200 -c fsync=off -c shared_buffers=32MB -k "+s.dir, "start")
}

// Stop ends the server at once, as a crash would.
func (s *Server) Stop() error {
	return s.run("pg_ctl", "-D", s.data(), "-s", "-m", "immediate", "stop")
}

// Close ends the server for good.
func (s *Server) Close() {
	if s.bin == "" {
		for name, ok := s.names.take(); ok; name, ok = s.names.take() {
			_ = execute(s.url, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)") // one that stays is in nobody's way
		}
		return
	}
	_ = s.Stop() // it may have been stopped already
	_ = os.RemoveAll(s.dir)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) run(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir, cmd.SysProcAttr = s.dir, s.as
	if err := cmd.Run(); err != nil { // no pipes: the server would keep them open
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func binaries() (string, error) {
	if path, err := exec.LookPath("pg_ctl"); err == nil {
		return filepath.Dir(path), nil
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return "", errors.New("install PostgreSQL's server")
	}
	return found[len(found)-1], nil
}

// nobody is who runs the server when the tests run as root, which PostgreSQL refuses to do. "nobody" on every Linux.
const nobody = 65534

// SQLite gives the URL of a fresh SQLite file.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "liftgate.db") }
