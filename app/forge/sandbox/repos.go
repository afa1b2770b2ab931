package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
)

func (c *call) getRepo() reply { return ok(c.fullRepo(c.repo, c.cred)) }

func (c *call) listBranches() reply {
	var list []obj
	for _, b := range c.refs(c.repo, "refs/heads/") {
		name := strings.TrimPrefix(b.name, "refs/heads/")
		protected := c.protected(c.repo, name)
		if want := c.r.URL.Query().Get("protected"); want != "" && want != strconv.FormatBool(protected) {
			continue
		}
		list = append(list, obj{"name": name, "protected": protected,
			"commit": obj{"sha": b.sha, "url": c.api("repos/%s/commits/%s", c.repo.full(), b.sha)}})
	}
	return c.page(list)
}

func (c *call) getBranch() reply {
	name := c.params["branch"]
	sha := c.Server.ref(c.repo, "refs/heads/"+name)
	if sha == "" {
		return failure(http.StatusNotFound, "Branch not found")
	}
	u := c.api("repos/%s/branches/%s", c.repo.full(), escape(name))
	return ok(obj{
		"name": name, "commit": c.commitObj(c.repo, c.commit(c.repo, sha)), "protected": c.protected(c.repo, name),
		"_links":     obj{"html": c.url + "/" + c.repo.full() + "/tree/" + escape(name), "self": u},
		"protection": c.protectionSummary(c.repo, name), "protection_url": u + "/protection",
	})
}

func refObj(s *Server, r *repository, ref refLine) obj {
	return obj{
		"ref": ref.name, "node_id": nodeID("Ref", r.id), "url": s.api("repos/%s/git/%s", r.full(), escape(ref.name)),
		"object": obj{"sha": ref.sha, "type": ref.kind, "url": s.api("repos/%s/git/%ss/%s", r.full(), ref.kind, ref.sha)},
	}
}

func (c *call) getRef() reply {
	full := "refs/" + strings.TrimPrefix(c.params["ref"], "refs/")
	for _, l := range c.refs(c.repo, full) {
		if l.name == full {
			return ok(refObj(c.Server, c.repo, l))
		}
	}
	return notFound()
}

func (c *call) matchingRefs() reply {
	prefix := "refs/" + c.params["ref"]
	list := []obj{}
	for _, l := range c.refs(c.repo, "refs/") {
		if strings.HasPrefix(l.name, prefix) {
			list = append(list, refObj(c.Server, c.repo, l))
		}
	}
	return ok(list)
}

func (c *call) getCommit() reply {
	sha := c.rev(c.repo, c.params["ref"])
	if sha == "" {
		return unprocessable("No commit found for SHA: " + c.params["ref"])
	}
	if strings.Contains(c.r.Header.Get("Accept"), "vnd.github.sha") {
		return reply{status: http.StatusOK, raw: []byte(sha), ctype: "application/vnd.github.sha; charset=utf-8"}
	}
	cm := c.commit(c.repo, sha)
	o := c.commitObj(c.repo, cm)
	from := "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // the empty tree, for a first commit
	if len(cm.parents) > 0 {
		from = cm.parents[0]
	}
	files, added, removed := []obj{}, 0, 0
	for _, f := range c.diff(c.repo, from, sha) {
		files = append(files, c.fileObj(c.repo, sha, f))
		added, removed = added+f.added, removed+f.removed
	}
	o["files"], o["stats"] = files, obj{"additions": added, "deletions": removed, "total": added + removed}
	return ok(o)
}

func (c *call) listCommits() reply {
	q := c.r.URL.Query()
	start := q.Get("sha")
	if start == "" {
		start = c.repo.defaultBranch
	}
	sha := c.rev(c.repo, start)
	if sha == "" {
		if len(c.refs(c.repo, "refs/heads/")) == 0 {
			return failure(http.StatusConflict, "Git Repository is empty.")
		}
		return notFound()
	}
	args := []string{sha}
	if p := q.Get("path"); p != "" {
		args = append(args, "--", p)
	}
	var list []obj
	for _, cm := range slices.Backward(c.log(c.repo, 1000, args...)) {
		list = append(list, c.commitObj(c.repo, cm))
	}
	return c.page(list)
}

