package gitlab

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// GitLab's roles, as its numbers.
const (
	levelPlanner    = 15
	levelReporter   = 20
	levelDeveloper  = 30
	levelMaintainer = 40
	levelOwner      = 50
	levelAdmin      = 60
)

type membership struct {
	ID     int64  `json:"id"`
	Login  string `json:"username"`
	State  string `json:"state"`
	Access int    `json:"access_level"`
}

// user finds a person by name; nil if there is none.
func (f *Forge) user(ctx context.Context, login string) (*person, error) {
	q := url.Values{"username": {login}}
	var found []person
	if _, err := f.call(ctx, asBot, "GET", "users", q, nil, &found); err != nil {
		return nil, err
	}
	for _, p := range found {
		if strings.EqualFold(p.Username, login) { // the filter is GitLab's, and one that is not honoured must not matter
			return &p, nil
		}
	}
	return nil, nil
}

// level is what a user may do in a project, by whichever way; zero for nobody.
func (f *Forge) level(ctx context.Context, as purpose, at place, user int64) (int, error) {
	var m membership
	err := f.get(ctx, as, at.path()+"/members/all/"+strconv.FormatInt(user, 10), &m)
	if wire.Gone(err) {
		return 0, nil // a stranger there, or nobody any more
	}
	if err != nil || m.State != "" && m.State != "active" {
		return 0, err
	}
	return m.Access, nil
}

// permission reads what GitLab lets a person do in the mirror.
func (f *Forge) permission(ctx context.Context, login string) (policy.Permission, error) {
	p := policy.Permission{Login: login, Level: "none"}
	who, err := f.user(ctx, login)
	if err != nil || who == nil || who.State != "" && who.State != "active" {
		return p, err
	}
	level, err := f.level(ctx, asBot, f.mirror, who.ID)
	p.Level = levelName(level)
	return p, err
}

// levelName is a role in policy's words. A Guest of a private project does not see its code.
func levelName(level int) string {
	switch {
	case level >= levelOwner:
		return "admin"
	case level >= levelMaintainer:
		return "maintain"
	case level >= levelDeveloper:
		return "write"
	case level >= levelPlanner:
		return "read"
	}
	return "none"
}
