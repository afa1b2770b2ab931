package backport

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // git's names of objects
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/adler32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// SHA is the full name of an object: 40 lower-case hex digits. "" means none: no such ref, or no parent.
type SHA string

// Valid reports whether s is a full name. "" is not.
func (s SHA) Valid() bool {
	if len(s) != 40 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return s != noSHA
}

// Short is for people to read.
func (s SHA) Short() string { return string(s[:min(12, len(s))]) }

func (s SHA) bytes() ([]byte, error) {
	b, err := hex.DecodeString(string(s))
	if err != nil || len(b) != sha1.Size {
		return nil, invalid("not a full SHA")
	}
	return b, nil
}

const (
	noSHA     SHA = "0000000000000000000000000000000000000000" // git's own way to say none
	emptyTree SHA = "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // known to every git without being stored
)

func validSHAs(shas ...SHA) error {
	for _, s := range shas {
		if !s.Valid() {
			return invalid("not a full SHA")
		}
	}
	return nil
}

// maxObject bounds one object that is read into memory: commits, trees and .gitattributes are small.
const maxObject = 16 << 20

// reader reads objects through a git cat-file process, which starts with the first read and lives as long as the operation
// it is for. One that ended, by its time or by a damaged object, is replaced with the next read. It is used by one goroutine.
type reader struct {
	repo *Repo
	ctx  context.Context
	kept bool // outlives what it is opened for, see [Embargoed.Keeping]
	proc *talk

	trees   map[SHA][]entry
	entries int // in them
}

func (r *Repo) reader(ctx context.Context) *reader {
	if r.kept != nil {
		return r.kept.rd
	}
	return &reader{repo: r, ctx: ctx}
}

// Close ends the process, unless it is kept for more.
func (rd *reader) Close() {
	if !rd.kept {
		rd.end()
	}
}

// end ends the process. How it ended doesn't matter: every answer was read and checked.
func (rd *reader) end() {
	if rd.proc == nil {
		return
	}
	rd.proc.end()
	rd.proc = nil
}

// object reads one object, which must be of the kind given.
func (rd *reader) object(kind string, sha SHA) ([]byte, error) {
	if kind == "tree" && sha == emptyTree {
		return nil, nil
	}
	if err := validSHAs(sha); err != nil {
		return nil, err
	}
	body, got, err := rd.ask(sha)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	if got != kind {
		return nil, fmt.Errorf("read %s: %w", kind, ErrNoObject)
	}
	return body, nil
}

// ask asks once more where a process that had answered before is gone: the object may be sound.
func (rd *reader) ask(sha SHA) (body []byte, kind string, err error) {
	for {
		if rd.proc == nil {
			if rd.proc, err = rd.repo.git.talk(rd.ctx, call{args: []string{"cat-file", "--batch"}, dir: rd.repo.dir}); err != nil {
				return nil, "", fmt.Errorf("start git cat-file: %w", ErrNoObject)
			}
		}
		fresh := rd.proc.fresh
		body, kind, err = rd.proc.object(sha)
		if err == nil || errors.Is(err, ErrNoObject) || errors.Is(err, ErrTooLarge) {
			return body, kind, err
		}
		if rd.proc.ctx.Err() != nil {
			err = errors.Join(ErrTimeout, rd.proc.ctx.Err())
		}
		rd.end()
		if fresh || rd.ctx.Err() != nil {
			return nil, "", err
		}
	}
}

// object asks git cat-file --batch.
func (t *talk) object(sha SHA) (body []byte, kind string, err error) {
	if _, err := io.WriteString(t.in, string(sha)+"\n"); err != nil {
		return nil, "", ErrCorrupt // the process is gone: it dies of damaged objects only
	}
	head, err := t.out.ReadString('\n')
	if err != nil {
		return nil, "", ErrCorrupt
	}
	t.fresh = false
	f := strings.Fields(head)
	if len(f) != 3 {
		return nil, "", ErrNoObject // "<sha> missing"
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return nil, "", ErrGit
	}
	if size > maxObject {
		if _, err := io.CopyN(io.Discard, t.out, size+1); err != nil {
			return nil, "", ErrCorrupt
		}
		return nil, "", ErrTooLarge
	}
	body = make([]byte, size+1)
	if _, err := io.ReadFull(t.out, body); err != nil {
		return nil, "", ErrCorrupt
	}
	return body[:size], f[1], nil
}

// entry is one line of a tree.
type entry struct {
	mode string
	name string
	sha  SHA
}

const (
	modeTree    = "40000"
	modeFile    = "100644"
	modeExec    = "100755"
	modeLink    = "120000"
	modeGitlink = "160000"
)

// maxKeptEntries bounds the lines of trees that a reader keeps: those that lead to the files of a fix are read again and again.
const maxKeptEntries = 100_000

// tree reads one tree. The list is not the caller's to change.
func (rd *reader) tree(sha SHA) ([]entry, error) {
	if list, ok := rd.trees[sha]; ok {
		return list, nil
	}
	list, err := rd.readTree(sha)
	if err != nil {
		return nil, err
	}
	if rd.entries += len(list); rd.entries < maxKeptEntries {
		if rd.trees == nil {
			rd.trees = map[SHA][]entry{}
		}
		rd.trees[sha] = list
	}
	return list, nil
}

func (rd *reader) readTree(sha SHA) ([]entry, error) {
	raw, err := rd.object("tree", sha)
	if err != nil {
		return nil, err
	}
	var list []entry
	for len(raw) > 0 {
		sp := bytes.IndexByte(raw, ' ')
		nul := bytes.IndexByte(raw, 0)
		if sp < 0 || nul < sp || len(raw) < nul+21 || sp+1 == nul || bytes.IndexByte(raw[sp+1:nul], '/') >= 0 {
			return nil, fmt.Errorf("read tree: %w", ErrCorrupt) // a name with a slash would be another path
		}
		list = append(list, entry{
			mode: strings.TrimLeft(string(raw[:sp]), "0"),
			name: string(raw[sp+1 : nul]),
			sha:  SHA(hex.EncodeToString(raw[nul+1 : nul+21])),
		})
		raw = raw[nul+21:]
	}
	return list, nil
}

// write stores an object as a loose file, as git does: written aside, then renamed. Doing it here saves a process each.
// It isn't synced to disk, for a store is a cache.
func (e *Embargoed) write(kind string, body []byte) (SHA, error) {
	full := append([]byte(kind+" "+strconv.Itoa(len(body))+"\x00"), body...)
	sum := sha1.Sum(full) //nolint:gosec // as above
	sha := SHA(hex.EncodeToString(sum[:]))
	dir := filepath.Join(e.dir, "objects", string(sha[:2]))
	path := filepath.Join(dir, string(sha[2:]))
	if _, err := os.Stat(path); err == nil {
		return sha, nil
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, os.ErrExist) {
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "tmp_obj_"+rand.Text()), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
	if err != nil {
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	_, err = f.Write(stored(full))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	return sha, nil
}

// stored is a zlib stream that holds its content as it is. A store is a cache and its objects are small: packing them costs more
// than it saves.
func stored(content []byte) []byte {
	const most = 1<<16 - 1 // of one block
	b := []byte{0x78, 0x01}
	for part := range slices.Chunk(content, most) {
		b = append(b, 0)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(part)))
		b = binary.LittleEndian.AppendUint16(b, ^uint16(len(part)))
		b = append(b, part...)
	}
	b = append(b, 1, 0, 0, 0xff, 0xff) // the last one, empty
	return binary.BigEndian.AppendUint32(b, adler32.Checksum(content))
}
