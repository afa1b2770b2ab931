package backport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Stores is a folder with every repository that the server keeps:
//
//	public/<project>.git                 follows the public repository
//	embargoed/<project>/<advisory>.git   one per advisory, borrows objects from the public one
//
// Several processes may open the same folder. Everything in it is a cache: it can be rebuilt from the remotes, so the
// answer to a damaged store is to destroy it.
type Stores struct {
	dir string
	git *git
}

// Repo is what both kinds of store can do: read. It is used through [Public] and [Embargoed].
type Repo struct {
	git  *git
	dir  string
	kept *kept // what one run has learned, nil for none
}

// Public is the store that follows one public repository. Nothing is ever made or fetched here that isn't public.
type Public struct{ Repo }

// Embargoed is the store of one advisory. Fixes, picks and candidates live here and nowhere else.
type Embargoed struct {
	Repo
	advisory string
	stores   *Stores
}

// Open opens or makes the folder dir and checks git's version.
func Open(ctx context.Context, dir string) (*Stores, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open stores: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open stores: %w", err)
	}
	g, err := newGit(dir)
	if err != nil {
		return nil, fmt.Errorf("open stores: %w", err)
	}
	if err := g.checkVersion(ctx); err != nil {
		return nil, fmt.Errorf("open stores: %w", err)
	}
	s := &Stores{dir: dir, git: g}
	return s, s.locked(ctx, s.sweep)
}

// Public opens the public store of a project ("owner/name"), and makes it on first use.
func (s *Stores) Public(ctx context.Context, project string) (*Public, error) {
	dir, err := s.publicDir(project)
	if err != nil {
		return nil, err
	}
	if err := s.create(ctx, dir, ""); err != nil {
		return nil, fmt.Errorf("make public store: %w", err)
	}
	return &Public{Repo{git: s.git, dir: dir}}, nil
}

// Embargoed opens the store of one advisory of a project, and makes it on first use, together with the public store.
func (s *Stores) Embargoed(ctx context.Context, project, advisory string) (*Embargoed, error) {
	dir, err := s.embargoedDir(project, advisory)
	if err != nil {
		return nil, err
	}
	public, err := s.Public(ctx, project)
	if err != nil {
		return nil, err
	}
	// A relative path survives a move of the whole folder. It is relative to the objects folder of the borrower.
	borrow, err := filepath.Rel(filepath.Join(dir, "objects"), filepath.Join(public.dir, "objects"))
	if err != nil {
		return nil, fmt.Errorf("make embargoed store: %w", err)
	}
	if err := s.create(ctx, dir, borrow); err != nil {
		return nil, fmt.Errorf("make embargoed store: %w", err)
	}
	return &Embargoed{Repo: Repo{git: s.git, dir: dir}, advisory: advisory, stores: s}, nil
}

// Destroy removes the store of an advisory and every object that only it holds. Destroying what isn't there is fine.
func (s *Stores) Destroy(ctx context.Context, project, advisory string) error {
	dir, err := s.embargoedDir(project, advisory)
	if err != nil {
		return err
	}
	err = s.locked(ctx, func() error {
		// Renamed first: a crash in the middle leaves a folder that the next Open sweeps, never half a store.
		err := os.Rename(dir, dir+stale)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.RemoveAll(dir + stale)
	})
	if err != nil {
		return fmt.Errorf("destroy store: %w", err)
	}
	return nil
}

// stale marks a folder that is being made or removed; no project or advisory can have such a name.
const stale = "~"

func (s *Stores) publicDir(project string) (string, error) {
	if !validProject(project) {
		return "", invalid("not a project name")
	}
	return filepath.Join(s.dir, "public", filepath.FromSlash(project)+".git"), nil
}

func (s *Stores) embargoedDir(project, advisory string) (string, error) {
	if !validProject(project) {
		return "", invalid("not a project name")
	}
	if !validSegment(advisory) {
		return "", invalid("not an advisory id")
	}
	return filepath.Join(s.dir, "embargoed", filepath.FromSlash(project), advisory+".git"), nil
}

func validProject(p string) bool {
	for seg := range strings.SplitSeq(p, "/") {
		if !validSegment(seg) {
			return false
		}
	}
	return true
}

// validSegment allows what forges allow in names. A name that ends in .git would clash with the folders of a store.
func validSegment(s string) bool {
	return len(s) <= 255 && regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.-]*$`).MatchString(s) && !strings.HasSuffix(strings.ToLower(s), ".git")
}

// create makes a bare repository at dir unless it is there already: built aside and renamed into place, so that a crash
// never leaves half of one.
func (s *Stores) create(ctx context.Context, dir, borrow string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	return s.locked(ctx, func() error {
		if _, err := os.Stat(dir); err == nil {
			return nil // another process was faster
		}
		aside := dir + stale
		if err := os.RemoveAll(aside); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
			return err
		}
		_, _, err := s.git.run(ctx, call{args: []string{"init", "--quiet", "--bare", "--template=", "--object-format=sha1", "--", aside}})
		if err != nil {
			return err
		}
		if borrow != "" {
			if err := os.MkdirAll(filepath.Join(aside, "objects", "info"), 0o700); err != nil {
				return err
			}
			line := bytes.TrimSpace([]byte(filepath.ToSlash(borrow)))
			if err := os.WriteFile(filepath.Join(aside, "objects", "info", "alternates"), append(line, '\n'), 0o600); err != nil {
				return err
			}
		}
		return os.Rename(aside, dir)
	})
}

// sweep removes what a killed process left half made or half removed. The caller holds the lock of the whole folder.
func (s *Stores) sweep() error {
	for _, kind := range []string{"public", "embargoed"} {
		err := filepath.WalkDir(filepath.Join(s.dir, kind), func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // nothing of this kind yet
			}
			if err != nil || !d.IsDir() {
				return err
			}
			switch {
			case strings.HasSuffix(path, ".git"+stale):
				if err := os.RemoveAll(path); err != nil {
					return err
				}
				return fs.SkipDir
			case strings.HasSuffix(path, ".git"):
				return fs.SkipDir
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("sweep stores: %w", err)
		}
	}
	return nil
}

func parent(dir string) string { return filepath.Dir(dir) }
