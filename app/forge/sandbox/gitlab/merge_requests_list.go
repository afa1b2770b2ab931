package gitlab

import (
	"net/http"
	"slices"
	"strings"
)

// mergeFilters are the parameters of a list of merge requests that are imitated.
var mergeFilters = []string{"state", "source_branch", "target_branch", "search", "author_id", "author_username", "assignee_id", "assignee_username",
	"reviewer_username", "reviewer_id", "labels", "iids", "wip", "draft", "updated_after", "updated_before", "created_after", "created_before",
	"order_by", "sort", "scope", "view", "with_labels_details", "with_merge_status_recheck", "page", "per_page"}

func (c *call) listMerges() reply {
	if rep := c.only(mergeFilters); rep != nil {
		return *rep
	}
	keep := c.mergeFilter()
	inOrder := c.order()
	details := c.in.flag("with_labels_details", false)
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	list := slices.DeleteFunc(slices.Clone(c.project.merges), func(m *mergeRequest) bool { return c.project.settings.mergeOff || !keep(m) })
	slices.SortStableFunc(list, func(a, b *mergeRequest) int { return inOrder(a.age(), b.age()) })
	from, to, h := c.cut(len(list))
	out := []obj{}
	for _, m := range list[from:to] { // only those shown are asked of git
		o := c.mergeObj(m, false)
		if details {
			o["labels"] = c.labelObjs(m.labels)
		}
		out = append(out, o)
	}
	return reply{Status: http.StatusOK, Body: out, Header: h}
}

// mergeFilter reads what is asked for.
func (c *call) mergeFilter() func(*mergeRequest) bool {
	in := c.in
	state := in.oneOf("state", "opened", "closed", "locked", "merged", "all")
	source, target, search := in.text("source_branch"), in.text("target_branch"), strings.ToLower(in.text("search"))
	author, authorName := in.number("author_id", 0), in.text("author_username")
	reviewerID, reviewerName := in.number("reviewer_id", 0), in.text("reviewer_username")
	labels, iids, scope := in.list("labels"), in.numbers("iids"), in.text("scope")
	wip, byDraft := in.oneOf("wip", "yes", "no"), in.has("wip") || in.has("draft")
	drafts := wip == "yes" || in.flag("draft", false)
	createdIn, updatedIn := in.between("created_after", "created_before"), in.between("updated_after", "updated_before")
	assigned := c.assigneeFilter()
	return func(m *mergeRequest) bool {
		asked := func(fits func(*user) bool) bool { return slices.ContainsFunc(m.reviewing(), fits) }
		switch {
		case state != "" && state != "all" && m.state != state, source != "" && m.source != source, target != "" && m.target != target:
		case strings.HasPrefix(scope, "created") && m.author != c.cred.user, strings.HasPrefix(scope, "assigned") && !slices.Contains(m.assignees, c.cred.user):
		case author != 0 && m.author.id != author, authorName != "" && !strings.EqualFold(m.author.username, authorName):
		case reviewerID != 0 && !asked(func(u *user) bool { return u.id == reviewerID }):
		case reviewerName != "" && !asked(func(u *user) bool { return strings.EqualFold(u.username, reviewerName) }):
		case byDraft && m.draft() != drafts, len(iids) > 0 && !slices.Contains(iids, m.iid), !m.wears(labels), !assigned(&m.issuable):
		case search != "" && !strings.Contains(strings.ToLower(m.title+"\n"+m.description), search):
		default:
			return createdIn(m.created) && updatedIn(m.updated)
		}
		return false
	}
}
