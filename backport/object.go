package backport

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1" //nolint:gosec // git's names of objects
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
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

// reader reads objects through one git cat-file process, which starts with the first read and lives as long as the
// operation it is for. It is used by one goroutine.
type reader struct {
	cmd   *exec.Cmd
	ctx   context.Context
	stop  context.CancelFunc
	start func() error
	in    io.WriteCloser
	out   *bufio.Reader
	once  sync.Once
	fault error
}

func (r *Repo) reader(ctx context.Context) *reader {
	ctx, stop := context.WithTimeout(ctx, localLimit)
	cmd := r.git.command(ctx, call{args: []string{"cat-file", "--batch"}, dir: r.dir})
	rd := &reader{cmd: cmd, ctx: ctx, stop: stop}
	rd.start = func() error {
		var err error
		if rd.in, err = cmd.StdinPipe(); err != nil {
			return err
		}
		out, err := cmd.StdoutPipe()
		if err != nil {
			return err
		}
		rd.out = bufio.NewReaderSize(out, 64<<10)
		return cmd.Start()
	}
	return rd
}

// Close ends the process. How it ended doesn't matter: every answer was read and checked.
func (rd *reader) Close() {
	if rd.in != nil {
		_ = rd.in.Close()
	}
	rd.stop()
	if rd.cmd.Process != nil {
		_ = rd.cmd.Wait()
	}
}

// object reads one object, which must be of the kind given.
func (rd *reader) object(kind string, sha SHA) ([]byte, error) {
	if kind == "tree" && sha == emptyTree {
		return nil, nil
	}
	if err := validSHAs(sha); err != nil {
		return nil, err
	}
	rd.once.Do(func() { rd.fault = rd.start() })
	if rd.fault != nil {
		return nil, fmt.Errorf("start git cat-file: %w", ErrNoObject)
	}
	body, got, err := rd.ask(sha)
	if err != nil {
		if rd.ctx.Err() != nil {
			err = errors.Join(ErrTimeout, rd.ctx.Err())
		}
		return nil, fmt.Errorf("read %s: %w", kind, err)
	}
	if got != kind {
		return nil, fmt.Errorf("read %s: %w", kind, ErrNoObject)
	}
	return body, nil
}

func (rd *reader) ask(sha SHA) (body []byte, kind string, err error) {
	if _, err := io.WriteString(rd.in, string(sha)+"\n"); err != nil {
		return nil, "", ErrCorrupt // the process is gone: it dies of damaged objects only
	}
	head, err := rd.out.ReadString('\n')
	if err != nil {
		return nil, "", ErrCorrupt
	}
	f := strings.Fields(head)
	if len(f) != 3 {
		return nil, "", ErrNoObject // "<sha> missing"
	}
	size, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return nil, "", ErrGit
	}
	if size > maxObject {
		if _, err := io.CopyN(io.Discard, rd.out, size+1); err != nil {
			return nil, "", ErrCorrupt
		}
		return nil, "", ErrTooLarge
	}
	body = make([]byte, size+1)
	if _, err := io.ReadFull(rd.out, body); err != nil {
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

func (rd *reader) tree(sha SHA) ([]entry, error) {
	raw, err := rd.object("tree", sha)
	if err != nil {
		return nil, err
	}
	var list []entry
	for len(raw) > 0 {
		sp := bytes.IndexByte(raw, ' ')
		nul := bytes.IndexByte(raw, 0)
		if sp < 0 || nul < sp || len(raw) < nul+21 {
			return nil, fmt.Errorf("read tree: %w", ErrCorrupt)
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
	f, err := os.CreateTemp(dir, "tmp_obj_")
	if err != nil {
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	z := zlib.NewWriter(f)
	_, err = z.Write(full)
	err = errors.Join(err, z.Close(), f.Chmod(0o400), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
		return "", fmt.Errorf("write %s: %w", kind, err)
	}
	return sha, nil
}
