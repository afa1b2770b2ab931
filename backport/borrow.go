package backport

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Borrowing opens a store that sees every object of a local clone and copies none: clone is the clone's git folder. Nothing
// of the clone but its objects is looked at, neither configuration nor hooks nor refs, and nothing is written to it.
func (s *Stores) Borrowing(ctx context.Context, project, advisory, clone string) (*Embargoed, error) {
	e, err := s.Embargoed(ctx, project, advisory)
	if err != nil {
		return nil, err
	}
	objects, err := filepath.Abs(filepath.Join(clone, "objects"))
	if err != nil {
		return nil, fmt.Errorf("borrow from clone: %w", err)
	}
	if strings.ContainsAny(objects, "\r\n") {
		return nil, fmt.Errorf("borrow from clone: %w", invalid("a line break in the path"))
	}
	list := filepath.Join(e.dir, "objects", "info", "alternates")
	have, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("borrow from clone: %w", err)
	}
	if !strings.Contains(string(have), objects+"\n") {
		if err := os.WriteFile(list, append(have, objects+"\n"...), 0o600); err != nil {
			return nil, fmt.Errorf("borrow from clone: %w", err)
		}
	}
	// Where a shallow clone ends is written beside its objects; without it git would look for parents that nobody has.
	ends, err := os.ReadFile(filepath.Join(clone, "shallow"))
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(e.dir, "shallow"), ends, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("borrow from clone: %w", err)
	}
	return e, nil
}
