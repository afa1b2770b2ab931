package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"filippo.io/age"
	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/insecurecleartextkeyset"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// Keys seal and open embargoed text. They print a placeholder.
type Keys struct {
	handle *keyset.Handle
	aead   tink.AEAD
}

// String prints a placeholder.
func (*Keys) String() string { return "[keys]" }

// GoString prints a placeholder.
func (*Keys) GoString() string { return "[keys]" }

// LogValue prints a placeholder.
func (*Keys) LogValue() slog.Value { return slog.StringValue("[keys]") }

// NewKeys makes keys that live as long as the process: for tests and the demo.
func NewKeys() (*Keys, error) {
	handle, err := keyset.NewHandle(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	return keysOf(handle)
}

func keysOf(handle *keyset.Handle) (*Keys, error) {
	primitive, err := aead.New(handle)
	if err != nil {
		return nil, fmt.Errorf("use keyset: %w", err)
	}
	return &Keys{handle, primitive}, nil
}

// LoadKeys reads the keyset, which is encrypted to the age identity in the other file. When neither file exists and create
// is true, both are made, readable by their owner only. Keep a copy of both, apart from the database: without them the
// embargoed text in it is lost.
func LoadKeys(keysetPath, identityPath string, create bool) (*Keys, error) {
	haveKeyset, haveIdentity, err := present(keysetPath, identityPath)
	switch {
	case err != nil:
		return nil, fmt.Errorf("load keys: %w", err)
	case haveKeyset && haveIdentity:
		return readKeys(keysetPath, identityPath)
	case haveKeyset:
		return nil, fmt.Errorf("load keys: the keyset %s is there but its identity %s is not: restore the identity, "+
			"nothing else opens the keyset", keysetPath, identityPath)
	case haveIdentity:
		return nil, fmt.Errorf("load keys: the identity %s is there but the keyset %s is not: restore the keyset; only if "+
			"there is no database yet, remove the identity and start again", identityPath, keysetPath)
	case !create:
		return nil, fmt.Errorf("load keys: neither the keyset %s nor the identity %s exists", keysetPath, identityPath)
	}
	return createKeys(keysetPath, identityPath)
}

// RotateKeys adds a new key, with which everything is sealed from now on, to the keyset on disk. The old keys stay in it,
// for what was sealed with them; [Store.Reseal] moves that over. Restart every replica afterwards: one that runs on with
// the old keyset can't open what is sealed with the new key.
func RotateKeys(keysetPath, identityPath string) (*Keys, error) {
	old, err := LoadKeys(keysetPath, identityPath, false)
	if err != nil {
		return nil, err
	}
	identity, err := readIdentity(identityPath)
	if err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	manager := keyset.NewManagerFromHandle(old.handle)
	id, err := manager.Add(aead.AES256GCMKeyTemplate())
	if err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	if err := manager.SetPrimary(id); err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	wrapped, err := wrap(handle, identity.Recipient())
	if err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	if err := replaceFile(keysetPath, wrapped); err != nil {
		return nil, fmt.Errorf("rotate keys: %w", err)
	}
	return keysOf(handle)
}

func present(paths ...string) (first, second bool, err error) {
	var have [2]bool
	for i, path := range paths {
		_, err := os.Stat(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return false, false, err
		}
		have[i] = err == nil
	}
	return have[0], have[1], nil
}

func createKeys(keysetPath, identityPath string) (*Keys, error) {
	identity, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	keys, err := NewKeys()
	if err != nil {
		return nil, err
	}
	wrapped, err := wrap(keys.handle, identity.Recipient())
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	// The identity goes first: a keyset without one would be dead, an identity without a keyset is only unused.
	if err := createFile(identityPath, []byte(identity.String()+"\n")); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	if err := createFile(keysetPath, wrapped); err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return keys, nil
}

func readKeys(keysetPath, identityPath string) (*Keys, error) {
	identity, err := readIdentity(identityPath)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	wrapped, err := os.ReadFile(keysetPath)
	if err != nil {
		return nil, fmt.Errorf("load keys: %w", err)
	}
	clear, err := age.Decrypt(bytes.NewReader(wrapped), identity)
	if _, wrong := errors.AsType[*age.NoIdentityMatchError](err); wrong {
		return nil, fmt.Errorf("load keys: the identity %s does not open the keyset %s: it was made for another one",
			identityPath, keysetPath)
	}
	if err != nil {
		return nil, fmt.Errorf("load keys: %s is not a whole keyset: restore it from a copy", keysetPath)
	}
	handle, err := insecurecleartextkeyset.Read(keyset.NewBinaryReader(clear))
	if err != nil {
		return nil, fmt.Errorf("load keys: %s is not a whole keyset: restore it from a copy", keysetPath)
	}
	return keysOf(handle)
}

// readIdentity refuses a file that others may read: whoever has it and the keyset reads everything.
func readIdentity(path string) (*age.X25519Identity, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("the identity %s has mode %04o, so others may read it: chmod 600 it", path, mode)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	identities, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil || len(identities) != 1 {
		return nil, fmt.Errorf("%s must hold one age identity (AGE-SECRET-KEY-1...)", path) // not err: it may quote the key
	}
	identity, ok := identities[0].(*age.X25519Identity)
	if !ok {
		return nil, fmt.Errorf("%s must hold an X25519 age identity", path)
	}
	return identity, nil
}

// wrap encrypts the keyset to the identity's public half.
func wrap(handle *keyset.Handle, to age.Recipient) ([]byte, error) {
	var clear, wrapped bytes.Buffer
	if err := insecurecleartextkeyset.Write(handle, keyset.NewBinaryWriter(&clear)); err != nil {
		return nil, err
	}
	w, err := age.Encrypt(&wrapped, to)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(w, &clear); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return wrapped.Bytes(), nil
}

// createFile writes a new file that only its owner may read, and syncs it and its folder.
func createFile(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return syncFolder(path)
}

// replaceFile puts a new file in the place of an old one, so that a crash leaves one of the two whole.
func replaceFile(path string, b []byte) error {
	next := path + ".new"
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := createFile(next, b); err != nil {
		return err
	}
	if err := os.Rename(next, path); err != nil {
		return err
	}
	return syncFolder(path)
}

func syncFolder(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
