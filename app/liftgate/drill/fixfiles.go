package drill

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/liftgate/liftgate/app/notice"
)

// checkFiles does with the files of the fix what somebody does who downloads them.
func (s *story) checkFiles(ctx context.Context, r *Report, published *notice.Record, must func(bool, string, ...any)) {
	dir, err := os.MkdirTemp(s.Dir, "download-")
	if err != nil {
		must(false, "make a folder to download into: %v", err)
		return
	}
	c := &clone{dir: dir, author: maintainer, now: s.Clock.Now}
	if err := c.run(ctx, "clone -q -n -s "+s.Public.Dir+" app", "clone -q -b main "+s.Notices.Dir+" notices"); err != nil {
		must(false, "download the files of the fix: %v", err)
		return
	}
	c.dir = filepath.Join(dir, "app")
	for _, b := range r.Branches {
		if b.State != "landed" {
			continue
		}
		for _, kind := range []string{"patch", "bundle"} {
			name := published.FileName(b.Name, kind)
			path := filepath.Join(dir, "notices", filepath.FromSlash(published.Folder()), name)
			text, err := os.ReadFile(path)
			must(err == nil, "%s is not published", name)
			sum, err := os.ReadFile(path + ".sha256")
			must(err == nil && string(sum) == fmt.Sprintf("%x  %s\n", sha256.Sum256(text), name), "the checksum of %s is wrong", name)
			if kind == "bundle" {
				heads, headsErr := c.git(ctx, "bundle", "list-heads", path)
				must(headsErr == nil && heads == b.After+" refs/heads/"+b.Name, "%s brings %s", name, heads)
				_, err = c.git(ctx, "bundle", "verify", path)
			} else if _, err = c.git(ctx, "read-tree", b.Before); err == nil {
				must(strings.Contains(string(text), "From "+b.After+" "), "%s holds something else than what landed", name)
				_, err = c.git(ctx, "apply", "--check", "--cached", path)
			}
			must(err == nil, "%s does not do for %s: %v", name, b.Name, err)
		}
	}
}
