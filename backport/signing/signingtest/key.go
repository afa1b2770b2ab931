// Package signingtest makes keys for tests with the programs that people make theirs with.
package signingtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/liftgate/liftgate/backport/signing"
)

// Key makes a key, and a file by which git knows it as that of an address. Without ssh-keygen the test is skipped.
func Key(t *testing.T, address string) (key *signing.Key, allowed string) {
	t.Helper()
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		t.Skip("ssh-keygen is not installed")
	}
	file := filepath.Join(t.TempDir(), "id")
	if out, err := exec.CommandContext(t.Context(), "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if key, err = signing.Parse(text); err != nil {
		t.Fatal(err)
	}
	public, err := os.ReadFile(file + ".pub")
	if err == nil {
		err = os.WriteFile(file+".allowed", append([]byte(address+" "), public...), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key, file + ".allowed"
}
