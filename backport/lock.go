package backport

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// lockName is a file in the folder of stores and in each store. It is locked, never removed: a lock on a removed file
// locks out nobody.
const lockName = "liftgate.lock"

// locked runs do while this process alone may make and remove stores.
func (s *Stores) locked(ctx context.Context, do func() error) error {
	f, err := lockFile(ctx, filepath.Join(s.dir, lockName))
	if err != nil {
		return err
	}
	defer f.Close() // releases the lock; a file nothing was written to has no error to report
	return do()
}

// exclusive runs do while this process alone may fetch into the store. Before that it removes the locks and half-written
// packs of fetches that were killed: the lock is shared with git's processes, so nobody alive can own them.
func (r *Repo) exclusive(ctx context.Context, do func(held *os.File) error) error {
	f, err := lockFile(ctx, filepath.Join(r.dir, lockName))
	if err != nil {
		return err
	}
	defer f.Close() // as above
	if err := r.sweep(); err != nil {
		return fmt.Errorf("sweep store: %w", err)
	}
	return do(f)
}

func lockFile(ctx context.Context, path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	done := make(chan error, 1)
	go func() { done <- flock(f) }()
	select {
	case err := <-done:
		if err != nil {
			_ = f.Close() // the lock's error says more
			return nil, fmt.Errorf("lock store: %w", err)
		}
		return f, nil
	case <-ctx.Done():
		// The wait can't be cut short; whenever it ends, the lock goes back at once.
		go func() { <-done; _ = f.Close() }()
		return nil, fmt.Errorf("lock store: %w: %w", ErrTimeout, context.Cause(ctx))
	}
}

// sweep removes git's lock files and the temporary files of a fetch. Loose temporary objects stay: a pick, which takes no
// lock, may be writing one, and they are small.
func (r *Repo) sweep() error {
	pack := filepath.Join(r.dir, "objects", "pack")
	return filepath.WalkDir(r.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if os.IsNotExist(err) {
				return nil // removed while we walked
			}
			return err
		}
		name := d.Name()
		switch {
		case d.IsDir() && len(name) == 2 && filepath.Dir(path) == filepath.Join(r.dir, "objects"):
			return fs.SkipDir // loose objects: many, and none is a lock
		case d.IsDir() && path == filepath.Join(r.dir, attributesDir):
			return fs.SkipDir
		case d.IsDir() && strings.HasPrefix(name, "tmp_objdir-"):
			if err := os.RemoveAll(path); err != nil {
				return err
			}
			return fs.SkipDir
		case d.IsDir() || name == lockName:
			return nil
		case strings.HasSuffix(name, ".lock"), filepath.Dir(path) == pack && strings.HasPrefix(name, "tmp_"):
			if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
				return err
			}
		}
		return nil
	})
}
