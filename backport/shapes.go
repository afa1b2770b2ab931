package backport

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// touch is what a commit does to one file.
type touch struct {
	commit   int32
	what     uint64 // a digest of the path, and of whether it is added, changed or removed
	old, new [20]byte
}

// Shapes tells of every commit that the tips reach and that changes something, merges aside, a digest of the paths that it
// changes and of how many bytes each gains or loses. Only commits of one shape can have the same [PatchID], and few others have it.
func (r *Repo) Shapes(ctx context.Context, tips []SHA, tell func(SHA, uint64)) error {
	return r.shapes(ctx, tips, tell, "--no-merges")
}

// Shape is that of one commit, 0 if it changes nothing. A merge has the shape of what it brings to its first parent.
func (r *Repo) Shape(ctx context.Context, sha SHA) (shape uint64, err error) {
	err = r.shapes(ctx, []SHA{sha}, func(_ SHA, is uint64) { shape = is }, "--no-walk", "-m", "--first-parent")
	return shape, err
}

func (r *Repo) shapes(ctx context.Context, tips []SHA, tell func(SHA, uint64), which ...string) error {
	var commits []SHA
	var touches []touch
	args := append([]string{"log", "--stdin", "--raw", "--no-abbrev", "--no-renames", "--no-color", "--format=commit %H"}, which...)
	err := r.stream(ctx, args, onLines(tips), '\n', func(line []byte) {
		if name, ok := bytes.CutPrefix(line, []byte("commit ")); ok {
			commits = append(commits, SHA(name))
			return
		}
		// :100644 100644 <old> <new> M	path, which is in quotes where it must be
		f := bytes.SplitN(line, []byte(" "), 5)
		if len(f) < 5 || len(f[4]) < 2 || len(commits) == 0 {
			return
		}
		t := touch{commit: int32(len(commits) - 1), what: digest(string(f[4]))}
		_, err := hex.Decode(t.old[:], f[2])
		_, err2 := hex.Decode(t.new[:], f[3])
		if err == nil && err2 == nil {
			touches = append(touches, t)
		}
	})
	if err != nil {
		return fmt.Errorf("read what commits change: %w", err)
	}
	sizes, err := r.sizes(ctx, touches)
	if err != nil {
		return fmt.Errorf("read what commits change: %w", err)
	}
	for i, sha := range commits {
		if len(touches) == 0 || int(touches[0].commit) != i {
			continue
		}
		h := fnv.New64a()
		for ; len(touches) > 0 && int(touches[0].commit) == i; touches = touches[1:] {
			t := touches[0]
			_ = binary.Write(h, binary.BigEndian, []uint64{t.what, uint64(sizes[t.new] - sizes[t.old])}) // a hash never fails
		}
		tell(sha, h.Sum64())
	}
	return nil
}

// sizes asks git how large files are. What is no file of this repository has none: the side of one that is added or removed, and
// a submodule.
func (r *Repo) sizes(ctx context.Context, touches []touch) (map[[20]byte]int64, error) {
	sizes := map[[20]byte]int64{}
	var order [][20]byte
	var ask strings.Builder
	for _, t := range touches {
		for _, blob := range [][20]byte{t.old, t.new} {
			if _, known := sizes[blob]; !known {
				sizes[blob] = 0
				order = append(order, blob)
				ask.WriteString(hex.EncodeToString(blob[:]) + "\n")
			}
		}
	}
	i := 0
	err := r.stream(ctx, []string{"cat-file", "--buffer", "--batch-check=%(objectsize)"}, ask.String(), '\n', func(line []byte) {
		if n, err := strconv.ParseInt(string(line), 10, 64); err == nil && i < len(order) {
			sizes[order[i]] = n
		}
		i++
	})
	return sizes, err
}

// PatchIDs computes several patch ids at once. What is too large to compare has none.
func (r *Repo) PatchIDs(ctx context.Context, commits []SHA) (map[SHA]PatchID, error) {
	found, err := r.patchesOf(ctx, commits)
	ids := make(map[SHA]PatchID, len(found))
	for sha, p := range found {
		ids[sha] = p.id
	}
	return ids, err
}

// patchesOf sums up the patches of some commits, a merge's relative to its first parent. What is too large is left out.
func (r *Repo) patchesOf(ctx context.Context, commits []SHA) (map[SHA]patch, error) {
	found := map[SHA]patch{}
	args := append([]string{"log", "--stdin", "--no-walk=unsorted", "-p", "-m", "--first-parent", "--format=commit %H"}, diffOptions()...)
	const together = 64
	for some := range slices.Chunk(commits, together) {
		err := r.patches(ctx, args, strings.NewReader(onLines(some)), func(sha SHA, p patch) { found[sha] = p })
		if KindOf(err) == ErrTooLarge {
			if len(some) == 1 {
				delete(found, some[0])
				continue
			}
			for _, sha := range some {
				one, err := r.patchesOf(ctx, []SHA{sha})
				if err != nil {
					return nil, err
				}
				delete(found, sha)
				maps.Copy(found, one)
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("compute patch ids: %w", err)
		}
	}
	return found, nil
}
