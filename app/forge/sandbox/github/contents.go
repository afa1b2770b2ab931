package github

import (
	"encoding/base64"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// contentRef resolves ?ref= or the default branch.
func (c *call) contentRef() string {
	name := c.r.URL.Query().Get("ref")
	if name == "" {
		name = c.repo.defaultBranch
	}
	return c.repo.git.Rev(strings.TrimPrefix(name, "refs/heads/"))
}

func (c *call) getContents() reply {
	file := strings.Trim(path.Clean("/"+c.params["path"]), "/")
	sha := c.contentRef()
	if sha == "" {
		return failure(http.StatusNotFound, "No commit found for the ref "+c.r.URL.Query().Get("ref"))
	}
	entry := c.repo.git.Tree(sha, file)
	if len(entry) != 1 {
		return notFound()
	}
	if entry[0].Kind == "tree" {
		list := []obj{}
		for _, e := range c.repo.git.Tree(sha, file+"/") {
			list = append(list, c.contentObj(e))
		}
		return ok(list)
	}
	blob, err := c.repo.git.Blob(entry[0].SHA)
	if err != nil {
		return notFound()
	}
	if strings.Contains(c.r.Header.Get("Accept"), "vnd.github.raw") {
		return reply{Status: http.StatusOK, Raw: blob, Type: "application/vnd.github.raw; charset=utf-8"}
	}
	o := c.contentObj(entry[0])
	o["encoding"], o["content"] = "base64", wrapBase64(blob)
	return ok(o)
}

func (c *call) contentObj(e sandbox.Entry) obj {
	kind := map[string]string{"blob": "file", "tree": "dir", "commit": "submodule"}[e.Kind]
	if e.Mode == "120000" {
		kind = "symlink"
	}
	u := c.api("repos/%s/contents/%s", c.repo.full(), escape(e.Name))
	git := c.api("repos/%s/git/%ss/%s", c.repo.full(), e.Kind, e.SHA)
	html := c.URL() + "/" + c.repo.full() + "/blob/" + c.repo.defaultBranch + "/" + escape(e.Name)
	o := obj{
		"type": kind, "name": path.Base(e.Name), "path": e.Name, "sha": e.SHA, "size": e.Size, "url": u, "html_url": html,
		"git_url": git, "download_url": nil, "_links": obj{"self": u, "git": git, "html": html},
	}
	if kind == "file" {
		o["download_url"] = c.URL() + "/" + c.repo.full() + "/raw/" + c.repo.defaultBranch + "/" + escape(e.Name)
	}
	return o
}

// wrapBase64 breaks lines as GitHub does, which careless clients stumble over.
func wrapBase64(b []byte) string {
	var out strings.Builder
	for chunk := range slices.Chunk([]byte(base64.StdEncoding.EncodeToString(b)), 60) {
		out.Write(chunk)
		out.WriteByte('\n')
	}
	return out.String()
}

// putContents commits one file on a branch, as the web editor does.
func (c *call) putContents() reply {
	var in struct{ Message, Content, SHA, Branch string }
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if in.Branch == "" {
		in.Branch = c.repo.defaultBranch
	}
	data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(in.Content, "\n", ""))
	if err != nil {
		return unprocessable("content is not valid Base64")
	}
	ref := "refs/heads/" + in.Branch
	tip := c.repo.git.Ref(ref)
	if tip == "" && len(c.repo.git.Refs("refs/heads/")) > 0 {
		return failure(http.StatusNotFound, "Branch "+in.Branch+" not found")
	}
	if c.cred.kind == "installation" && strings.HasPrefix(c.params["path"], ".github/workflows/") && !c.cred.holds("workflows:write") {
		return notAccessible()
	}
	had := ""
	if tip != "" {
		if e := c.repo.git.Tree(tip, c.params["path"]); len(e) == 1 {
			had = e[0].SHA
		}
	}
	if had != "" && in.SHA == "" {
		return unprocessable("Invalid request.\n\n\"sha\" wasn't supplied.")
	}
	if in.SHA != had {
		return failure(http.StatusConflict, c.params["path"]+" does not match "+in.SHA)
	}
	by := c.cred.actor()
	sha, blob, err := c.repo.git.CommitFile(tip, c.params["path"], data, in.Message, &sandbox.Person{Name: by.login, Email: by.email()})
	if err != nil {
		return failure(http.StatusInternalServerError, "Server Error")
	}
	if v := c.judge(c.repo, c.cred, sandbox.RefChange{Ref: ref, Old: sandbox.OrZero(tip), New: sha}, nil); v != nil {
		return failure(http.StatusConflict, v.text())
	}
	if err := c.repo.git.MoveRef(ref, sha, tip); err != nil {
		return failure(http.StatusConflict, "is at another commit")
	}
	c.moved = []sandbox.RefChange{{Ref: ref, Old: sandbox.OrZero(tip), New: sha}}
	c.landed(c.repo, c.cred, c.moved)
	status := http.StatusOK
	if had == "" {
		status = http.StatusCreated
	}
	cm := c.repo.git.Commit(sha)
	commit := c.commitObj(c.repo, cm)
	maps.Copy(commit, commit["commit"].(obj))
	return reply{Status: status, Body: obj{"content": c.contentObj(sandbox.Entry{Mode: "100644", Kind: "blob", SHA: blob, Name: c.params["path"], Size: len(data)}), "commit": commit}}
}
