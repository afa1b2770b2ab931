package github

import (
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// landed follows refs that moved, however they moved: pull requests take their new heads or count as merged, and
// the webhooks push, create and delete go out.
func (s *Server) landed(r *repository, cred *credential, changes []sandbox.RefChange) {
	c := &call{Server: s, repo: r, cred: cred}
	r.pushed, r.updated = s.now(), s.now()
	empty := r.git.Ref("refs/heads/"+r.defaultBranch) == ""
	tags := 0
	for _, ch := range changes {
		if ch.Error == "" && strings.HasPrefix(ch.Ref, "refs/tags/") {
			tags++
		}
	}
	for _, ch := range changes {
		if ch.Error != "" || ch.Old == ch.New {
			continue
		}
		branch, isBranch := strings.CutPrefix(ch.Ref, "refs/heads/")
		tag, isTag := strings.CutPrefix(ch.Ref, "refs/tags/")
		if isBranch {
			if empty && ch.Old == sandbox.Zero && len(r.git.Refs("refs/heads/")) == 1 {
				s.adoptDefault(r, branch) // the first branch pushed to an empty repository becomes its default
				empty = false
			}
			c.followPulls(branch, ch)
		}
		if (isBranch || isTag) && (!isTag || tags <= 3) {
			c.ringPush(ch, branch+tag, isTag)
		}
	}
}

func (s *Server) adoptDefault(r *repository, branch string) {
	r.defaultBranch = branch
	_ = r.git.SetHead(branch) // only what a clone checks out depends on it
}

// followPulls updates open pull requests whose head moved, and marks those whose commits arrived on their base.
// GitHub promises the second for the default branch only, so that is all that happens here.
func (c *call) followPulls(branch string, ch sandbox.RefChange) {
	for _, i := range c.repo.issues {
		p := i.pull
		if p == nil || i.state != "open" {
			continue
		}
		if p.headRef == branch {
			c.followHead(i, ch)
		}
		if i.state == "open" && p.baseRef == branch && ch.New != sandbox.Zero && branch == c.repo.defaultBranch && c.repo.git.IsAncestor(nil, p.headSHA, ch.New) {
			c.markMerged(i, c.cred.actor(), p.headSHA, ch.Old)
		}
		if i.state == "open" && p.baseRef == branch && ch.New == sandbox.Zero {
			c.shut(i, c.cred.actor(), "")
			c.tell(i, "closed", nil)
		}
	}
}

func (c *call) followHead(i *issue, ch sandbox.RefChange) {
	p := i.pull
	if ch.New == sandbox.Zero {
		c.shut(i, c.cred.actor(), "")
		c.tell(i, "closed", nil)
		return
	}
	p.headSHA = ch.New
	if tip := c.repo.git.Ref("refs/heads/" + p.baseRef); tip != "" {
		p.baseSHA = tip
	}
	i.updated = c.now()
	c.pinPull(c.repo, i)
	c.tell(i, "synchronize", obj{"before": ch.Old, "after": ch.New})
}

func (c *call) ringPush(ch sandbox.RefChange, short string, isTag bool) {
	if !c.heard(c.repo) {
		return // nobody listens, and the bodies cost a few runs of git each
	}
	kind := "branch"
	if isTag {
		kind = "tag"
	}
	actor := c.cred.actor()
	if ch.Old == sandbox.Zero {
		c.emit(c.repo, "create", "", actor, obj{"ref": short, "ref_type": kind, "master_branch": c.repo.defaultBranch,
			"description": nullable(c.repo.description), "pusher_type": "user"})
	}
	if ch.New == sandbox.Zero {
		c.emit(c.repo, "delete", "", actor, obj{"ref": short, "ref_type": kind, "pusher_type": "user"})
	}
	html := c.URL() + "/" + c.repo.full()
	body := obj{
		"ref": ch.Ref, "before": ch.Old, "after": ch.New, "created": ch.Old == sandbox.Zero, "deleted": ch.New == sandbox.Zero,
		"forced": ch.Old != sandbox.Zero && ch.New != sandbox.Zero && !c.repo.git.IsAncestor(nil, ch.Old, ch.New), "base_ref": nil,
		"compare": html + "/compare/" + ch.Old[:12] + "..." + ch.New[:12], "commits": []obj{}, "head_commit": nil,
		"pusher": obj{"name": actor.login, "email": actor.email()},
	}
	head := ""
	if ch.New != sandbox.Zero {
		head = ch.New
		if isTag {
			head = c.repo.git.Rev(ch.New) // an annotated tag points to a commit
		}
	}
	if head != "" {
		if !isTag {
			body["commits"] = c.pushedCommits(ch)
		}
		body["head_commit"] = c.pushedCommit(c.repo.git.Commit(head))
	}
	c.emit(c.repo, "push", "", actor, body)
}

// pushedCommits lists what is new with a push, at most the 20 newest. A fresh branch brings what no other has.
func (c *call) pushedCommits(ch sandbox.RefChange) []obj {
	args := []string{ch.Old + ".." + ch.New}
	if ch.Old == sandbox.Zero {
		args = []string{ch.New, "--not", "--exclude=" + strings.TrimPrefix(ch.Ref, "refs/heads/"), "--branches"}
	}
	list := []obj{}
	for _, cm := range c.repo.git.Log(20, args...) {
		list = append(list, c.pushedCommit(cm))
	}
	return list
}

func (c *call) pushedCommit(cm *sandbox.Commit) obj {
	who := func(p sandbox.Person) obj {
		o := obj{"name": p.Name, "email": p.Email, "date": stamp(p.When)}
		if a := c.byEmail(p.Email); a != nil {
			o["username"] = a.login
		}
		return o
	}
	return obj{
		"id": cm.SHA, "tree_id": cm.Tree, "distinct": true, "message": cm.Message, "timestamp": stamp(cm.Committer.When),
		"url": c.URL() + "/" + c.repo.full() + "/commit/" + cm.SHA, "author": who(cm.Author), "committer": who(cm.Committer),
		"added": []string{}, "removed": []string{}, "modified": []string{},
	}
}
