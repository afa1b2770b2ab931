package gitlab

import (
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// pushedEvents is how many branches, or tags, of one push may change for webhooks to be sent at all, GitLab's
// push_event_hooks_limit. GitLab counts created, removed and changed ones apart.
const pushedEvents = 3

// landed follows refs that moved, however they moved: merge requests take their new heads or count as merged,
// pipelines start for the first refs, and webhooks go out unless there were too many.
func (c *call) landed(changes []sandbox.RefChange) {
	c.project.active = c.now()
	c.adoptDefault(changes)
	counts := map[string]int{}
	for _, ch := range changes {
		counts[pushKind(ch)]++
	}
	for i, ch := range changes {
		branch, isBranch := strings.CutPrefix(ch.Ref, "refs/heads/")
		if ch.Error != "" || ch.Old == ch.New || !isBranch && !strings.HasPrefix(ch.Ref, "refs/tags/") {
			continue
		}
		if isBranch {
			c.followMerges(branch, ch)
		}
		if i < pushedPipelines && ch.New != sandbox.Zero {
			c.pushedPipeline(ch)
		}
		if counts[pushKind(ch)] <= pushedEvents {
			c.ringPush(ch)
		}
	}
}

// pushKind is what GitLab counts together.
func pushKind(ch sandbox.RefChange) string {
	kind, _, _ := strings.Cut(strings.TrimPrefix(ch.Ref, "refs/"), "/")
	switch {
	case ch.Error != "":
		return "refused"
	case ch.Old == sandbox.Zero:
		return kind + " created"
	case ch.New == sandbox.Zero:
		return kind + " removed"
	}
	return kind + " changed"
}

// adoptDefault makes the first branch of a project its default, and protects it.
func (c *call) adoptDefault(changes []sandbox.RefChange) {
	p := c.project
	fresh := 0
	for _, ch := range changes {
		if ch.Error == "" && ch.Old == sandbox.Zero && strings.HasPrefix(ch.Ref, "refs/heads/") {
			fresh++
		}
	}
	if fresh == 0 || fresh != len(p.repo.Refs("refs/heads/")) {
		return // there were branches before
	}
	if p.repo.Ref("refs/heads/"+p.defaultBranch) == "" {
		for _, ch := range changes {
			if branch, isBranch := strings.CutPrefix(ch.Ref, "refs/heads/"); isBranch && ch.Error == "" {
				p.defaultBranch = branch
				_ = p.repo.SetHead(branch) // only what a clone checks out depends on it
				break
			}
		}
	}
	c.protectDefault(p)
}

func (c *call) pushedPipeline(ch sandbox.RefChange) {
	if c.project.late {
		c.project.owed = append(c.project.owed, owedPipeline{ch, c.cred})
		return
	}
	ch.New = c.project.repo.Rev(ch.New) // an annotated tag points to a commit
	if jobs := c.project.ci(ch.New); len(jobs) > 0 {
		c.startPipeline(c.project, ch, "push", c.cred.user, jobs)
	}
}

// followMerges updates open merge requests whose source moved, and marks those whose heads arrived on their target.
func (c *call) followMerges(branch string, ch sandbox.RefChange) {
	for _, m := range c.project.merges {
		if m.state != "opened" {
			continue
		}
		// Before new heads are taken, as in GitLab: a push that brings both the head and its merge counts as a merge.
		if m.target == branch && ch.New != sandbox.Zero && ch.Old != sandbox.Zero && c.project.brings(ch, m.head) {
			c.markMerged(m, manualMerge(c.project, ch, m.head))
			continue
		}
		if m.source == branch {
			c.followSource(m, ch)
		}
	}
}

// brings tells whether a push added a commit to a branch.
func (p *project) brings(ch sandbox.RefChange, sha string) bool {
	return p.contains(ch.New, sha) && !p.contains(ch.Old, sha)
}

// contains tells whether one commit has another among its ancestors, or is it. Every list of branches asks for each of
// them, so that answers are kept: they do not change.
func (p *project) contains(whole, part string) bool {
	pair := [2]string{whole, part}
	known, asked := p.contained[pair]
	if !asked {
		known = whole == part || p.repo.IsAncestor(nil, part, whole)
		if p.contained == nil {
			p.contained = map[[2]string]bool{}
		}
		p.contained[pair] = known
	}
	return known
}

func (c *call) followSource(m *mergeRequest, ch sandbox.RefChange) {
	m.waits = nil
	if ch.New == sandbox.Zero {
		c.moveState(&m.issuable, "close")
		c.ringMerge(m, "close", nil)
		return
	}
	m.head = ch.New
	c.addVersion(m)
	if c.tier != "free" && m.project.resetsApprovals {
		m.approvals = nil
	}
	c.systemNote(&m.issuable, c.addedCommits(ch))
	c.ringMerge(m, "update", obj{"oldrev": ch.Old})
}

// addedCommits is the system note about a push to the source.
func (c *call) addedCommits(ch sandbox.RefChange) string {
	added := c.project.repo.Log(100, ch.Old+".."+ch.New)
	text := fmt.Sprintf("added %d commits\n\n<ul>", len(added))
	if len(added) == 1 {
		text = "added 1 commit\n\n<ul>"
	}
	for _, cm := range added {
		text += "<li>" + cm.SHA[:8] + " - " + title(cm.Message) + "</li>"
	}
	return text + "</ul>"
}
