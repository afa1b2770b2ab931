package server

import (
	"context"
	"errors"
	"strings"
)

// Turn runs one turn of an advisory here and now, for a process that does not [Server.Run]. A SQLite file has one process at
// work: beside a server, or another turn, it is [store.ErrInUse]. On PostgreSQL others may be at work too, see
// [Server.Shared].
func (s *Server) Turn(ctx context.Context, advisory string) (err error) {
	release, err := s.Store.Engage(ctx, s.options.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	return s.Engine.Turn(ctx, advisory)
}

// Shared reports whether replicas may be at work on the same database.
func (s *Server) Shared() bool { return !strings.HasPrefix(s.options.Config.Database, "sqlite:") }
