package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
	"github.com/liftgate/liftgate/app/liftgate/config"
)

// labTown is GitLab: a public project, its mirror in a private group of its own, and two service accounts, of which only
// the lifter may push to the public branches.
type labTown struct {
	*lab.Server
	public, mirror lab.Project
	notices        lab.Project       // only where notices are published
	tokens         map[string]string // people's, and Liftgate's two
	secret         string            // of the webhooks
	runs           bool              // CI runs the jobs of pipelines; else it reports from outside
	mu             sync.Mutex
	hooks          map[string]int64          // by project; none before a server listens
	guards         map[string]lab.Protection // of the public branches
	seen           map[string]string         // head that somebody has approved last, by login and number
}

// The service accounts.
const (
	labBot    = "liftgate"
	labLifter = "liftgate-lifter"
)

func newLabTown(ctx context.Context, s Setting, clock *Clock) (*labTown, error) {
	server, err := lab.Start(ctx, lab.Options{
		Dir: filepath.Join(s.Dir, "forge"), Listen: s.Listen, Now: clock.Now, Wall: s.Wall, RequestLog: s.RequestLog,
		Middleware: s.Watch.Exchange, OnHook: s.Watch.Hook, OnPublicWrite: s.Watch.PublicWrite, HookTimeout: s.Watch.HookTimeout,
	})
	if err != nil {
		return nil, err
	}
	t := &labTown{
		Server: server, tokens: map[string]string{}, secret: randomSecret(), hooks: map[string]int64{},
		guards: map[string]lab.Protection{}, seen: map[string]string{},
	}
	if err := t.populate(s); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *labTown) populate(s Setting) (err error) {
	for _, login := range append(everybody(), labBot, labLifter) {
		user, err := t.CreateUser(login)
		if err != nil {
			return err
		}
		t.tokens[login] = user.Token
	}
	if err := errors.Join(t.CreateGroup("tiny", "public"), t.CreateGroup("tiny-security", "private")); err != nil {
		return err
	}
	if t.public, err = t.CreateProject(lab.ProjectSpec{Path: "tiny/tinyserve", Visibility: "public", DefaultBranch: s.main()}); err != nil {
		return err
	}
	if t.mirror, err = t.CreateProject(lab.ProjectSpec{Path: "tiny-security/tinyserve-security", DefaultBranch: s.main()}); err != nil {
		return err
	}
	if s.Publishing {
		if t.notices, err = t.CreateProject(lab.ProjectSpec{Path: "tiny/security-notices", Visibility: "public", DefaultBranch: "main"}); err != nil {
			return err
		}
		if err := t.SetMember(t.notices.Path, labBot, lab.Maintainer); err != nil {
			return err
		}
	}
	return t.permit()
}

// permit gives people and the service accounts what they need, and nothing more.
func (t *labTown) permit() (err error) {
	public := map[string]lab.Level{maintainer: lab.Owner, labBot: lab.Reporter, labLifter: lab.Maintainer}
	mirror := map[string]lab.Level{
		maintainer: lab.Maintainer, manager: lab.Maintainer, developer: lab.Developer, reviewer: lab.Developer, allocator: lab.Developer,
		ci: lab.Developer, labBot: lab.Maintainer,
	}
	for login, level := range public {
		err = errors.Join(err, t.SetMember(t.public.Path, login, level))
	}
	for login, level := range mirror {
		err = errors.Join(err, t.SetMember(t.mirror.Path, login, level))
	}
	return errors.Join(err, t.renew(labBot, time.Time{}), t.renew(labLifter, time.Time{}))
}

// renew gives a service account a token that ends on a day, or in a year.
func (t *labTown) renew(login string, end time.Time) error {
	token, err := t.CreateToken(lab.TokenSpec{Name: login, User: login, Scopes: []string{"api", "write_repository"}, Expires: end})
	t.tokens[login] = token.Secret
	return err
}

func (t *labTown) repos() (public, mirror, notices Repo) {
	return labRepo(t.public), labRepo(t.mirror), labRepo(t.notices)
}

func labRepo(p lab.Project) Repo { return Repo{FullName: p.Path, Dir: p.Dir, CloneURL: p.CloneURL} }

func (t *labTown) token(login string) string { return t.tokens[login] }

func (t *labTown) protect(branches []string) error {
	for _, b := range branches {
		rule := lab.Protection{Name: b, Push: lab.Maintainer, Merge: lab.Maintainer}
		t.mu.Lock()
		t.guards[b] = rule
		t.mu.Unlock()
		if err := t.Protect(t.public.Path, rule); err != nil {
			return err
		}
	}
	return nil
}

