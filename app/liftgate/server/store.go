package server

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/store"
)

// OpenStore opens the database that a configuration names, beside a running server if there is one. It makes nothing: a
// database or keys that are not there are an error.
func OpenStore(ctx context.Context, c config.Server, now func() time.Time) (*store.Store, error) {
	return openStore(ctx, Options{Config: c, Now: now})
}

// databaseExists looks for SQLite's file, which opening would make. PostgreSQL answers for itself.
func databaseExists(c config.Server) error {
	path, file := strings.CutPrefix(c.Database, "sqlite:")
	if !file {
		return nil
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open store: there is no database at %s; liftgate serve makes one", path)
	}
	return err
}

func openStore(ctx context.Context, o Options) (*store.Store, error) {
	if !o.CreateKeys {
		if err := databaseExists(o.Config); err != nil {
			return nil, err
		}
	}
	url, err := o.Config.DatabaseURL()
	if err != nil {
		return nil, err
	}
	keyset, identity := KeyFiles(o.Config)
	if o.CreateKeys {
		if err := makeFolder(o.Config.Data); err != nil {
			return nil, err
		}
	}
	fresh := o.CreateKeys && !anyExists(keyset, identity)
	keys, err := store.LoadKeys(keyset, identity, o.CreateKeys)
	if err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{URL: url, Keys: keys, Now: o.Now})
	if err != nil && fresh {
		// The database is not new, or does not answer: these keys have sealed nothing. Left there, they would look like the
		// ones that somebody has to restore.
		err = errors.Join(err, os.Remove(keyset), os.Remove(identity))
	}
	return s, err
}

// KeyFiles are the files of the keyset and of the identity that opens it.
func KeyFiles(c config.Server) (keyset, identity string) {
	keyset, identity = c.Keys.Keyset, c.Keys.Identity
	if keyset == "" {
		keyset = filepath.Join(c.Data, "keyset.age")
	}
	if identity == "" {
		identity = filepath.Join(c.Data, "identity.txt")
	}
	return keyset, identity
}

func anyExists(paths ...string) bool {
	for _, path := range paths {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			return true
		}
	}
	return false
}

func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make data folder: %w", err)
	}
	return nil
}
