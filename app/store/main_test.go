package store

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/store/storetest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childPath); dir != "" {
		ringUntilKilled(dir)
	}
	os.Exit(storetest.Main(m))
}

var testStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// opener opens one more Store on the same database.
type opener func() *Store

// onBoth runs a test on a fresh database of each kind.
func onBoth(t *testing.T, f func(t *testing.T, open opener)) {
	t.Run("sqlite", func(t *testing.T) { f(t, openWith(t, sqliteURL(t), testKeys(t))) })
	t.Run("postgres", func(t *testing.T) { f(t, openWith(t, postgresURL(t), testKeys(t))) })
}

func sqliteURL(t testing.TB) string { return storetest.SQLite(t) }

func postgresURL(t testing.TB) string { return storetest.Database(t) }

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

// copies builds one SQLite store and gives each caller a copy of it: migrating is the slow part of many small tests.
func copies(t *testing.T, build func(s *Store)) func(t *testing.T) *Store {
	t.Helper()
	keys := testKeys(t)
	path := filepath.Join(t.TempDir(), "built.db")
	s := openWith(t, "sqlite:"+path, keys)()
	build(s)
	if err := s.Close(); err != nil { // the WAL goes into the file
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return func(t *testing.T) *Store {
		t.Helper()
		copied := filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(copied, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return openWith(t, "sqlite:"+copied, keys)()
	}
}
