package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
)

// TokenScope says what a request's token was good for.
type TokenScope struct {
	Kind         string            `json:"kind"` // app, installation, user or none on GitHub; personal, project, group or none on GitLab
	Actor        string            `json:"actor,omitempty"`
	Repositories []string          `json:"repositories,omitempty"`
	Permissions  map[string]string `json:"permissions,omitempty"`
}

// String keeps a scope readable in test failures.
func (t TokenScope) String() string {
	return fmt.Sprintf("%s %s %v %v", t.Kind, t.Actor, t.Repositories, t.Permissions)
}

// RefChange is one ref that a push, a merge or the refs API moved. An absent side is forty zeros.
type RefChange struct {
	Ref   string `json:"ref"`
	Old   string `json:"old"`
	New   string `json:"new"`
	Error string `json:"error,omitempty"` // why the ref was refused
}

// Request is one line of the request log. Bodies are never in it.
type Request struct {
	Seq    int         `json:"seq"`
	Time   time.Time   `json:"time"`
	Method string      `json:"method"`
	Path   string      `json:"path"`
	Route  string      `json:"route,omitempty"`
	Repo   string      `json:"repo,omitempty"`
	Token  TokenScope  `json:"token"`
	Status int         `json:"status"` // as sent; 0 when the connection was dropped
	Public bool        `json:"public"` // something changed where strangers can see it
	Refs   []RefChange `json:"refs,omitempty"`
}

// Recorder keeps the request log. Its fields are set before the first request.
type Recorder struct {
	Log           io.Writer                    // one JSON line a request, if set
	OnPublicWrite func(r Request, body []byte) // every byte that reached a public place, if set: JSON body or raw pack

	mu  sync.Mutex
	log []Request
	err error
}

// Record numbers a finished request and writes it down; body is what it brought.
func (c *Recorder) Record(r Request, body []byte) {
	c.mu.Lock()
	r.Seq = len(c.log) + 1
	c.log = append(c.log, r)
	if c.Log != nil {
		if err := json.NewEncoder(c.Log).Encode(r); err != nil && c.err == nil {
			c.err = err
		}
	}
	c.mu.Unlock()
	if r.Public && c.OnPublicWrite != nil {
		c.OnPublicWrite(r, body)
	}
}

// Requests gives every request recorded so far, in the order they were finished.
func (c *Recorder) Requests() []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// Err is the first error of writing to Log.
func (c *Recorder) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}
