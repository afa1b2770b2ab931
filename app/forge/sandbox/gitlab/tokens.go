package gitlab

import (
	"fmt"
	"slices"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// TokenSpec describes a token. Exactly one of User, Project and Group is set; for the latter two a bot is made and
// becomes a member with Level.
type TokenSpec struct {
	Name    string
	User    string // a personal access token
	Project string // a project access token
	Group   string // a group access token
	Level   Level
	Scopes  []string
	Expires time.Time // the day counts; zero is a year from now
}

// Token is a created token.
type Token struct {
	ID       int64
	Secret   string
	UserID   int64
	Username string // the person's, or the bot's
}

func allScopes() []string {
	return []string{"api", "read_api", "read_user", "read_repository", "write_repository", "self_rotate", "create_runner", "manage_runner"}
}

// CreateToken makes an access token.
func (s *Server) CreateToken(spec TokenSpec) (Token, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.IndexFunc(spec.Scopes, func(n string) bool { return !slices.Contains(allScopes(), n) }); i >= 0 || len(spec.Scopes) == 0 {
		return Token{}, fmt.Errorf("create token %s: it has no scope or one that there is not", spec.Name)
	}
	expires := spec.Expires
	if expires.IsZero() {
		expires = s.Wall().AddDate(1, 0, 0)
	}
	u, p, g := s.user(spec.User), s.projectAt(spec.Project), s.groupAt(spec.Group)
	switch {
	case u != nil && spec.Project == "" && spec.Group == "":
	case p != nil && spec.User == "" && spec.Group == "", g != nil && spec.User == "" && spec.Project == "":
		var err error
		if u, err = s.addBot(p, g, spec); err != nil {
			return Token{}, err
		}
	default:
		return Token{}, fmt.Errorf("create token %s: name one user, project or group that is there", spec.Name)
	}
	t := s.mint(u, spec.Name, spec.Scopes, expires)
	t.project, t.group = p, g
	return Token{ID: t.id, Secret: t.secret, UserID: u.id, Username: u.username}, nil
}

// addBot makes the user behind a project's or group's token, and a member of it.
func (s *Server) addBot(p *project, g *group, spec TokenSpec) (*user, error) {
	if !spec.Level.known() {
		return nil, fmt.Errorf("create token %s: %d is no access level", spec.Name, spec.Level)
	}
	where, list := "", (*members)(nil)
	if p != nil {
		where, list = fmt.Sprintf("project_%d_bot_%s", p.id, sandbox.RandomHex(16)), &p.members
	} else {
		where, list = fmt.Sprintf("group_%d_bot_%s", g.id, sandbox.RandomHex(16)), &g.members
	}
	bot, err := s.addUser(where, spec.Name, true)
	if err != nil {
		return nil, err
	}
	list.set(bot, spec.Level, bot, s.now())
	return bot, nil
}

// mint makes a token; its last day ends with its date, as GitLab counts.
func (s *Server) mint(u *user, name string, scopes []string, expires time.Time) *token {
	if !expires.IsZero() {
		expires = expires.UTC().Truncate(24 * time.Hour)
	}
	t := &token{id: s.id(), secret: "glpat-" + sandbox.RandomToken(15), name: name, user: u, scopes: slices.Clone(scopes), created: s.now(), expires: expires}
	s.tokens = append(s.tokens, t)
	return t
}
