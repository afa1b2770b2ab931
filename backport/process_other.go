//go:build !unix

package backport

import (
	"os"
	"os/exec"
)

// ownGroup does nothing where there are no process groups: the end of the context kills git alone.
func ownGroup(*exec.Cmd) {}

// flock refuses: without a lock that dies with its holder two processes can't share a store.
func flock(*os.File) error { return ErrUnsupported }
