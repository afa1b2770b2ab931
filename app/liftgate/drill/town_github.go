package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
	"github.com/liftgate/liftgate/app/liftgate/config"
)

// hubTown is GitHub: an organization with the two repositories, and an App that is installed on both.
type hubTown struct {
	*hub.Server
	app            hub.App
	public, mirror hub.Repo
	notices        hub.Repo // only where notices are published
	tokens         map[string]string
	secret         string // of the webhook
}

func newHubTown(ctx context.Context, s Setting, clock *Clock) (*hubTown, error) {
	server, err := hub.Start(ctx, hub.Options{
		Dir: filepath.Join(s.Dir, "forge"), Listen: s.Listen, Now: clock.Now, Wall: s.Wall, RequestLog: s.RequestLog,
		Middleware: s.Watch.Exchange, OnHook: s.Watch.Hook, OnPublicWrite: s.Watch.PublicWrite, HookTimeout: s.Watch.HookTimeout,
	})
	if err != nil {
		return nil, err
	}
	t := &hubTown{Server: server, tokens: map[string]string{}, secret: randomSecret()}
	if err := t.populate(s); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *hubTown) populate(s Setting) (err error) {
	if err := t.CreateOrg("tiny", "team"); err != nil {
		return err
	}
	for _, login := range everybody() {
		user, err := t.CreateUser(login)
		if err != nil {
			return err
		}
		t.tokens[login] = user.Token
	}
	if t.public, err = t.CreateRepo(hub.RepoSpec{Owner: "tiny", Name: "tinyserve", DefaultBranch: s.main(), Reporting: true}); err != nil {
		return err
	}
	if t.mirror, err = t.CreateRepo(hub.RepoSpec{Owner: "tiny", Name: "tinyserve-security", DefaultBranch: s.main(), Private: true}); err != nil {
		return err
	}
	if s.Publishing {
		if t.notices, err = t.CreateRepo(hub.RepoSpec{Owner: "tiny", Name: "security-notices", DefaultBranch: "main"}); err != nil {
			return err
		}
	}
	return t.permit(s)
}

// permit gives people and the App what they need, and nothing more.
func (t *hubTown) permit(s Setting) (err error) {
	roles := map[string]hub.Role{
		maintainer: hub.RoleMaintain, manager: hub.RoleMaintain, developer: hub.RoleWrite, reviewer: hub.RoleWrite,
		allocator: hub.RoleWrite, ci: hub.RoleWrite,
	}
	for login, role := range roles {
		if err := t.SetPermission(t.mirror.FullName, login, role); err != nil {
			return err
		}
	}
	if err := t.SetPermission(t.public.FullName, maintainer, hub.RoleAdmin); err != nil {
		return err
	}
	if t.app, err = t.CreateApp(hub.AppSpec{
		Slug: "liftgate", Owner: "tiny", HookSecret: t.secret, Key: s.AppKey,
		Permissions: map[string]string{
			"metadata": "read", "repository_advisories": "write", "contents": "write", "pull_requests": "write", "checks": "write",
			"statuses": "write", "issues": "write", "workflows": "write", "administration": "read",
		},
		Events: []string{
			"repository_advisory", "pull_request", "pull_request_review", "push", "check_run", "check_suite", "issues", "issue_comment",
			"repository", "public", "create", "delete", "status",
		},
	}); err != nil {
		return err
	}
	installed := []string{t.public.FullName, t.mirror.FullName}
	if s.Publishing {
		installed = append(installed, t.notices.FullName)
	}
	_, err = t.Install(t.app.ID, "tiny", installed, nil)
	return err
}

func (t *hubTown) repos() (public, mirror, notices Repo) {
	return hubRepo(t.public), hubRepo(t.mirror), hubRepo(t.notices)
}

func hubRepo(r hub.Repo) Repo { return Repo{FullName: r.FullName, Dir: r.Dir, CloneURL: r.CloneURL} }

func (t *hubTown) token(login string) string { return t.tokens[login] }

// adminRole is GitHub's number for the owners of a repository.
const adminRole = 5

func (t *hubTown) protect(branches []string) error {
	_, err := t.AddRuleset(t.public.FullName, hub.Ruleset{
		Name: "maintained", Include: branchRefs(branches),
		Rules:  []hub.Rule{{Type: "deletion"}, {Type: "non_fast_forward"}, hub.PullRequestRequired()},
		Bypass: []hub.Bypass{{ActorID: t.app.ID, ActorType: "Integration"}, {ActorID: adminRole, ActorType: "RepositoryRole"}},
	})
	return err
}

