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
	return c.rev(c.repo, strings.TrimPrefix(name, "refs/heads/"))
}

func (c *call) getContents() reply {
	file := strings.Trim(path.Clean("/"+c.params["path"]), "/")
	sha := c.contentRef()
	if sha == "" {
		return failure(http.StatusNotFound, "No commit found for the ref "+c.r.URL.Query().Get("ref"))
	}
	line, err := c.git(c.repo.dir, "ls-tree", "-l", "-z", sha, "--", file)
	entry := parseTree(line)
	if err != nil || len(entry) != 1 {
		return notFound()
	}
	if entry[0].kind == "tree" {
		out, err := c.git(c.repo.dir, "ls-tree", "-l", "-z", sha+":"+file)
		if err != nil {
			return notFound()
		}
		list := []obj{}
		for _, e := range parseTree(out) {
			e.name = path.Join(file, e.name)
			list = append(list, c.contentObj(e))
		}
		return ok(list)
	}
	blob, err := c.gitWith(c.repo.dir, nil, nil, "cat-file", "blob", entry[0].sha)
	if err != nil {
		return notFound()
	}
	if entry[0].size == len(blob)+1 {
		blob += "\n" // the newline that reading a command's output takes away
	}
	if strings.Contains(c.r.Header.Get("Accept"), "vnd.github.raw") {
		return reply{status: http.StatusOK, raw: []byte(blob), ctype: "application/vnd.github.raw; charset=utf-8"}
	}
	o := c.contentObj(entry[0])
	o["encoding"], o["content"] = "base64", wrapBase64([]byte(blob))
	return ok(o)
}

type treeEntry struct {
	mode, kind, sha, name string
	size                  int
}

func parseTree(out string) []treeEntry {
	var list []treeEntry
	for part := range strings.SplitSeq(out, "\x00") {
		meta, name, has := strings.Cut(part, "\t")
		f := strings.Fields(meta)
		if has && len(f) == 4 {
			list = append(list, treeEntry{f[0], f[1], f[2], name, atoi(f[3], 0)})
		}
	}
	return list
}

func (c *call) contentObj(e treeEntry) obj {
	kind := map[string]string{"blob": "file", "tree": "dir", "commit": "submodule"}[e.kind]
	if e.mode == "120000" {
		kind = "symlink"
	}
	u := c.api("repos/%s/contents/%s", c.repo.full(), escape(e.name))
	git := c.api("repos/%s/git/%ss/%s", c.repo.full(), e.kind, e.sha)
	html := c.url + "/" + c.repo.full() + "/blob/" + c.repo.defaultBranch + "/" + escape(e.name)
	o := obj{
		"type": kind, "name": path.Base(e.name), "path": e.name, "sha": e.sha, "size": e.size, "url": u, "html_url": html,
		"git_url": git, "download_url": nil, "_links": obj{"self": u, "git": git, "html": html},
	}
	if kind == "file" {
		o["download_url"] = c.url + "/" + c.repo.full() + "/raw/" + c.repo.defaultBranch + "/" + escape(e.name)
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
	tip := c.Server.ref(c.repo, ref)
	if tip == "" && len(c.refs(c.repo, "refs/heads/")) > 0 {
		return failure(http.StatusNotFound, "Branch "+in.Branch+" not found")
	}
	if c.cred.kind == "installation" && strings.HasPrefix(c.params["path"], ".github/workflows/") && !c.cred.holds("workflows:write") {
		return notAccessible()
	}
	had := ""
	if tip != "" {
		line, _ := c.git(c.repo.dir, "ls-tree", "-l", "-z", tip, "--", c.params["path"]) // an absent file gives nothing
		if e := parseTree(line); len(e) == 1 {
			had = e[0].sha
		}
	}
	if had != "" && in.SHA == "" {
		return unprocessable("Invalid request.\n\n\"sha\" wasn't supplied.")
	}
	if in.SHA != had {
		return failure(http.StatusConflict, c.params["path"]+" does not match "+in.SHA)
	}
	sha, blob, err := c.commitFile(tip, data, in.Message)
	if err != nil {
		return failure(http.StatusInternalServerError, "Server Error")
	}
	if v := c.judge(c.repo, c.cred, sandbox.RefChange{Ref: ref, Old: orZero(tip), New: sha}, nil); v != nil {
		return failure(http.StatusConflict, v.text())
	}
	if err := c.moveRef(c.repo, ref, sha, tip); err != nil {
		return failure(http.StatusConflict, "is at another commit")
	}
	c.moved = []sandbox.RefChange{{Ref: ref, Old: orZero(tip), New: sha}}
	c.landed(c.repo, c.cred, c.moved)
	status := http.StatusOK
	if had == "" {
		status = http.StatusCreated
	}
	cm := c.commit(c.repo, sha)
	commit := c.commitObj(c.repo, cm)
	maps.Copy(commit, commit["commit"].(obj))
	return reply{status: status, body: obj{"content": c.contentObj(treeEntry{"100644", "blob", blob, c.params["path"], len(data)}), "commit": commit}}
}

func (c *call) commitFile(tip string, data []byte, message string) (sha, blob string, err error) {
	if blob, err = c.gitWith(c.repo.dir, nil, strings.NewReader(string(data)), "hash-object", "-w", "--stdin"); err != nil {
		return "", "", err
	}
	index := []string{"GIT_INDEX_FILE=" + path.Join(c.repo.dir, "index-"+randomHex(6))}
	if tip != "" {
		if _, err = c.gitWith(c.repo.dir, index, nil, "read-tree", tip); err != nil {
			return "", "", err
		}
	}
	if _, err = c.gitWith(c.repo.dir, index, nil, "update-index", "--add", "--cacheinfo", "100644,"+blob+","+c.params["path"]); err != nil {
		return "", "", err
	}
	tree, err := c.gitWith(c.repo.dir, index, nil, "write-tree")
	if err != nil {
		return "", "", err
	}
	var parents []string
	if tip != "" {
		parents = append(parents, tip)
	}
	by := c.cred.actor()
	sha, err = c.commitTree(c.repo, tree, message, &person{name: by.login, email: by.email()}, parents...)
	return sha, blob, err
}
