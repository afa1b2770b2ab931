package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// validateRotation refuses what would lose tokens: replicas have a file each, and a token that one replaces ends for all.
func (s Server) validateRotation(d *document) {
	if s.GitLab.RotateTokens && (s.DatabaseFile != "" || s.onPostgres()) {
		d.problem("gitlab.rotate_tokens", "on PostgreSQL several replicas may use one token, and each would end that of the others; leave this out and replace tokens by hand")
	}
}

// replaceable proves that a file can take another's place: the token that GitLab gives is shown once, so this is no matter to
// find out then.
func replaceable(file string) error {
	err := tryReplace(file)
	if err != nil {
		return fmt.Errorf("rotate tokens: %s can't be replaced; let the server write it and its folder, or leave rotate_tokens out: %w", file, err)
	}
	return nil
}

func tryReplace(file string) error {
	info, err := os.Lstat(file)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.New("it is not a plain file")
	}
	whole, err := os.OpenFile(file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	beside, err := os.CreateTemp(filepath.Dir(file), ".liftgate-*")
	if err != nil {
		return errors.Join(err, whole.Close())
	}
	return errors.Join(whole.Close(), beside.Close(), os.Remove(beside.Name()))
}
