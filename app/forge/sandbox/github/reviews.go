package github

import (
	"net/http"
	"slices"
)

func (c *call) listReviews() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	var list []obj
	for _, v := range i.pull.reviews {
		if v.state != "PENDING" || v.user == c.cred.actor() {
			list = append(list, c.reviewObj(c.repo, i, v))
		}
	}
	return c.page(list)
}

// theReview is the review that the path names, or nil.
func (c *call) theReview() (*issue, *review) {
	i := c.thePull()
	if i == nil {
		return nil, nil
	}
	for _, v := range i.pull.reviews {
		if v.id == c.number("review_id") {
			return i, v
		}
	}
	return i, nil
}

func (c *call) getReview() reply {
	i, v := c.theReview()
	if v == nil {
		return notFound()
	}
	return ok(c.reviewObj(c.repo, i, v))
}

func (c *call) createReview() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	var in struct {
		Body, Event string
		CommitID    string `json:"commit_id"`
	}
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	states := map[string]string{"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", "": "PENDING"}
	state, known := states[in.Event]
	me := c.cred.actor()
	switch {
	case !known:
		return unprocessable("Invalid request.\n\nevent is not one of APPROVE, REQUEST_CHANGES, COMMENT.")
	case me == i.user && in.Event == "APPROVE":
		return reviewRefused("Review Can not approve your own pull request")
	case me == i.user && in.Event == "REQUEST_CHANGES":
		return reviewRefused("Review Can not request changes on your own pull request")
	case in.Body == "" && (in.Event == "COMMENT" || in.Event == "REQUEST_CHANGES"):
		return reviewRefused("Body can't be blank")
	}
	if in.CommitID == "" {
		in.CommitID = i.pull.headSHA
	}
	v := &review{id: c.id(), user: me, body: in.Body, state: state, commit: in.CommitID}
	if state != "PENDING" {
		v.submitted = c.now()
	}
	i.pull.reviews = append(i.pull.reviews, v)
	i.pull.reviewers = slices.DeleteFunc(i.pull.reviewers, func(a *account) bool { return a == me })
	i.updated = c.now()
	if state != "PENDING" {
		c.ringReview(i, v, "submitted")
	}
	return ok(c.reviewObj(c.repo, i, v))
}

// reviewRefused is the 422 whose errors are bare strings.
func reviewRefused(why string) reply {
	return reply{Status: http.StatusUnprocessableEntity, Body: obj{
		"message": "Unprocessable Entity", "errors": []string{why}, "documentation_url": docs, "status": "422"}}
}

// ringReview tells of a review; webhooks write its state in lower case, REST in upper.
func (c *call) ringReview(i *issue, v *review, action string) {
	o := c.reviewObj(c.repo, i, v)
	o["state"] = map[string]string{"APPROVED": "approved", "CHANGES_REQUESTED": "changes_requested", "COMMENTED": "commented", "DISMISSED": "dismissed"}[v.state]
	o["body"] = nullable(v.body)
	c.emit(c.repo, "pull_request_review", action, c.cred.actor(), obj{"review": o, "pull_request": c.pullObj(c.repo, i, false)})
}

func (c *call) dismissReview() reply {
	i, v := c.theReview()
	if i == nil {
		return notFound()
	}
	var in struct{ Message string }
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	if v == nil {
		return notFound()
	}
	if v.state != "APPROVED" && v.state != "CHANGES_REQUESTED" || in.Message == "" {
		return reviewRefused("Can not dismiss this review")
	}
	v.state = "DISMISSED"
	c.ringReview(i, v, "dismissed")
	return ok(c.reviewObj(c.repo, i, v))
}

func (c *call) requestedReviewers() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	return ok(obj{"users": c.users(i.pull.reviewers), "teams": []any{}})
}

func (c *call) askedReviewers() ([]*account, *reply) {
	var in struct {
		Reviewers []string
		Teams     []string `json:"team_reviewers"`
	}
	if rep := c.read(&in); rep != nil {
		return nil, rep
	}
	var list []*account
	for _, login := range in.Reviewers {
		a := c.account(login)
		if a == nil || !c.repo.collaborates(a) {
			rep := unprocessable("Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the " + c.repo.full() + " repository.")
			return nil, &rep
		}
		list = append(list, a)
	}
	return list, nil
}

func (c *call) requestReviewers() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	asked, rep := c.askedReviewers()
	if rep != nil {
		return *rep
	}
	if slices.Contains(asked, i.user) {
		return unprocessable("Review cannot be requested from pull request author.")
	}
	for _, a := range asked {
		if !slices.Contains(i.pull.reviewers, a) {
			i.pull.reviewers = append(i.pull.reviewers, a)
			c.happened(i, &event{kind: "review_requested", subject: a})
			c.tell(i, "review_requested", obj{"requested_reviewer": c.userObj(a)})
		}
	}
	return created(c.pullObj(c.repo, i, false))
}

func (c *call) unrequestReviewers() reply {
	i := c.thePull()
	if i == nil {
		return notFound()
	}
	asked, rep := c.askedReviewers()
	if rep != nil {
		return *rep
	}
	for _, a := range asked {
		if slices.Contains(i.pull.reviewers, a) {
			i.pull.reviewers = slices.DeleteFunc(i.pull.reviewers, func(x *account) bool { return x == a })
			c.happened(i, &event{kind: "review_request_removed", subject: a})
			c.tell(i, "review_request_removed", obj{"requested_reviewer": c.userObj(a)})
		}
	}
	return ok(c.pullObj(c.repo, i, false))
}
