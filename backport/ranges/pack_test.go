package ranges

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/backport"
)

// pack makes a bare repository of any number of commits in one go: objects are named here, so that messages can name commits.
type pack struct {
	t    testing.TB
	body bytes.Buffer
	seen map[backport.SHA]bool
	refs map[string]backport.SHA
	made int
	head string // more lines of a commit's header
}

func newPack(t testing.TB) *pack {
	return &pack{t: t, seen: map[backport.SHA]bool{}, refs: map[string]backport.SHA{}}
}

func (p *pack) add(kind string, body []byte) backport.SHA {
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(body)), body...))
	sha := backport.SHA(hex.EncodeToString(sum[:]))
	if p.seen[sha] {
		return sha
	}
	p.seen[sha] = true
	size := len(body)
	b := byte(slices.Index([]string{"", "commit", "tree", "blob", "tag"}, kind)<<4 | size&15)
	for size >>= 4; size > 0; size >>= 7 {
		p.body.WriteByte(b | 0x80)
		b = byte(size & 0x7f)
	}
	p.body.WriteByte(b)
	z := zlib.NewWriter(&p.body)
	_, err := z.Write(body)
	if err2 := z.Close(); err != nil || err2 != nil {
		p.t.Fatal(err, err2)
	}
	return sha
}

// commit adds a commit with these files, all in one folder.
func (p *pack) commit(files map[string]string, message string, parents ...backport.SHA) backport.SHA {
	var tree, body bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(files)) {
		blob, _ := hex.DecodeString(string(p.add("blob", []byte(files[name]))))
		fmt.Fprintf(&tree, "100644 %s\x00%s", name, blob)
	}
	fmt.Fprintf(&body, "tree %s\n", p.add("tree", tree.Bytes()))
	for _, parent := range parents {
		fmt.Fprintf(&body, "parent %s\n", parent)
	}
	p.made++
	who := fmt.Sprintf("Ann <ann@example.org> %d +0000", 1_700_000_000+p.made*60)
	fmt.Fprintf(&body, "author %s\ncommitter %s\n%s\n%s\n", who, who, p.head, message)
	return p.add("commit", body.Bytes())
}

// write makes the repository, and gives its folder.
func (p *pack) write() string {
	p.t.Helper()
	dir := p.t.TempDir()
	var head bytes.Buffer
	head.WriteString("PACK")
	head.Write(binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, 2), uint32(len(p.seen))))
	head.Write(p.body.Bytes())
	sum := sha1.Sum(head.Bytes())
	head.Write(sum[:])
	p.run(dir, nil, "init", "--quiet", "--bare", "--template=", "--initial-branch=main")
	p.run(dir, head.Bytes(), "index-pack", "--stdin", "--threads=1")
	var refs strings.Builder
	refs.WriteString("# pack-refs with: sorted\n")
	for _, name := range slices.Sorted(maps.Keys(p.refs)) {
		fmt.Fprintf(&refs, "%s %s\n", p.refs[name], name)
	}
	if err := os.WriteFile(filepath.Join(dir, "packed-refs"), []byte(refs.String()), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return dir
}

func (p *pack) run(dir string, in []byte, args ...string) string {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", dir}, args...)...)
	cmd.Stdin = bytes.NewReader(in)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return string(out)
}
