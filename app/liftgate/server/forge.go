package server

import (
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/forge/github"
	"github.com/liftgate/liftgate/app/forge/gitlab"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// forge makes the adapter that a project names.
func (s *Server) forge(p policy.Project, reportLabel string) (app.Forge, error) {
	switch p.Forge {
	case "github":
		return s.github(p)
	case "gitlab":
		return s.gitlab(p, reportLabel)
	}
	return nil, fmt.Errorf("the forge %q is not known", p.Forge)
}

func (s *Server) github(p policy.Project) (app.Forge, error) {
	c := s.options.Config
	key, err := c.GitHub.PrivateKey()
	if err != nil {
		return nil, err
	}
	o := github.Options{
		AppID: c.GitHub.AppID, Key: key, API: c.GitHub.API, Git: c.GitHub.Git, Project: p, HTTP: s.options.HTTP,
		Now: s.options.Now, Log: s.options.Log, Pace: s.pace("github", installation(p)),
	}
	if c.Lifter != nil {
		lifter, err := c.Lifter.PrivateKey()
		if err != nil {
			return nil, err
		}
		o.Lifter = &github.AppCredentials{AppID: c.Lifter.AppID, Key: lifter}
	}
	return github.New(o)
}

// installation is what a project's limits are counted for: GitHub gives the App one for each account, and nearly all of a
// project's requests are about its mirror.
func installation(p policy.Project) string {
	account, _, _ := strings.Cut(p.Mirror, "/")
	return strings.ToLower(account)
}

// pace is what all projects share whose requests a forge counts together. GitLab counts a user's, and a server has one there.
func (s *Server) pace(forge, account string) *wire.Pace {
	key := forge + "/" + account
	if s.paces[key] == nil {
		s.paces[key] = wire.NewPace()
	}
	return s.paces[key]
}

// gitlab hands over how to read the tokens, not the tokens: they are replaced while the server runs.
func (s *Server) gitlab(p policy.Project, reportLabel string) (app.Forge, error) {
	c := s.options.Config.GitLab
	if _, err := c.Token(); err != nil { // now, rather than in the middle of something
		return nil, err
	}
	o := gitlab.Options{
		API: c.API, Git: c.Git, Token: c.Token, Project: p, ReportLabel: reportLabel, HTTP: s.options.HTTP,
		Now: s.options.Now, Log: s.options.Log, Rotation: s.rotation(), Pace: s.pace("gitlab", ""),
	}
	if c.LiftTokenFile != "" {
		o.LiftToken = c.LiftToken // which nobody needs before a rehearsal
	}
	f, err := gitlab.New(o)
	if err == nil && o.Rotation != nil {
		s.tokens = f.TendTokens // of one project: the tokens are the same for all
	}
	return f, err
}
