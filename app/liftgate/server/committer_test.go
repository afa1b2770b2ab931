package server

import (
	"crypto/ed25519"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

func TestCommitter(t *testing.T) {
	c := config.Committer{Name: "Sec", Email: "sec@example.org"}
	id, err := identity(c)
	if err != nil || id.Name != c.Name || id.Email != c.Email || id.SignOff || id.Signer != nil {
		t.Errorf("%+v %v", id, err)
	}
	block, err := ssh.MarshalPrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)), "")
	if err != nil {
		t.Fatal(err)
	}
	c.SignOff, c.Sign, c.KeyFile = true, "ssh", filepath.Join(t.TempDir(), "key")
	if _, err := identity(c); err == nil {
		t.Error("a key that is not there")
	}
	if err := os.WriteFile(c.KeyFile, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if id, err = identity(c); err != nil || !id.SignOff || id.Signer == nil {
		t.Fatalf("%+v %v", id, err)
	}
	if _, err := id.Signer.Sign([]byte("commit"), time.Unix(0, 0)); err != nil {
		t.Error(err)
	}
}
