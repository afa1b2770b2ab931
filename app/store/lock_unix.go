//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// lockFile waits until no other open file holds the lock.
func lockFile(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// tryLockFile takes the lock, or says that somebody else has it.
func tryLockFile(f *os.File) error {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return ErrInUse
		}
		if !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
