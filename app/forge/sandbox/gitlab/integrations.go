package gitlab

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// integrations are services such as a chat that a group or project tells about its events. A project has those of
// the groups above it too, unless it has its own of the same name.
type integrations struct{ services []*service }

type service struct {
	id      int64
	slug    string
	active  bool
	created time.Time
}

func (s *Server) listIntegrations(p *project) []obj {
	var seen []string
	out := []obj{}
	show := func(list []*service, inherited bool) {
		for _, v := range list {
			if slices.Contains(seen, v.slug) {
				continue
			}
			seen = append(seen, v.slug)
			if v.active {
				out = append(out, serviceObj(v, inherited))
			}
		}
	}
	show(p.services, false)
	for _, g := range p.space.chain() {
		show(g.services, true)
	}
	return out
}

func serviceObj(v *service, inherited bool) obj {
	return obj{
		"id": v.id, "title": strings.ToUpper(v.slug[:1]) + v.slug[1:], "slug": v.slug, "created_at": stamp(v.created),
		"updated_at": stamp(v.created), "active": v.active, "inherited": inherited, "commit_events": true, "push_events": true,
		"issues_events": true, "confidential_issues_events": true, "merge_requests_events": true, "tag_push_events": true,
		"note_events": true, "confidential_note_events": true, "pipeline_events": true, "wiki_page_events": true, "job_events": true,
		"comment_on_event_enabled": true, "vulnerability_events": false, "alert_events": true, "deployment_events": false, "incident_events": true,
	}
}

// getIntegrations lists what is active in a project, inherited from its groups or its own.
func (c *call) getIntegrations() reply { return c.page(c.listIntegrations(c.project)) }

// SetIntegration switches a service such as "slack" on or off in a project or group, named by its path. A project
// inherits what its groups switch on.
func (s *Server) SetIntegration(path, slug string, active bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list *[]*service
	if p := s.projectAt(path); p != nil {
		list = &p.services
	} else if g := s.groupAt(path); g != nil {
		list = &g.services
	}
	if list == nil || slug == "" {
		return fmt.Errorf("set integration %q: there is no project or group %s", slug, path)
	}
	have := first(*list, func(v *service) bool { return v.slug == slug })
	if have == nil {
		have = &service{id: s.id(), slug: slug, created: s.now()}
		*list = append(*list, have)
	}
	have.active = active
	return nil
}
