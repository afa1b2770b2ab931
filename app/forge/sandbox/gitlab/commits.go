package gitlab

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// web is a project's page.
func (s *Server) web(p *project) string { return s.URL() + "/" + p.full }

func title(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	return line
}

func (s *Server) commitObj(p *project, cm *sandbox.Commit) obj {
	return obj{
		"id": cm.SHA, "short_id": cm.SHA[:8], "title": title(cm.Message), "message": cm.Message + "\n", "created_at": stamp(cm.Committer.When),
		"parent_ids": append([]string{}, cm.Parents...), "author_name": cm.Author.Name, "author_email": cm.Author.Email,
		"authored_date": stamp(cm.Author.When), "committer_name": cm.Committer.Name, "committer_email": cm.Committer.Email,
		"committed_date": stamp(cm.Committer.When), "trailers": obj{}, "extended_trailers": obj{}, "web_url": s.web(p) + "/-/commit/" + cm.SHA,
	}
}

func (c *call) getCommit() reply {
	sha := c.project.repo.Rev(c.params["sha"])
	if sha == "" {
		return notFound("Commit")
	}
	cm := c.project.repo.Commit(sha)
	o := c.commitObj(c.project, cm)
	o["project_id"], o["status"], o["last_pipeline"] = c.project.id, nil, nil
	if pl := c.project.newestPipeline(sha, ""); pl != nil {
		o["status"], o["last_pipeline"] = pl.status, c.pipelineObj(c.project, pl)
	}
	if c.in.flag("stats", true) {
		o["stats"] = c.stats(cm)
	}
	return ok(o)
}

func (c *call) stats(cm *sandbox.Commit) obj {
	from := "4b825dc642cb6eb9a060e54bf8d69288fbee4904" // git's empty tree
	if len(cm.Parents) > 0 {
		from = cm.Parents[0]
	}
	added, removed := 0, 0
	for _, f := range c.project.repo.Diff(from, cm.SHA) {
		added, removed = added+f.Added, removed+f.Removed
	}
	return obj{"additions": added, "deletions": removed, "total": added + removed}
}

// listCommits walks from a ref. GitLab counts no total here, so there is none in the headers.
func (c *call) listCommits() reply {
	ref := or(c.in.text("ref_name"), c.project.defaultBranch)
	args := []string{"--max-count=1000"}
	for _, bound := range []string{"since", "until"} {
		if v := c.in.text(bound); v != "" {
			at, err := time.Parse(time.RFC3339, v)
			if err != nil {
				c.in.invalid(bound)
				continue
			}
			args = append(args, "--"+bound+"="+at.UTC().Format(time.RFC3339))
		}
	}
	if c.in.flag("first_parent", false) {
		args = append(args, "--first-parent")
	}
	from, to, ranged := strings.Cut(ref, "..")
	tips := []string{c.project.repo.Rev(from)}
	if ranged {
		tips = append(tips, c.project.repo.Rev(to))
	}
	path := c.in.text("path")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	switch {
	case c.in.flag("all", false):
		args = append(args, "--all")
	case slices.Contains(tips, ""):
		return notFound("Commit")
	default:
		args = append(args, strings.Join(tips, ".."))
	}
	if path != "" {
		args = append(args, "--", path)
	}
	list := c.project.repo.Log(1000, args...)
	slices.Reverse(list)
	out := []obj{}
	for _, cm := range list {
		out = append(out, c.commitObj(c.project, cm))
	}
	rep := c.page(out)
	rep.Header.Del("X-Total")
	rep.Header.Del("X-Total-Pages")
	return rep
}

// commitRefs lists the branches and tags that contain a commit.
func (c *call) commitRefs() reply {
	sha := c.project.repo.Rev(c.params["sha"])
	kind := c.in.oneOf("type", "branch", "tag", "all")
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if sha == "" {
		return notFound("Commit")
	}
	out := []obj{}
	for _, k := range [][2]string{{"branch", "refs/heads/"}, {"tag", "refs/tags/"}} {
		if kind != "" && kind != "all" && kind != k[0] {
			continue
		}
		names, err := c.project.repo.Run("for-each-ref", "--contains="+sha, "--format=%(refname)", k[1])
		if err != nil || names == "" {
			continue // no ref contains it
		}
		for name := range strings.SplitSeq(names, "\n") {
			out = append(out, obj{"type": k[0], "name": strings.TrimPrefix(name, k[1])})
		}
	}
	return c.page(out)
}

// commitMerges lists the merge requests that a commit came or comes with.
func (c *call) commitMerges() reply {
	sha := c.project.repo.Rev(c.params["sha"])
	if sha == "" {
		return notFound("Commit")
	}
	out := []obj{}
	for _, m := range slices.Backward(c.project.merges) {
		base := m.version().base
		if m.mergeSHA == sha || m.squashSHA == sha || c.project.contains(m.head, sha) && !c.project.contains(base, sha) {
			out = append(out, c.mergeObj(m, false))
		}
	}
	return reply{Status: http.StatusOK, Body: out}
}