func (t *hubTown) wantHold(branches []string) error {
	_, err := t.AddRuleset(t.mirror.FullName, hub.Ruleset{
		Name: "held", Include: branchRefs(branches),
		Rules:  []hub.Rule{hub.RequiredChecks(map[string]int64{"liftgate/hold": t.app.ID})},
		Bypass: []hub.Bypass{{ActorID: t.app.ID, ActorType: "Integration"}},
	})
	return err
}

func (t *hubTown) freeze(branches ...string) (thaw func() error, err error) {
	id, err := t.AddRuleset(t.public.FullName, hub.Ruleset{
		Name: "frozen", Include: branchRefs(branches), Rules: []hub.Rule{hub.PullRequestRequired()},
	})
	return func() error { return t.RemoveRuleset(t.public.FullName, id) }, err
}

func branchRefs(branches []string) []string {
	refs := make([]string, len(branches))
	for i, b := range branches {
		refs[i] = "refs/heads/" + b
	}
	return refs
}

func (t *hubTown) expose(public bool) error { return t.SetPrivate(t.mirror.FullName, !public, manager) }

func (t *hubTown) importGit(repo Repo, from string, refspecs ...string) error {
	return t.ImportGit(repo.FullName, from, refspecs...)
}

func (t *hubTown) equip(data string, c *config.Server) error {
	key, secret := filepath.Join(data, "app.pem"), filepath.Join(data, "webhook.secret")
	if err := errors.Join(os.WriteFile(key, t.app.PEM, 0o600), os.WriteFile(secret, []byte(t.secret), 0o600)); err != nil {
		return fmt.Errorf("write secrets: %w", err)
	}
	c.GitHub.AppID, c.GitHub.PrivateKeyFile, c.GitHub.WebhookSecretFiles = t.app.ID, key, []string{secret}
	c.GitHub.API, c.GitHub.Git = t.API(), t.URL()+"/"
	return nil
}

func (t *hubTown) document(c config.Server) string {
	g := c.GitHub
	return fmt.Sprintf("github: {app_id: %d, private_key_file: %q, webhook_secret_files: [%q], api: %q, git: %q}\n",
		g.AppID, g.PrivateKeyFile, g.WebhookSecretFiles[0], g.API, g.Git)
}

func (t *hubTown) hookTo(url string) error {
	return t.SetHook(t.app.ID, url, t.secret)
}

func (t *hubTown) introduce(out io.Writer, c config.Server) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "REST API\t%s\n", t.API())
	fmt.Fprintf(w, "App\tid %d, slug %s\n", t.app.ID, t.app.Slug)
	fmt.Fprintf(w, "App key\t%s\n", c.GitHub.PrivateKeyFile)
	fmt.Fprintf(w, "webhook secret\t%s\n", c.GitHub.WebhookSecretFiles[0])
	fmt.Fprintf(w, "report\tcurl -u reporter:%s %srepos/%s/security-advisories/reports -d '{\"summary\":\"s\",\"description\":\"d\",\"severity\":\"high\"}'\n",
		t.tokens[reporter], t.API(), t.public.FullName)
	return w.Flush()
}

func (t *hubTown) requests() []sandbox.Request { return t.Requests() }

func (t *hubTown) fail(plan func(sandbox.Call) sandbox.Fault) { t.Fail(plan) }

func (t *hubTown) failHooks(plan func(sandbox.Delivery) sandbox.HookFault) { t.FailHooks(plan) }

func (t *hubTown) ours(by sandbox.TokenScope) bool {
	return by.Kind == "installation" || by.Kind == "app"
}

func (t *hubTown) publishes(r sandbox.Request) bool {
	return r.Method == http.MethodPatch && strings.Contains(r.Path, "/security-advisories/")
}

func (t *hubTown) cite(ghsa string) (string, *string) { return ghsa, &ghsa }

func (t *hubTown) limited(wait time.Duration) sandbox.Fault { return hub.SecondaryLimit(wait) }

func (t *hubTown) close() error { return t.Close() }

func (t *hubTown) hands(login string) deeds {
	header := http.Header{"Authorization": {"token " + t.tokens[login]}, "Accept": {"application/vnd.github+json"}}
	return &hubHands{caller: caller{login: login, api: t.API(), header: header}, town: t}
}
