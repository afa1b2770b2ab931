package gitlab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tokenFile is the file of a token. While the token is rotated, a file beside it is the mark that GitLab was asked, then
// the place of the new token, and then, by its name, the file itself:
//
//	prepare: the mark is written and synced, with more room than a token takes
//	         GitLab is asked
//	write:   the new token is written over the mark and synced
//	adopt:   it is renamed, and the folder is synced
//
// A stop between the answer and the sync of what it says loses the token. Whatever else is found afterwards says what to do.
type tokenFile string

func (t tokenFile) beside() string { return string(t) + ".rotating" }

const (
	markWord    = "rotating"
	unclearWord = "unclear"
	markSize    = 2 * maxToken // so that a token that is written over it needs no room
)

// slot is the place for a new token, proven to be writable.
type slot struct {
	file tokenFile
	out  *os.File
	mark string
}

func fingerprint(token string) string {
	sum := sha256.Sum256([]byte("liftgate rotation " + token))
	return hex.EncodeToString(sum[:8])
}

// prepare proves that the folder and the file can be written, and leaves the mark.
func (t tokenFile) prepare(token string, now time.Time) (*slot, error) {
	info, err := os.Lstat(string(t))
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() { // a link, as secrets are mounted in some places: what it leads to is somebody else's
		return nil, errors.New("not a plain file")
	}
	whole, err := os.OpenFile(string(t), os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_ = whole.Close() // nothing was written
	out, err := os.OpenFile(t.beside(), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	s := &slot{file: t, out: out, mark: fmt.Sprintf("%s %s %s", markWord, fingerprint(token), now.UTC().Format(time.RFC3339))}
	err = errors.Join(out.Chmod(info.Mode().Perm()), s.write(s.mark), syncFolder(t))
	if err != nil {
		return nil, errors.Join(err, s.drop())
	}
	return s, nil
}

// write puts one line at the beginning and fills the rest of the room.
func (s *slot) write(line string) error {
	text := line + "\n" + strings.Repeat("\n", markSize-len(line)-1)
	if _, err := s.out.WriteAt([]byte(text), 0); err != nil {
		return err
	}
	return s.out.Sync()
}

func (s *slot) close() { _ = s.out.Close() } // what matters was synced

// unclear notes that GitLab's answer did not say what happened.
func (s *slot) unclear() error { return s.write(s.mark + " " + unclearWord) }

// drop takes the mark away: nothing happened.
func (s *slot) drop() error { return errors.Join(s.out.Close(), s.file.forget()) }

// store puts the new token over the mark. The room that is left is cut off; where that fails, blanks do not count.
func (s *slot) store(token string) error {
	if err := s.write(token); err != nil {
		return err
	}
	_ = s.out.Truncate(int64(len(token) + 1))
	return nil
}

// adopt renames the file with the new token.
func (t tokenFile) adopt() error {
	if err := os.Rename(t.beside(), string(t)); err != nil {
		return err
	}
	return syncFolder(t)
}

// forget removes what a rotation has left.
func (t tokenFile) forget() error {
	if err := os.Remove(t.beside()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return syncFolder(t)
}

func syncFolder(t tokenFile) error {
	dir, err := os.Open(filepath.Dir(string(t)))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// leftover is what lies beside a token's file.
type leftover struct {
	found   bool
	token   string    // the new token, whole
	of      string    // of a mark: the fingerprint of the token that was to be rotated
	at      time.Time // likewise: when
	unclear bool
}

// left reads what an earlier rotation has left. What is neither a mark nor a token was being written when it was stopped.
func (t tokenFile) left() (l leftover, err error) {
	in, err := os.Open(t.beside())
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	defer func() { _ = in.Close() }() // only read
	text, err := io.ReadAll(io.LimitReader(in, markSize))
	if err != nil {
		return l, err
	}
	l.found = true
	line, _, whole := strings.Cut(string(text), "\n")
	words := strings.Fields(line)
	switch {
	case !whole:
	case len(words) >= 3 && words[0] == markWord:
		l.of = words[1]
		l.at, _ = time.Parse(time.RFC3339, words[2]) // one that can't be read is long ago
		l.unclear = len(words) == 4 && words[3] == unclearWord
	case validToken(line):
		l.token = line
	}
	return l, nil
}
