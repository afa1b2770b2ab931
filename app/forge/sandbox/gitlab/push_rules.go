package gitlab

import (
	"errors"
	"maps"
)

// getPushRule shows what a project asks of every commit (Premium). The stand-in takes every commit all the same.
func (c *call) getPushRule() reply {
	if c.tier == "free" {
		return notFound("")
	}
	if c.project.pushRule == nil {
		return ok(c.project.pushRule) // null
	}
	o := obj{
		"id": c.project.id, "project_id": c.project.id, "created_at": stamp(c.project.created), "commit_message_regex": "",
		"commit_message_negative_regex": "", "branch_name_regex": "", "author_email_regex": "", "file_name_regex": "", "max_file_size": 0,
		"deny_delete_tag": false, "member_check": false, "prevent_secrets": false, "commit_committer_check": false,
		"commit_committer_name_check": false, "reject_unsigned_commits": false, "reject_non_dco_commits": false,
	}
	maps.Copy(o, c.project.pushRule)
	return ok(o)
}

// SetPushRule sets a project's push rules, as its settings have them: by the API's names.
func (s *Server) SetPushRule(path string, rule map[string]any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	if s.tier == "free" {
		return errors.New("set push rule: the free tier has none")
	}
	p.pushRule = rule
	return nil
}
