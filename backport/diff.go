package backport

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// diffOptions make a diff depend on nothing but the two trees.
func diffOptions() []string {
	return []string{"--no-renames", "--full-index", "--no-color", "--no-ext-diff", "--no-textconv", "--no-indent-heuristic", "--diff-algorithm=myers",
		"--src-prefix=a/", "--dst-prefix=b/", "--unified=3", "--submodule=short", "--ignore-submodules=none"}
}

// diffScan reads the output of git diff-tree -p or git log -p. Lines inside a hunk are told from headers by the hunk's
// own counts, so that no content can pass for a header.
type diffScan struct {
	commit func(SHA)                          // a line "commit <sha>" of the log
	header func(line []byte)                  // of a file, "diff --git" first
	hunk   func()                             // one begins; may be nil
	body   func(op byte, line []byte, at int) // of a hunk: ' ', '+', '-' or '\'; at is the new file's line

	oldLeft, newLeft, at int // of the hunk
}

func (d diffScan) run(out []byte) {
	for line := range bytes.Lines(out) {
		d.line(line)
	}
}

func (d *diffScan) line(line []byte) {
	switch {
	case line[0] == '\\':
		d.body('\\', line, d.at)
	case d.oldLeft > 0 || d.newLeft > 0:
		op := line[0]
		if op == '\n' {
			op = ' ' // an empty context line, as some versions write it
		}
		if op != '+' {
			d.oldLeft--
		}
		if op != '-' {
			d.newLeft--
		}
		d.body(op, line, d.at)
		if op != '-' {
			d.at++
		}
	case bytes.HasPrefix(line, []byte("@@ ")):
		f := strings.Fields(string(line[:min(len(line), 80)]))
		if len(f) > 2 {
			_, d.oldLeft = span(f[1])
			d.at, d.newLeft = span(f[2])
		}
		if d.hunk != nil {
			d.hunk()
		}
	case bytes.HasPrefix(line, []byte("commit ")):
		d.commit(SHA(strings.TrimSpace(string(line[7:]))))
	default:
		d.header(line)
	}
}

// patchHash sums up a patch: paths, modes, added, removed and context lines, but not where they stand. Unlike git
// patch-id it keeps white space, which is code in some languages, and tells binary files apart by their content.
type patchHash struct {
	sum   hash.Hash
	index string
	path  string // the most specific one that it touches
	empty bool
}

// patch is a commit's patch id and the most specific path it touches.
type patch struct {
	id   PatchID
	path string
}

func newPatchHash() *patchHash { return &patchHash{sum: sha256.New(), empty: true} }

func (p *patchHash) header(line []byte) {
	s := string(line)
	for _, path := range []string{headerPath(line), gitPath(line)} {
		if len(path) > len(p.path) {
			p.path = path
		}
	}
	switch {
	case strings.HasPrefix(s, "index "):
		p.index, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(s), "index "), " ")
	case strings.HasPrefix(s, "Binary files "):
		p.add("binary " + p.index + "\n")
	case strings.HasPrefix(s, "diff --git "), strings.Contains(s, " mode "), strings.HasPrefix(s, "old mode"), strings.HasPrefix(s, "new mode"):
		p.add(s)
	}
}

func (p *patchHash) add(s string) {
	_, _ = io.WriteString(p.sum, s) // a hash never fails
	p.empty = false
}

func (p *patchHash) id() PatchID {
	if p.empty {
		return ""
	}
	return PatchID(hex.EncodeToString(p.sum.Sum(nil)))
}

// PatchID names what a commit changes, wherever it is applied. "" is a commit that changes nothing.
type PatchID string

func (r *Repo) diff(ctx context.Context, a, b SHA, more ...string) ([]byte, error) {
	args := append([]string{"diff-tree", "-r", "-p"}, diffOptions()...)
	args = append(append(args, more...), "--end-of-options", string(a), string(b))
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir})
	return out, err
}

// headerPath is the path in a "--- a/" or "+++ b/" line, "" in others.
func headerPath(line []byte) string {
	s := strings.TrimRight(string(line), "\n")
	s = strings.TrimSuffix(s, "\t") // git ends a name that holds a space with a tab
	if !strings.HasPrefix(s, "--- ") && !strings.HasPrefix(s, "+++ ") {
		return ""
	}
	s = s[4:]
	if strings.HasPrefix(s, `"`) {
		if u, err := strconv.Unquote(s); err == nil { // git quotes as C does, which Go reads
			s = u
		}
	}
	if strings.HasPrefix(s, "a/") || strings.HasPrefix(s, "b/") {
		return s[2:]
	}
	return "" // /dev/null
}

// gitPath is the path in a "diff --git" line, which is all that a binary file or a change of mode has. Without renames it
// stands there twice.
func gitPath(line []byte) string {
	both, ok := strings.CutPrefix(strings.TrimSuffix(string(line), "\n"), "diff --git ")
	half := len(both) / 2
	if !ok || len(both)%2 == 0 || both[half] != ' ' {
		return ""
	}
	name, other := both[:half], both[half+1:]
	if strings.HasPrefix(name, `"`) {
		var err, err2 error
		name, err = strconv.Unquote(name)
		other, err2 = strconv.Unquote(other)
		if err != nil || err2 != nil {
			return ""
		}
	}
	a, okA := strings.CutPrefix(name, "a/")
	b, okB := strings.CutPrefix(other, "b/")
	if !okA || !okB || a != b {
		return ""
	}
	return a
}

// Marker is a line that looks like a conflict marker.
type Marker struct {
	Path policy.Text
	Line int
}

// maxMarkers is enough to show a person.
const maxMarkers = 100

// HasMarkers lists the conflict markers that a commit adds relative to another one: half-solved conflicts that must
// never become ready, and the note that may come with a conflict. Lines of equals signs don't count, for they underline titles.
func (r *Repo) HasMarkers(ctx context.Context, commit, onto SHA) ([]Marker, error) {
	if err := validSHAs(commit, onto); err != nil {
		return nil, fmt.Errorf("look for conflict markers: %w", err)
	}
	out, err := r.diff(ctx, onto, commit, "--text", "--unified=0")
	if err != nil {
		return nil, fmt.Errorf("look for conflict markers: %w", err)
	}
	var found []Marker
	path, emptied := "", false // the note of a conflict is there, without its marker
	diffScan{
		commit: func(SHA) {},
		header: func(line []byte) {
			if bytes.HasPrefix(line, []byte("+++ ")) {
				path = headerPath(line)
				emptied = emptied || path == conflictNote
			}
		},
		body: func(op byte, line []byte, at int) {
			if op == '+' && looksLikeMarker(line[1:]) && len(found) < maxMarkers {
				found = append(found, Marker{policy.Embargoed(path), at})
				emptied = emptied && path != conflictNote
			}
		},
	}.run(out)
	if emptied {
		found = append(found, Marker{policy.Embargoed(conflictNote), 1})
	}
	return found, nil
}

// looksLikeMarker takes seven or more of one of the characters, alone or before a space.
func looksLikeMarker(line []byte) bool {
	line = bytes.TrimRight(line, "\r\n")
	if len(line) < 7 || (line[0] != '<' && line[0] != '>' && line[0] != '|') {
		return false
	}
	rest := bytes.TrimLeft(line, string(line[:1]))
	return len(line)-len(rest) >= 7 && (len(rest) == 0 && line[0] != '|' || len(rest) > 0 && rest[0] == ' ')
}