// wantHold lets developers merge where the pipeline has passed, which the hold is part of.
func (t *labTown) wantHold(branches []string) error {
	for _, b := range branches {
		if err := t.Protect(t.mirror.Path, lab.Protection{Name: b, Push: lab.Maintainer, Merge: lab.Developer, Force: true}); err != nil {
			return err
		}
	}
	boss := t.labHands(maintainer)
	_, err := boss.call(context.Background(), http.MethodPut, boss.mirror(""), object{"only_allow_merge_if_pipeline_succeeds": true}, nil)
	return err
}

// freeze takes the place of the branches' own rules: of several, GitLab follows the one that allows most.
func (t *labTown) freeze(branches ...string) (thaw func() error, err error) {
	for _, b := range branches {
		err = errors.Join(err, t.Protect(t.public.Path, lab.Protection{Name: b}))
	}
	return func() error {
		t.mu.Lock()
		defer t.mu.Unlock()
		var err error
		for _, b := range branches {
			rule, guarded := t.guards[b]
			if guarded {
				err = errors.Join(err, t.Protect(t.public.Path, rule))
			} else {
				err = errors.Join(err, t.Unprotect(t.public.Path, b))
			}
		}
		return err
	}, err
}

func (t *labTown) expose(public bool) error {
	return t.SetVisibility(t.mirror.Path, map[bool]string{true: "public", false: "private"}[public])
}

func (t *labTown) importGit(repo Repo, from string, refspecs ...string) error {
	return t.ImportGit(repo.FullName, from, refspecs...)
}

func (t *labTown) equip(data string, c *config.Server) error {
	file := func(name, secret string) (path string, err error) {
		path = filepath.Join(data, name)
		return path, os.WriteFile(path, []byte(secret), 0o600)
	}
	token, err := file("gitlab.token", t.tokens[labBot])
	lift, liftErr := file("gitlab-lift.token", t.tokens[labLifter])
	hook, hookErr := file("webhook.token", t.secret)
	if err := errors.Join(err, liftErr, hookErr); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	c.GitLab = config.GitLab{API: t.API(), Git: t.URL() + "/", TokenFile: token, LiftTokenFile: lift, WebhookTokenFiles: []string{hook}}
	return nil
}

func (t *labTown) document(c config.Server) string {
	g := c.GitLab
	return fmt.Sprintf("gitlab: {api: %q, git: %q, token_file: %q, lift_token_file: %q, webhook_token_files: [%q]}\n",
		g.API, g.Git, g.TokenFile, g.LiftTokenFile, g.WebhookTokenFiles[0])
}

func (t *labTown) hookTo(url string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, project := range []string{t.public.Path, t.mirror.Path} {
		id, known := t.hooks[project]
		var err error
		if known {
			err = t.SetHook(project, id, url)
		} else {
			t.hooks[project], err = t.AddHook(project, lab.HookSpec{URL: url, Token: t.secret})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *labTown) introduce(out io.Writer, c config.Server) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "REST API\t%s\n", t.API())
	fmt.Fprintf(w, "token\t%s\n", c.GitLab.TokenFile)
	fmt.Fprintf(w, "lift token\t%s\n", c.GitLab.LiftTokenFile)
	fmt.Fprintf(w, "webhook token\t%s\n", c.GitLab.WebhookTokenFiles[0])
	fmt.Fprintf(w, "report\tcurl -H 'PRIVATE-TOKEN: %s' %sprojects/%s/issues -d 'title=s&description=d&confidential=true'\n",
		t.tokens[reporter], t.API(), strings.ReplaceAll(t.public.Path, "/", "%2F"))
	return w.Flush()
}

func (t *labTown) requests() []sandbox.Request { return t.Requests() }

func (t *labTown) fail(plan func(sandbox.Call) sandbox.Fault) { t.Fail(plan) }

func (t *labTown) failHooks(plan func(sandbox.Delivery) sandbox.HookFault) { t.FailHooks(plan) }

func (t *labTown) ours(by sandbox.TokenScope) bool {
	return by.Actor == labBot || by.Actor == labLifter
}

// publishes tells the one issue that Liftgate opens in public.
func (t *labTown) publishes(r sandbox.Request) bool {
	return r.Route == "POST /api/v4/projects/{id}/issues" && r.Repo == t.public.Path
}

func (t *labTown) cite(iid string) (string, *string) { return t.public.Path + "#" + iid, nil }

func (t *labTown) limited(wait time.Duration) sandbox.Fault {
	seconds := strconv.Itoa(int(wait / time.Second))
	return sandbox.Fault{Refuse: &sandbox.Refusal{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {seconds}}}}
}

func (t *labTown) close() error { return t.Close() }

func (t *labTown) hands(login string) deeds { return t.labHands(login) }

func (t *labTown) labHands(login string) *labHands {
	header := http.Header{"Private-Token": {t.tokens[login]}}
	return &labHands{caller: caller{login: login, api: t.API(), header: header}, town: t}
}
