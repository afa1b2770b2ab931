package store

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// primaryOnly drops every key but the newest.
func primaryOnly(t *testing.T, k *Keys) *Keys {
	t.Helper()
	primary, err := k.handle.Primary()
	if err != nil {
		t.Fatal(err)
	}
	manager := keyset.NewManagerFromHandle(k.handle)
	for i := range k.handle.Len() {
		entry, err := k.handle.Entry(i)
		if err != nil {
			t.Fatal(err)
		}
		if entry.KeyID() == primary.KeyID() {
			continue
		}
		if err := manager.Delete(entry.KeyID()); err != nil {
			t.Fatal(err)
		}
	}
	handle, err := manager.Handle()
	if err != nil {
		t.Fatal(err)
	}
	only, err := keysOf(handle)
	if err != nil {
		t.Fatal(err)
	}
	return only
}

func TestLoadKeys(t *testing.T) {
	keysetPath := func(dir string) string { return filepath.Join(dir, "keyset.age") }
	identityPath := func(dir string) string { return filepath.Join(dir, "identity.txt") }
	for _, c := range []struct {
		name   string
		spoil  func(t *testing.T, dir string)
		create bool
		want   string // in the error; "" for success
	}{
		{"both there", func(*testing.T, string) {}, false, ""},
		{"neither", func(t *testing.T, dir string) { remove(t, keysetPath(dir), identityPath(dir)) }, false, "neither the keyset"},
		{"neither, to be created", func(t *testing.T, dir string) { remove(t, keysetPath(dir), identityPath(dir)) }, true, ""},
		{"no identity", func(t *testing.T, dir string) { remove(t, identityPath(dir)) }, true, "restore the identity"},
		{"no keyset", func(t *testing.T, dir string) { remove(t, keysetPath(dir)) }, true, "restore the keyset"},
		{"identity others may read", func(t *testing.T, dir string) { chmod(t, identityPath(dir), 0o644) }, false, "chmod 600"},
		{"identity the group may read", func(t *testing.T, dir string) { chmod(t, identityPath(dir), 0o640) }, false, "chmod 600"},
		{"identity of another keyset", func(t *testing.T, dir string) {
			other := t.TempDir()
			if _, err := LoadKeys(keysetPath(other), identityPath(other), true); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(identityPath(other), identityPath(dir)); err != nil {
				t.Fatal(err)
			}
		}, false, "was made for another one"},
		{"keyset cut short", func(t *testing.T, dir string) { truncate(t, keysetPath(dir)) }, false, "not a whole keyset"},
		{"identity cut short", func(t *testing.T, dir string) { truncate(t, identityPath(dir)) }, false, "must hold one age identity"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if _, err := LoadKeys(keysetPath(dir), identityPath(dir), true); err != nil {
				t.Fatal(err)
			}
			c.spoil(t, dir)
			_, err := LoadKeys(keysetPath(dir), identityPath(dir), c.create)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("LoadKeys = %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "AGE-SECRET-KEY-1") && !strings.Contains(err.Error(), "1...") {
				t.Errorf("the error shows the key")
			}
		})
	}
}

func remove(t *testing.T, paths ...string) {
	t.Helper()
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func truncate(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err == nil {
		err = os.Truncate(path, info.Size()-10)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeysPrintNothing(t *testing.T) {
	keys := testKeys(t)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "keys", keys)
	for _, got := range []string{fmt.Sprint(keys), fmt.Sprintf("%v %+v %#v %s", keys, keys, keys, keys), log.String()} {
		if strings.ReplaceAll(got, "[keys]", "") == got || strings.Contains(got, "keyset") || strings.Contains(got, "0x") {
			t.Errorf("printed as %q", got)
		}
	}
}

func TestKeyFilesAreTheirOwnersOnly(t *testing.T) {
	dir := t.TempDir()
	paths := []string{filepath.Join(dir, "keyset.age"), filepath.Join(dir, "identity.txt")}
	if _, err := LoadKeys(paths[0], paths[1], true); err != nil {
		t.Fatal(err)
	}
	if _, err := RotateKeys(paths[0], paths[1]); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}