func (c *call) compare() reply {
	a, b, has := strings.Cut(c.params["basehead"], "...")
	if !has {
		return notFound()
	}
	// A fork's owner may stand before a colon; only our own can be there.
	a, b = strings.TrimPrefix(a, c.repo.owner.login+":"), strings.TrimPrefix(b, c.repo.owner.login+":")
	base, head := c.rev(c.repo, a), c.rev(c.repo, b)
	if base == "" || head == "" {
		return notFound()
	}
	fork, err := c.git(c.repo.dir, "merge-base", base, head)
	if err != nil {
		return failure(http.StatusNotFound, "No common ancestor between "+a+" and "+b+".")
	}
	ahead := c.log(c.repo, 250, base+".."+head)
	n, _ := c.git(c.repo.dir, "rev-list", "--left-right", "--count", base+"..."+head) // both exist
	counts := strings.Fields(n)
	behindBy, aheadBy := atoi(counts[0], 0), atoi(counts[1], 0)
	status := "identical"
	switch {
	case aheadBy > 0 && behindBy > 0:
		status = "diverged"
	case aheadBy > 0:
		status = "ahead"
	case behindBy > 0:
		status = "behind"
	}
	commits, files := []obj{}, []obj{}
	for _, cm := range ahead {
		commits = append(commits, c.commitObj(c.repo, cm))
	}
	for _, f := range c.diff(c.repo, fork, head) {
		files = append(files, c.fileObj(c.repo, head, f))
	}
	part, h := c.cut(len(commits))
	if c.r.URL.Query().Get("page") == "" && c.r.URL.Query().Get("per_page") == "" {
		part, h = [2]int{0, len(commits)}, nil
	}
	html := c.url + "/" + c.repo.full() + "/compare/" + escape(a) + "..." + escape(b)
	return reply{status: http.StatusOK, header: h, body: obj{
		"url": c.api("repos/%s/compare/%s...%s", c.repo.full(), escape(a), escape(b)), "html_url": html, "permalink_url": html,
		"diff_url": html + ".diff", "patch_url": html + ".patch", "base_commit": c.commitObj(c.repo, c.commit(c.repo, base)),
		"merge_base_commit": c.commitObj(c.repo, c.commit(c.repo, fork)), "status": status, "ahead_by": aheadBy,
		"behind_by": behindBy, "total_commits": aheadBy, "commits": commits[part[0]:part[1]], "files": files,
	}}
}

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
	if v := c.judge(c.repo, c.cred, RefChange{Ref: ref, Old: orZero(tip), New: sha}, nil); v != nil {
		return failure(http.StatusConflict, v.text())
	}
	if err := c.moveRef(c.repo, ref, sha, tip); err != nil {
		return failure(http.StatusConflict, "is at another commit")
	}
	c.landed(c.repo, c.cred, []RefChange{{Ref: ref, Old: orZero(tip), New: sha}})
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

func orZero(sha string) string {
	if sha == "" {
		return zero
	}
	return sha
}

func (c *call) listTags() reply {
	var list []obj
	for _, t := range c.refs(c.repo, "refs/tags/") {
		name := strings.TrimPrefix(t.name, "refs/tags/")
		sha := c.rev(c.repo, t.name)
		list = append(list, obj{"name": name, "node_id": nodeID("Ref", c.repo.id),
			"commit":      obj{"sha": sha, "url": c.api("repos/%s/commits/%s", c.repo.full(), sha)},
			"zipball_url": c.url + "/" + c.repo.full() + "/zipball/" + t.name, "tarball_url": c.url + "/" + c.repo.full() + "/tarball/" + t.name})
	}
	return c.page(list)
}

func (c *call) collaboratorObj(a *account) obj {
	role := c.repo.role(a)
	o := c.userObj(a).(obj)
	o["role_name"] = role.String()
	o["permissions"] = obj{"pull": role >= RoleRead, "triage": role >= RoleTriage, "push": role >= RoleWrite,
		"maintain": role >= RoleMaintain, "admin": role == RoleAdmin}
	return o
}

// collaborates leaves out those who only read because the repository is public.
func (r *repository) collaborates(a *account) bool {
	return r.collaborators[strings.ToLower(a.login)] > RoleNone || a == r.owner || r.owner.members[strings.ToLower(a.login)] != "" && r.role(a) > RoleNone
}

func (c *call) listCollaborators() reply {
	var list []obj
	for _, name := range slices.Sorted(maps.Keys(c.accounts)) {
		if a := c.accounts[name]; a.kind == "User" && c.repo.collaborates(a) {
			list = append(list, c.collaboratorObj(a))
		}
	}
	return c.page(list)
}

func (c *call) isCollaborator() reply {
	if a := c.account(c.params["username"]); a != nil && c.repo.collaborates(a) {
		return reply{status: http.StatusNoContent}
	}
	return notFound()
}

func (c *call) permission() reply {
	a := c.account(c.params["username"])
	if a == nil {
		return failure(http.StatusNotFound, c.params["username"]+" is not a user")
	}
	role := c.repo.role(a)
	return ok(obj{"permission": role.legacy(), "role_name": role.String(), "user": c.collaboratorObj(a)})
}

// has tells whether a JSON body names a key at all, which PATCH needs to tell null from absent.
func (c *call) has(key string) bool {
	var keys map[string]json.RawMessage
	return json.Unmarshal(c.body, &keys) == nil && keys[key] != nil
}
