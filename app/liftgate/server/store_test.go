package server

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
)

func TestKeysAreMadeForANewDatabaseOnly(t *testing.T) {
	dir := t.TempDir()
	c := config.DefaultServer()
	c.Data, c.Database = dir, "sqlite:"+filepath.Join(dir, "liftgate.db")
	open := func(create bool) error {
		s, err := openStore(t.Context(), Options{Config: c, Now: time.Now, CreateKeys: create})
		if err == nil {
			err = s.Close()
		}
		return err
	}
	if _, err := OpenStore(t.Context(), c, time.Now); err == nil || !strings.Contains(err.Error(), "there is no database") {
		t.Errorf("a missing database: %v", err)
	}
	if err := open(true); err != nil {
		t.Fatal("first start:", err)
	}
	if err := open(true); err != nil {
		t.Fatal("second start:", err)
	}
	if s, err := OpenStore(t.Context(), c, time.Now); err != nil {
		t.Error("beside it:", err)
	} else if err := s.Close(); err != nil {
		t.Error(err)
	}
	keyset, identity := KeyFiles(c)
	for _, file := range []string{keyset, identity} {
		if err := os.Rename(file, file+".away"); err != nil {
			t.Fatal(err)
		}
	}
	if err := open(true); err == nil || !strings.Contains(err.Error(), "restore the keyset") {
		t.Errorf("keys lost: %v", err)
	}
	if anyExists(keyset, identity) {
		t.Error("keys that open nothing were left behind")
	}
}
