package github

import (
	"net/http"
	"slices"
	"time"
)

func (c *call) findComment() (*issue, *comment) {
	id := c.number("comment_id")
	for _, i := range c.repo.issues {
		for _, cm := range i.comments {
			if cm.id == id {
				return i, cm
			}
		}
	}
	return nil, nil
}

func (c *call) listComments() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	since, _ := time.Parse(time.RFC3339, c.r.URL.Query().Get("since")) // no time is since ever
	var list []obj
	for _, cm := range i.comments {
		if !cm.updated.Before(since) {
			list = append(list, c.commentObj(c.repo, i, cm))
		}
	}
	return c.page(list)
}

const longest = 65536 // characters in a body

func (c *call) commentBody() (string, *reply) {
	var in struct{ Body string }
	if rep := c.read(&in); rep != nil {
		return "", rep
	}
	var rep reply
	switch {
	case in.Body == "":
		rep = invalid("IssueComment", "body", "missing_field", "Body cannot be blank")
	case len([]rune(in.Body)) > longest:
		rep = invalid("IssueComment", "body", "too_long", "body is too long (maximum is 65536 characters)")
	default:
		return in.Body, nil
	}
	return "", &rep
}

func (c *call) createComment() reply {
	i, rep := c.theIssue()
	if rep != nil {
		return *rep
	}
	body, rep := c.commentBody()
	if rep != nil {
		return *rep
	}
	now := c.now()
	cm := &comment{id: c.id(), user: c.cred.actor(), app: c.cred.via(), body: body, created: now, updated: now}
	i.comments = append(i.comments, cm)
	i.updated = now
	c.ringComment(i, cm, "created", nil)
	return created(c.commentObj(c.repo, i, cm))
}

func (c *call) ringComment(i *issue, cm *comment, action string, changes obj) {
	extra := obj{"issue": c.issueObj(c.repo, i), "comment": c.commentObj(c.repo, i, cm)}
	if changes != nil {
		extra["changes"] = changes
	}
	c.emit(c.repo, "issue_comment", action, c.cred.actor(), extra)
}

func (c *call) getComment() reply {
	i, cm := c.findComment()
	if cm == nil {
		return notFound()
	}
	return ok(c.commentObj(c.repo, i, cm))
}

// mayTouch: one's own comment, or anybody's with write access; an App edits anybody's with its permission.
func (c *call) mayTouch(i *issue, cm *comment) *reply {
	if rep := c.fits(i); rep != nil {
		return rep
	}
	if c.strong(RoleWrite) || cm.user == c.cred.actor() {
		return nil
	}
	rep := failure(http.StatusForbidden, "Must have admin rights to Repository.")
	return &rep
}

func (c *call) editComment() reply {
	i, cm := c.findComment()
	if cm == nil {
		return notFound()
	}
	if rep := c.mayTouch(i, cm); rep != nil {
		return *rep
	}
	body, rep := c.commentBody()
	if rep != nil {
		return *rep
	}
	from := cm.body
	cm.body, cm.updated = body, c.now()
	if from != body {
		c.ringComment(i, cm, "edited", obj{"body": obj{"from": from}})
	}
	return ok(c.commentObj(c.repo, i, cm))
}

func (c *call) deleteComment() reply {
	i, cm := c.findComment()
	if cm == nil {
		return notFound()
	}
	if rep := c.mayTouch(i, cm); rep != nil {
		return *rep
	}
	i.comments = slices.DeleteFunc(i.comments, func(x *comment) bool { return x == cm })
	c.ringComment(i, cm, "deleted", nil)
	return reply{Status: http.StatusNoContent}
}
