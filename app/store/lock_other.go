//go:build !unix

package store

import "os"

// lockFile does nothing where there is no flock: two processes that open the same new file at the same moment may fail
// there, and succeed when they are started again.
func lockFile(*os.File) error { return nil }

// tryLockFile does nothing either: whoever runs Liftgate there sees to it that a SQLite file has one server.
func tryLockFile(*os.File) error { return nil }
