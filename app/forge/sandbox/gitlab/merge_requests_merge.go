package gitlab

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// mergeFact is what git says about a merge request for one pair of tips.
type mergeFact struct {
	tip, head string
	base      string // merge base
	clean     bool   // merges without conflict
	ahead     int    // commits that the source brings
	forward   bool   // the target is an ancestor of the source
}

// facts computes, once per pair of tips, whether a merge request merges and what it brings.
func (s *Server) facts(m *mergeRequest) *mergeFact {
	p := m.project
	tip := p.repo.Ref("refs/heads/" + m.target)
	if m.state == "merged" && m.fact != nil {
		return m.fact // what it was when it was merged
	}
	if m.fact != nil && m.fact.tip == tip && m.fact.head == m.head {
		return m.fact
	}
	f := &mergeFact{tip: tip, head: m.head}
	m.fact = f
	if tip == "" {
		return f
	}
	f.base = p.repo.MergeBase(tip, m.head)
	_, err := p.repo.MergeTree(tip, m.head)
	f.clean = err == nil && f.base != ""
	f.forward = f.base == tip
	if f.base == "" {
		f.base = tip
	}
	count, _ := p.repo.Run("rev-list", "--count", f.base+".."+m.head) // an absent commit counts as nothing
	f.ahead, _ = strconv.Atoi(count)
	return f
}

// blocked says why a merge request may not be merged yet, in the words of detailed_merge_status, or "". Conflicts and the
// need to rebase are left to [Server.stuck], as GitLab does: they have another answer.
func (s *Server) blocked(m *mergeRequest) string {
	p := m.project
	head := p.headPipeline(m)
	switch {
	case m.state != "opened":
		return "not_open"
	case s.now().Before(m.after):
		return "merge_time"
	case m.draft():
		return "draft_status"
	case s.facts(m).tip == "" || s.facts(m).ahead == 0:
		return "commits_status"
	case s.tier != "free" && m.objected():
		return "requested_changes"
	case s.tier != "free" && len(m.approvals) < p.needsApprovals:
		return "not_approved"
	case s.tier == "ultimate" && p.settings.needsJudged && !s.judged(m):
		return "status_checks_must_pass"
	case !p.settings.needsPipeline:
	case head == nil:
		return "ci_must_pass"
	case head.status == "created", head.status == "pending", head.status == "running":
		return "ci_still_running"
	case head.status == "skipped" && p.settings.allowsSkipped, head.status == "success":
	default:
		return "ci_must_pass"
	}
	return ""
}

// stuck says what git has against a merge.
func (s *Server) stuck(m *mergeRequest) string {
	f := s.facts(m)
	switch {
	case !f.clean:
		return "conflict"
	case !f.forward && m.project.settings.mergeMethod != "merge":
		return "need_rebase"
	}
	return ""
}

// acceptMerge is the merge button. The order of its refusals is GitLab's.
func (c *call) acceptMerge(m *mergeRequest) reply {
	if rep := c.only([]string{"sha", "merge_commit_message", "squash", "should_remove_source_branch", "auto_merge", "merge_when_pipeline_succeeds"}); rep != nil {
		return *rep
	}
	sha, message := c.in.text("sha"), c.in.text("merge_commit_message")
	squash, remove := c.in.flag("squash", m.squash), c.in.flag("should_remove_source_branch", m.removeSource)
	auto := c.in.flag("auto_merge", c.in.flag("merge_when_pipeline_succeeds", false))
	if rep := c.in.refused(); rep != nil {
		return *rep
	}
	if !c.project.mayMerge(c.cred.user, m.target) {
		return unauthorized()
	}
	why := c.blocked(m)
	head := c.project.headPipeline(m)
	waits := auto && head != nil && (why == "" && !head.over() || why == "ci_still_running" || why == "ci_must_pass")
	switch {
	case why != "" && !waits:
		return failure(http.StatusMethodNotAllowed)
	case c.stuck(m) != "":
		return said(http.StatusUnprocessableEntity, "Branch cannot be merged")
	case sha != "" && sha != m.head:
		return said(http.StatusConflict, "SHA does not match HEAD of source branch: "+m.head)
	}
	m.squash, m.removeSource = c.project.squashes(squash), remove
	if waits {
		m.waits = c.cred.user
		return ok(c.mergeObj(m, true))
	}
	moved, err := c.doMerge(m, message)
	if err != nil {
		return said(http.StatusUnprocessableEntity, "Branch cannot be merged")
	}
	c.moved = moved
	return ok(c.mergeObj(m, true))
}

