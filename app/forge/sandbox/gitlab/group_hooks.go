package gitlab

import (
	"errors"
	"fmt"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// listGroupHooks shows a group's webhooks (Premium) to its owners. GitLab asks who it is before it asks what was paid for. The
// stand-in sends nothing to them.
func (c *call) listGroupHooks() reply {
	switch {
	case c.group.level(c.cred.user) < Owner:
		return forbidden()
	case c.tier == "free":
		return notFound("")
	}
	var out []obj
	for _, h := range c.group.hooks {
		o := c.hookObj(h)
		o["group_id"], o["subgroup_events"], o["member_events"], o["project_events"] = c.group.id, false, false, false
		out = append(out, o)
	}
	return c.page(out)
}

// AddGroupHook adds a webhook to a group, which GitLab tells about everything in the group's projects.
func (s *Server) AddGroupHook(path, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groupAt(path)
	if g == nil || g.person != nil {
		return fmt.Errorf("add webhook: there is no group %s", path)
	}
	if s.tier == "free" {
		return errors.New("add webhook: the free tier has none of groups")
	}
	h := &hook{id: s.id(), uuid: sandbox.RandomUUID(), url: address, events: map[string]bool{}, created: s.now()}
	for _, e := range hookFlags() {
		h.events[e] = true
	}
	g.hooks = append(g.hooks, h)
	return nil
}
