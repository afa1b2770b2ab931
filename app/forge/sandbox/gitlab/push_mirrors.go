package gitlab

import "net/url"

// AddPushMirror lets a project be pushed on to another address whenever it changes, as a maintainer sets up in its
// settings. The stand-in shows it and pushes nothing.
func (s *Server) AddPushMirror(path, address string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	u, err := url.Parse(address)
	if err != nil {
		return err
	}
	p.pushMirrors = append(p.pushMirrors, obj{
		"id": s.id(), "enabled": true, "url": u.Redacted(), "auth_method": "password", "update_status": "finished", "last_error": nil,
		"last_successful_update_at": nil, "last_update_at": nil, "last_update_started_at": nil, "only_protected_branches": false,
		"keep_divergent_refs": false,
	})
	return nil
}

func (c *call) listPushMirrors() reply { return c.page(c.project.pushMirrors) }