var errStale = errors.New("a branch moved meanwhile")

// doMerge merges as the project is set to and lets everything follow that follows.
func (c *call) doMerge(m *mergeRequest, message string) ([]sandbox.RefChange, error) {
	repo, f := m.project.repo, c.facts(m)
	result, squashed, merged, err := c.built(m, f, message)
	if err != nil {
		return nil, err
	}
	if err := repo.MoveRef("refs/heads/"+m.target, result, f.tip); err != nil {
		return nil, errStale
	}
	m.squashSHA = squashed
	c.markMerged(m, merged)
	moved := []sandbox.RefChange{{Ref: "refs/heads/" + m.target, Old: f.tip, New: result}}
	source := sandbox.RefChange{Ref: "refs/heads/" + m.source, Old: m.head, New: sandbox.Zero}
	if m.removeSource && m.source != m.project.defaultBranch && len(m.project.protections(m.source)) == 0 && repo.MoveRef(source.Ref, "", m.head) == nil {
		moved = append(moved, source)
	}
	c.landed(moved)
	return moved, nil
}

// built writes the commits of a merge: the target's new tip, and of it what is a squash and what a merge commit.
func (c *call) built(m *mergeRequest, f *mergeFact, message string) (result, squashed, merged string, err error) {
	repo, by := m.project.repo, &sandbox.Person{Name: c.cred.user.name, Email: c.cred.user.email()}
	result = m.head
	if m.squash && f.ahead > 1 {
		if squashed, err = repo.CommitTree(m.head+"^{tree}", m.title+"\n", by, f.base); err != nil {
			return "", "", "", fmt.Errorf("squash: %w", err)
		}
		result = squashed
	}
	if m.project.settings.mergeMethod == "ff" {
		return result, squashed, "", nil
	}
	if message == "" {
		message = fmt.Sprintf("Merge branch '%s' into '%s'\n\n%s\n\nSee merge request %s!%d\n", m.source, m.target, m.title, m.project.full, m.iid)
	}
	if merged, err = repo.Merge(f.tip, result, message, by); err != nil {
		return "", "", "", fmt.Errorf("merge: %w", err)
	}
	return merged, squashed, merged, nil
}

// markMerged closes a merge request as merged and tells so.
func (c *call) markMerged(m *mergeRequest, commit string) {
	now, by := c.now(), c.cred.user
	m.state, m.mergedBy, m.mergedAt, m.updated, m.mergeSHA, m.waits = "merged", by, now, now, commit, nil
	m.moves = append(m.moves, &move{id: c.id(), by: by, state: "merged", created: now})
	c.ringMerge(m, "merge", nil)
}

// mergeWaiting merges what was to be merged as soon as this pipeline succeeds.
func (s *Server) mergeWaiting(p *project, pl *pipeline) {
	if pl.status != "success" {
		return
	}
	for _, m := range p.merges {
		if m.waits == nil || m.state != "opened" || p.headPipeline(m) != pl {
			continue
		}
		c := &call{Server: s, project: p, cred: &credential{user: m.waits}}
		m.waits = nil
		if c.blocked(m) == "" && c.stuck(m) == "" && p.mayMerge(c.cred.user, m.target) {
			_, _ = c.doMerge(m, "") // GitLab too leaves it open when this fails
		}
	}
}

// mergeStatus gives merge_status and detailed_merge_status.
func (s *Server) mergeStatus(m *mergeRequest) (status, detailed string) {
	status, detailed = "can_be_merged", s.blocked(m)
	stuck := s.stuck(m)
	if stuck == "conflict" {
		status = "cannot_be_merged"
	}
	switch {
	case detailed != "":
	case stuck != "":
		detailed = stuck
	default:
		detailed = "mergeable"
	}
	return status, detailed
}

// manualMerge finds the commit by which a push brought a merge request's head into its target: the first on the
// target's own line that contains it.
func manualMerge(p *project, ch sandbox.RefChange, head string) string {
	out, err := p.repo.Run("rev-list", "--first-parent", "--reverse", ch.Old+".."+ch.New)
	if err != nil {
		return head
	}
	for sha := range strings.SplitSeq(out, "\n") {
		if p.contains(sha, head) {
			return sha
		}
	}
	return head
}
