package gitlab

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// User is a person and a personal access token with every scope.
type User struct {
	ID       int64
	Username string
	Token    string
}

// ProjectSpec describes a project to create.
type ProjectSpec struct {
	Path          string // group/sub/name; its group, or the person, must be there
	Visibility    string // private (when empty), internal or public
	DefaultBranch string // "main" when empty
	Description   string
	ForkedFrom    string // path of what it was forked from; objects are never shared
	NeedsPipeline bool   // only_allow_merge_if_pipeline_succeeds
}

// Project is a created project.
type Project struct {
	ID       int64
	Path     string // with namespace
	Dir      string // the bare repository on disk
	CloneURL string
}

// SetTier makes the instance free, premium or ultimate.
func (s *Server) SetTier(tier string) error {
	if !slices.Contains([]string{"free", "premium", "ultimate"}, tier) {
		return fmt.Errorf("set tier: %q is none of free, premium, ultimate", tier)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tier = tier
	return nil
}

// CreateUser makes a person, whose namespace may hold projects.
func (s *Server) CreateUser(username string) (User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, err := s.addUser(username, username, false)
	if err != nil {
		return User{}, err
	}
	space := &group{id: s.id(), full: username, visibility: "private", person: u, created: s.now()}
	space.members.set(u, Owner, u, s.now())
	s.groups = append(s.groups, space)
	t := s.mint(u, "everything", []string{"api"}, time.Time{})
	return User{ID: u.id, Username: u.username, Token: t.secret}, nil
}

func (s *Server) addUser(username, name string, bot bool) (*user, error) {
	if !nameable(username) || s.user(username) != nil || s.groupAt(username) != nil {
		return nil, fmt.Errorf("create user %q: the name is taken or not a name", username)
	}
	u := &user{id: s.id(), username: username, name: name, bot: bot, created: s.now()}
	s.users = append(s.users, u)
	return u, nil
}

// nameable tells whether a text can stand in a path.
func nameable(name string) bool {
	return name != "" && !strings.HasPrefix(name, "-") && !strings.HasPrefix(name, ".") && strings.Trim(name, "0123456789") != "" &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_.", r))
		})
}

// CreateGroup makes a group; the group above it, if the path names one, must be there and at least as visible.
func (s *Server) CreateGroup(path, visibility string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	visibility = or(visibility, "private")
	g := &group{id: s.id(), full: path, visibility: visibility, created: s.now()}
	above, _, nested := cutLast(path)
	if nested {
		if g.parent = s.groupAt(above); g.parent == nil || g.parent.person != nil {
			return fmt.Errorf("create group %s: there is no group %s", path, above)
		}
		if rank(visibility) > rank(g.parent.visibility) {
			return fmt.Errorf("create group %s: a %s group cannot hold a %s one", path, g.parent.visibility, visibility)
		}
	}
	if !nameable(g.path()) || s.groupAt(path) != nil || s.projectAt(path) != nil || s.user(path) != nil {
		return fmt.Errorf("create group %q: the path is taken or not a path", path)
	}
	s.groups = append(s.groups, g)
	return nil
}

// cutLast splits a full path at its last slash.
func cutLast(path string) (above, name string, nested bool) {
	i := strings.LastIndex(path, "/")
	if i < 0 {
		return "", path, false
	}
	return path[:i], path[i+1:], true
}

// CreateProject makes a project with an empty repository.
func (s *Server) CreateProject(spec ProjectSpec) (Project, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.newProject(spec)
	if err != nil {
		return Project{}, fmt.Errorf("create project %s: %w", spec.Path, err)
	}
	if err := s.initRepo(p); err != nil {
		return Project{}, fmt.Errorf("create project %s: %w", spec.Path, err)
	}
	s.projects = append(s.projects, p)
	return Project{ID: p.id, Path: p.full, Dir: p.dir, CloneURL: s.URL() + "/" + p.full + ".git"}, nil
}

func (s *Server) newProject(spec ProjectSpec) (*project, error) {
	above, name, nested := cutLast(spec.Path)
	space := s.groupAt(above)
	if !nested || space == nil {
		return nil, fmt.Errorf("there is no group %q", above)
	}
	if !nameable(name) || s.projectAt(spec.Path) != nil || s.groupAt(spec.Path) != nil {
		return nil, errors.New("the path is taken or not a path")
	}
	p := &project{
		id: s.id(), path: name, full: space.full + "/" + name, space: space, visibility: or(spec.Visibility, "private"),
		description: spec.Description, defaultBranch: or(spec.DefaultBranch, "main"), created: s.now(), active: s.now(),
		settings: settings{mergeMethod: "merge", squash: "default_off", removesSource: true, publicJobs: true, needsPipeline: spec.NeedsPipeline},
	}
	if !slices.Contains([]string{"private", "internal", "public"}, p.visibility) || rank(p.visibility) > space.ceiling() {
		return nil, fmt.Errorf("visibility %q is not allowed there", p.visibility)
	}
	if spec.ForkedFrom != "" {
		if p.forkedFrom = s.projectAt(spec.ForkedFrom); p.forkedFrom == nil {
			return nil, fmt.Errorf("there is no project %s to fork", spec.ForkedFrom)
		}
	}
	p.dir = filepath.Join(s.Dir(), "repos", filepath.FromSlash(p.full)+".git")
	if _, err := os.Stat(p.dir); err == nil {
		return nil, fmt.Errorf("%s is there already", p.dir)
	}
	return p, nil
}

// SetMember makes a user a member of a project or group, named by its path; NoAccess takes the membership away.
func (s *Server) SetMember(path, username string, level Level) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	list, u := s.membersAt(path), s.user(username)
	switch {
	case list == nil:
		return fmt.Errorf("set member: there is no project or group %s", path)
	case u == nil:
		return fmt.Errorf("set member: there is no user %s", username)
	case level == NoAccess:
		list.remove(u)
	case !level.known():
		return fmt.Errorf("set member: %d is no access level", level)
	default:
		list.set(u, level, u, s.now())
	}
	return nil
}

func (s *Server) membersAt(path string) *members {
	if p := s.projectAt(path); p != nil {
		return &p.members
	}
	if g := s.groupAt(path); g != nil {
		return &g.members
	}
	return nil
}

// find is for the set-up methods, which name projects by their paths.
func (s *Server) find(path string) (*project, error) {
	if p := s.projectAt(path); p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("find project: there is no %s", path)
}

// SetVisibility changes who sees a project: private, internal or public.
func (s *Server) SetVisibility(path, visibility string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	if !slices.Contains([]string{"private", "internal", "public"}, visibility) {
		return fmt.Errorf("set visibility of %s: %q is no visibility", path, visibility)
	}
	p.visibility = visibility
	return nil
}

// SetFork makes a project a fork of another, or of none when that is empty. Objects are never shared.
func (s *Server) SetFork(path, of string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err == nil {
		p.forkedFrom = nil
	}
	if err == nil && of != "" {
		p.forkedFrom, err = s.find(of)
	}
	return err
}

// SetArchived archives a project, which then takes no writes, or takes it back.
func (s *Server) SetArchived(path string, archived bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, err := s.find(path)
	if err != nil {
		return err
	}
	p.archived = archived
	return nil
}
