package cve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// Options are those of every stand-in.
type Options = sandbox.Options

// Server is a running stand-in for CVE Services. Its methods are safe for concurrent use.
type Server struct {
	*sandbox.Server
	routes []route

	mu      sync.Mutex
	orgs    []*org
	numbers []*number // in the order they were reserved
	next    int       // of the numbers' last parts
	delay   time.Duration
	perPage int
	halfway bool
	check   func(record []byte) error
}

// org is an organization with its users, and the key of each.
type org struct {
	name, id string
	roles    []string
	quota    int
	users    map[string]string
}

// Start opens the address and serves until Close, or until ctx ends.
func Start(ctx context.Context, opt Options) (*Server, error) {
	core, err := sandbox.Open(ctx, opt)
	if err != nil {
		return nil, err
	}
	s := &Server{Server: core, next: 10001, perPage: 500, check: func([]byte) error { return nil }}
	s.routes = s.table()
	noGit := func(*http.Request, string, bool) sandbox.Visitor {
		return sandbox.Visitor{Status: http.StatusNotFound, Message: "there is no repository here"}
	}
	s.Serve(sandbox.REST{Open: s.open, Now: s.Now}, sandbox.GitHTTP{Admit: noGit, Now: s.Now, Realm: "CVE Services"})
	return s, nil
}

// API is the base of the API.
func (s *Server) API() string { return s.URL() + "/api" }

// Delay is how long the world does not see a record that was submitted, or its correction.
func (s *Server) Delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = d
}

// StoreHalf has records stored without the state of their numbers, and says that neither was.
func (s *Server) StoreHalf(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halfway = on
}

// CheckRecords has every record judged before it is taken.
func (s *Server) CheckRecords(check func(record []byte) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.check = check
}

// PageSize is how many numbers a page of the list has; 500 when nobody says.
func (s *Server) PageSize(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perPage = n
}

// CreateCNA adds an organization that may reserve numbers, so many at a time, and gives its UUID.
func (s *Server) CreateCNA(name string, quota int) (id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.find(name) != nil {
		return "", errors.New("create CNA: the short name is taken")
	}
	o := &org{name: name, id: sandbox.RandomUUID(), roles: []string{"CNA"}, quota: quota, users: map[string]string{}}
	s.orgs = append(s.orgs, o)
	return o.id, nil
}

// CreateUser adds a user to an organization, or gives one a new key.
func (s *Server) CreateUser(in, name string) (key string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find(in)
	if o == nil {
		return "", errors.New("create user: there is no such organization")
	}
	o.users[name] = sandbox.RandomToken(27)
	return o.users[name], nil
}

// SetRoles changes what an organization is.
func (s *Server) SetRoles(name string, roles ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.find(name); o != nil {
		o.roles = roles
	}
}

// Record is the record of a number as it was submitted last, whether the world sees it or not; nil: there is none.
func (s *Server) Record(id string) json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.number(id); n != nil && len(n.versions) > 0 {
		return sandbox.Encode(n.versions[len(n.versions)-1].record)
	}
	return nil
}

// Versions counts how often a record of a number was submitted.
func (s *Server) Versions(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.number(id); n != nil {
		return len(n.versions)
	}
	return 0
}

// Numbers lists the numbers of an organization, in the order they were reserved.
func (s *Server) Numbers(owner string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, n := range s.numbers {
		if n.owner.name == owner {
			ids = append(ids, n.id)
		}
	}
	return ids
}

// find and number are called under the lock.
func (s *Server) find(name string) *org {
	i := slices.IndexFunc(s.orgs, func(o *org) bool { return o.name == name })
	if i < 0 {
		return nil
	}
	return s.orgs[i]
}

func (s *Server) number(id string) *number {
	i := slices.IndexFunc(s.numbers, func(n *number) bool { return n.id == id })
	if i < 0 {
		return nil
	}
	return s.numbers[i]
}

// reserved counts the numbers of an organization that are in that state.
func (s *Server) reserved(o *org) int {
	count := 0
	for _, n := range s.numbers {
		if n.owner == o && n.state == stateReserved {
			count++
		}
	}
	return count
}
