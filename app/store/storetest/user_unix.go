//go:build unix

package storetest

import (
	"os"
	"syscall"
)

// unprivileged gives the folder to a user who is not root, and says how to run as that user.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	if err := os.Chown(dir, nobody, nobody); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}, nil
}
