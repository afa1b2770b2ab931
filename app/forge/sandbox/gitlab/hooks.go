package gitlab

import "time"

// integrations are services such as a chat that a group or project tells about its events. A project has those of
// the groups above it too, unless it has its own of the same name.
type integrations struct{ services []*service }

type service struct {
	id      int64
	slug    string
	active  bool
	created time.Time
}

// hook is a project's webhook.
type hook struct {
	id  int64
	url string
}
