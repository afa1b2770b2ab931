package gitlab

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"path"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// file is one file of one commit.
type file struct {
	sandbox.Entry
	commit string
	data   []byte
	last   string // the commit that changed it last
}

// file reads a file of a commit, once; nil when there is none.
func (p *project) file(commit, name string) *file {
	key := [2]string{commit, name}
	f, known := p.files[key]
	if !known {
		f = p.readFile(commit, name)
		if p.files == nil {
			p.files = map[[2]string]*file{}
		}
		p.files[key] = f
	}
	return f
}

func (p *project) readFile(commit, name string) *file {
	if name == "" || path.Clean(name) != name || path.IsAbs(name) {
		return nil
	}
	list := p.repo.Tree(commit, name)
	if len(list) != 1 || list[0].Kind != "blob" {
		return nil
	}
	data, err := p.repo.Blob(list[0].SHA)
	if err != nil {
		return nil
	}
	last, err := p.repo.Run("log", "-1", "--format=%H", commit, "--", name)
	if err != nil {
		return nil
	}
	return &file{Entry: list[0], commit: commit, data: append([]byte{}, data...), last: last}
}

// theFile finds the file that a call names, at the ref it names or the default branch.
func (c *call) theFile() (*file, *reply) {
	ref := or(c.in.text("ref"), "HEAD")
	if ref == "HEAD" {
		ref = c.project.defaultBranch
	}
	rep := notFound("Commit")
	commit := c.project.repo.Rev(ref)
	if commit == "" {
		return nil, &rep
	}
	rep = notFound("File")
	f := c.project.file(commit, c.params["file_path"])
	if f == nil {
		return nil, &rep
	}
	return f, nil
}

func (c *call) fileFacts(f *file) obj {
	sum := sha256.Sum256(f.data)
	return obj{
		"file_name": path.Base(f.Name), "file_path": f.Name, "size": len(f.data), "encoding": "base64",
		"content_sha256": hex.EncodeToString(sum[:]), "ref": or(c.in.text("ref"), "HEAD"), "blob_id": f.SHA,
		"commit_id": f.commit, "last_commit_id": f.last, "execute_filemode": f.Mode == "100755",
	}
}

func (c *call) getFile() reply {
	c.in.required("ref")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	f, rep := c.theFile()
	if rep != nil {
		return *rep
	}
	o := c.fileFacts(f)
	o["content"] = base64.StdEncoding.EncodeToString(f.data)
	return ok(o)
}

// rawFile is the file itself; what is known of it stands in the headers.
func (c *call) rawFile() reply {
	f, rep := c.theFile()
	if rep != nil {
		return *rep
	}
	h := http.Header{}
	for k, v := range c.fileFacts(f) {
		name := "X-Gitlab-" + strings.ReplaceAll(k, "_", "-")
		switch v := v.(type) {
		case string:
			h.Set(name, v)
		case int:
			h.Set(name, strconv.Itoa(v))
		case bool:
			h.Set(name, strconv.FormatBool(v))
		}
	}
	return reply{Status: http.StatusOK, Raw: f.data, Header: h, Type: "text/plain"}
}
