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

// blob finds the file that a call names, at the ref it names or the default branch.
func (c *call) blob() (commit string, file *sandbox.Entry, data []byte, refused *reply) {
	ref := or(c.in.text("ref"), "HEAD")
	if ref == "HEAD" {
		ref = c.project.defaultBranch
	}
	no := notFound("File")
	if commit = c.project.repo.Rev(ref); commit == "" {
		no = notFound("Commit")
		return "", nil, nil, &no
	}
	name := c.params["file_path"]
	if name == "" || path.Clean(name) != name || path.IsAbs(name) {
		return "", nil, nil, &no
	}
	list := c.project.repo.Tree(commit, name)
	if len(list) != 1 || list[0].Kind != "blob" {
		return "", nil, nil, &no
	}
	data, err := c.project.repo.Blob(list[0].SHA)
	if err != nil {
		return "", nil, nil, &no
	}
	return commit, &list[0], data, nil
}

func (c *call) fileFacts(commit string, file *sandbox.Entry, data []byte) obj {
	sum := sha256.Sum256(data)
	last, err := c.project.repo.Run("log", "-1", "--format=%H", commit, "--", file.Name)
	if err != nil {
		last = commit
	}
	return obj{
		"file_name": path.Base(file.Name), "file_path": file.Name, "size": len(data), "encoding": "base64",
		"content_sha256": hex.EncodeToString(sum[:]), "ref": or(c.in.text("ref"), "HEAD"), "blob_id": file.SHA,
		"commit_id": commit, "last_commit_id": last, "execute_filemode": file.Mode == "100755",
	}
}

func (c *call) getFile() reply {
	c.in.required("ref")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	commit, file, data, refused := c.blob()
	if refused != nil {
		return *refused
	}
	o := c.fileFacts(commit, file, data)
	o["content"] = base64.StdEncoding.EncodeToString(data)
	return ok(o)
}

// rawFile is the file itself; what is known of it stands in the headers.
func (c *call) rawFile() reply {
	commit, file, data, refused := c.blob()
	if refused != nil {
		return *refused
	}
	h := http.Header{}
	for k, v := range c.fileFacts(commit, file, data) {
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
	if data == nil {
		data = []byte{}
	}
	return reply{status: http.StatusOK, raw: data, header: h, ctype: "text/plain"}
}
