package github

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// TokenScope says what a request's token was good for.
type TokenScope struct {
	Kind         string            `json:"kind"` // app, installation, user or none
	Actor        string            `json:"actor,omitempty"`
	Repositories []string          `json:"repositories,omitempty"`
	Permissions  map[string]string `json:"permissions,omitempty"`
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

type recorder struct {
	mu  sync.Mutex
	log []Request
	err error
}

func (s *Server) record(r Request, body []byte) {
	s.recorder.mu.Lock()
	r.Seq = len(s.recorder.log) + 1
	s.recorder.log = append(s.recorder.log, r)
	if s.opt.RequestLog != nil {
		if err := json.NewEncoder(s.opt.RequestLog).Encode(r); err != nil && s.recorder.err == nil {
			s.recorder.err = err
		}
	}
	s.recorder.mu.Unlock()
	if r.Public && s.opt.OnPublicWrite != nil {
		s.opt.OnPublicWrite(r, body)
	}
}

// Requests gives every request served so far, in the order they were finished.
func (s *Server) Requests() []Request {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return slices.Clone(s.recorder.log)
}

// LogErr is the first error of writing to Options.RequestLog.
func (s *Server) LogErr() error {
	s.recorder.mu.Lock()
	defer s.recorder.mu.Unlock()
	return s.recorder.err
}
