package gitlab

import (
	"slices"
	"strings"
	"unicode"
)

// action is one slash command that GitLab itself understands, found in a text.
type action struct{ name, args string }

// quickActions takes the lines that GitLab reads as commands of its own out of a text, as it does before it keeps
// one. What it does not know stays: /lift is only words to it. Carriage returns and what is blank at the end are
// never kept.
func (c *call) quickActions(text string) (string, []action) {
	var kept []string
	var found []action
	fenced := false
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", ""), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "```") {
			fenced = !fenced
		}
		name, args, isAction := readAction(line)
		if fenced || !isAction {
			kept = append(kept, line)
			continue
		}
		found = append(found, action{name, args})
	}
	return strings.TrimRightFunc(strings.Join(kept, "\n"), unicode.IsSpace), found
}

func readAction(line string) (name, args string, isAction bool) {
	if !strings.HasPrefix(line, "/") {
		return "", "", false
	}
	name, args, _ = strings.Cut(line[1:], " ")
	name = strings.ToLower(strings.TrimSpace(name))
	return name, strings.TrimSpace(args), slices.Contains(actionNames(), name)
}

// actionNames are the commands of GitLab 19.5 at issues and merge requests, whether or not they are imitated: all of
// them vanish from the text, also when the caller may not use them.
func actionNames() []string {
	return []string{
		"add_child", "add_contacts", "add_email", "approve", "assign", "assign_reviewer", "award", "blocked_by", "blocks",
		"checkin_reminder", "child_of", "clear_health_status", "clear_milestone", "clear_weight", "clone", "close", "confidential",
		"convert_to_ticket", "copy_metadata", "create_merge_request", "done", "draft", "due", "duplicate", "epic", "estimate",
		"estimate_time", "health_status", "invite_email", "iteration", "label", "labels", "link", "lock", "merge", "milestone", "move",
		"page", "parent_epic", "promote", "promote_to", "promote_to_incident", "publish", "react", "ready", "reassign", "reassign_reviewer",
		"rebase", "relabel", "relate", "remind_me", "remove_child", "remove_child_epic", "remove_contacts", "remove_due_date", "remove_email",
		"remove_epic", "remove_estimate", "remove_iteration", "remove_label", "remove_milestone", "remove_parent", "remove_parent_epic",
		"remove_time_spent", "remove_zoom", "reopen", "request_review", "reviewer", "set_parent", "severity", "spend", "spend_time",
		"spent", "ship", "status", "submit_review", "subscribe", "tag", "target_branch", "time_estimate", "timeline", "title", "todo",
		"type", "unapprove", "unassign", "unassign_reviewer", "unlabel", "unlink", "unlock", "unsubscribe", "weight", "zoom",
	}
}

// act does the commands that are imitated, as far as the caller may, and names the ones that came to nothing. Telling
// the webhooks is for whoever calls it, so that one request rings once.
func (c *call) act(i *issuable, actions []action) (done obj, failed []string) {
	done = obj{}
	for _, a := range actions {
		if c.actOnce(i, a) {
			done[a.name] = true
		} else {
			failed = append(failed, a.name)
		}
	}
	if len(done) > 0 {
		i.updated = c.now()
	}
	return done, failed
}

// actAndRing is act for commands in a note, where nothing else tells the webhooks.
func (c *call) actAndRing(i *issuable, actions []action) (done obj, failed []string) {
	if len(actions) == 0 {
		return obj{}, nil
	}
	before, state := c.columns(i), i.state
	done, failed = c.act(i, actions)
	word := "update"
	switch {
	case i.state != state && i.state == "closed":
		word = "close"
	case i.state != state:
		word = "reopen"
	}
	if len(done) > 0 {
		c.ringIssuable(i, word, before)
	}
	return done, failed
}

func (c *call) actOnce(i *issuable, a action) bool {
	switch {
	case !c.administers() && i.author != c.cred.user:
		return false
	case a.name == "close" || a.name == "reopen":
		return c.moveState(i, a.name) != ""
	}
	return c.administers() && c.actAsPlanner(i, a)
}

// actAsPlanner does what takes the right to change everybody's issues.
func (c *call) actAsPlanner(i *issuable, a action) bool {
	switch a.name {
	case "title":
		if titled(a.args, "") != nil {
			return false
		}
		c.retitle(i, a.args)
	case "label", "labels", "relabel":
		named := c.labelsThere(a.args)
		if len(named) == 0 {
			return false
		}
		if a.name != "relabel" {
			named = append(slices.Clone(i.labels), named...)
		}
		c.relabel(i, named)
	case "unlabel", "remove_label":
		away := c.labelsThere(a.args)
		c.relabel(i, slices.DeleteFunc(slices.Clone(i.labels), func(l *label) bool { return a.args == "" || slices.Contains(away, l) }))
	case "lock", "unlock":
		i.locked = a.name == "lock"
	case "confidential":
		return c.actConfidential(i)
	default:
		return false // known to GitLab, not imitated: it is taken out of the text and nothing comes of it
	}
	return true
}

func (c *call) actConfidential(i *issuable) bool {
	one := i.issue()
	if one == nil || one.confidential {
		return false
	}
	c.setConfidential(one, true)
	return true
}

// labelsThere reads ~a ~"b c" or plain names; commands make no labels.
func (c *call) labelsThere(args string) []*label {
	var out []*label
	for _, l := range c.project.allLabels() {
		for _, form := range []string{`~"` + l.name + `"`, "~" + l.name, `"` + l.name + `"`, l.name} {
			if strings.Contains(" "+args+" ", " "+form+" ") {
				out = append(out, l)
				break
			}
		}
	}
	return out
}
