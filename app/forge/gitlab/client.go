//lint:file-ignore SA1019 The project has settled on this client, which is finished and frozen; its successor is a rewrite.

package gitlab

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	gogitlab "github.com/xanzy/go-gitlab"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Options say where GitLab is and who we are there. Token, Project and Now are needed.
type Options struct {
	API         string                 // base of the REST API; empty: https://gitlab.com/api/v4/
	Git         string                 // base of the git remotes; empty: https://gitlab.com/
	Token       func() ([]byte, error) // asked for every request, so that a new one is in use at once
	LiftToken   func() ([]byte, error) // of the user who moves public branches; nil: the same
	Rotation    *Rotation              // has tokens replaced before they end; nil: people do it
	Project     policy.Project
	ReportLabel string            // only confidential issues with this label are reports; empty: all are
	HTTP        http.RoundTripper // empty: one of its own
	Now         func() time.Time
	Log         *slog.Logger // empty: nothing is logged

	// Gap is the least time between two writes; zero means one second at gitlab.com, which takes sixty notes a minute,
	// and none elsewhere. A negative gap is none.
	Gap time.Duration
	// Pace is shared by projects of the same user, whose requests are counted together; nil: one of its own.
	Pace *wire.Pace
	// Timeout bounds one request; zero means 30 seconds.
	Timeout time.Duration
}

// Forge is one project at GitLab. Its methods may be called concurrently.
type Forge struct {
	project policy.Project
	label   string
	public  place
	mirror  place
	notices place // empty: no notices are published
	wire    *wire.Wire
	now     func() time.Time

	tokens    map[purpose]func() ([]byte, error)
	clients   map[purpose]*gogitlab.Client
	rotation  *Rotation
	self      identities
	bots      bots
	survey    survey
	outsiders outsiders
	rehearsed rehearsed
}

// purpose is why a request is made; it decides with which token.
type purpose string

const (
	asBot    purpose = "everything"
	asLifter purpose = "lift" // reads, and after a lift starts checks in public; what it is for is done by git
)

// place is a project's full path, such as group/sub/name.
type place string

func (p place) path() string { return "projects/" + url.PathEscape(string(p)) }

const (
	defaultAPI = "https://gitlab.com/api/v4/"
	defaultGit = "https://gitlab.com/"
	// paced is the host that takes one note a second.
	paced = "gitlab.com"
)

// New checks the options; it asks GitLab nothing.
func New(o Options) (*Forge, error) {
	line, err := wire.New(wire.Options{
		Forge: "GitLab", API: cmp.Or(o.API, defaultAPI), Git: cmp.Or(o.Git, defaultGit), HTTP: o.HTTP, Now: o.Now, Log: o.Log,
		Timeout: o.Timeout, Gap: o.Gap, Paced: paced, Pace: o.Pace,
	})
	if err != nil {
		return nil, fmt.Errorf("set up GitLab: %w", err)
	}
	if o.Token == nil {
		return nil, errors.New("set up GitLab: no token was given")
	}
	f := &Forge{project: o.Project, label: o.ReportLabel, wire: line, now: line.Now, rotation: o.Rotation}
	f.tokens = map[purpose]func() ([]byte, error){asBot: o.Token, asLifter: o.LiftToken}
	if o.LiftToken == nil {
		f.tokens[asLifter] = o.Token
	}
	if err := f.place(o.Project); err != nil {
		return nil, fmt.Errorf("set up GitLab: %w", err)
	}
	if err := f.connect(); err != nil {
		return nil, fmt.Errorf("set up GitLab: %w", err)
	}
	return f, nil
}

// Close lets go of idle connections. Requests under way go on.
func (f *Forge) Close() { f.wire.Close() }

// place reads the paths of the projects.
func (f *Forge) place(p policy.Project) error {
	var err error
	if f.public, err = placeOf(p.Public); err != nil {
		return fmt.Errorf("public project: %w", err)
	}
	if f.mirror, err = placeOf(p.Mirror); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	if strings.EqualFold(string(f.public), string(f.mirror)) {
		return errors.New("the mirror and the public project are the same")
	}
	if p.Notices == "" {
		return nil
	}
	if f.notices, err = placeOf(p.Notices); err != nil {
		return fmt.Errorf("notices project: %w", err)
	}
	return nil
}

func placeOf(full string) (place, error) {
	parts := strings.Split(full, "/")
	if len(parts) < 2 {
		return "", errors.New("its path is not of the form group/name")
	}
	for _, part := range parts {
		if part == "" || part == "." || part == ".." {
			return "", errors.New("its path is not of the form group/name")
		}
	}
	return place(full), nil
}

// connect makes one client for each purpose; they differ in their token only, which [carrier] puts on.
func (f *Forge) connect() error {
	f.clients = map[purpose]*gogitlab.Client{}
	never := func(context.Context, *http.Response, error) (bool, error) { return false, nil }
	follow := f.wire.FollowReads("the project has moved or was renamed: correct its path in the configuration")
	for as := range f.tokens {
		client, err := gogitlab.NewClient("", gogitlab.WithBaseURL(f.wire.API.String()), gogitlab.WithCustomRetry(never),
			gogitlab.WithCustomLimiter(noLimiter{}),
			gogitlab.WithHTTPClient(&http.Client{Transport: carrier{f, as}, CheckRedirect: follow}))
		if err != nil {
			return errors.New("the API's address is not a URL")
		}
		client.UserAgent = "liftgate"
		f.clients[as] = client
		f.wire.API = client.BaseURL() // with the version, where the operator left it out
	}
	return nil
}

// noLimiter takes the place of go-gitlab's own limiter, which would sleep by the wall clock.
type noLimiter struct{}

func (noLimiter) Wait(context.Context) error { return nil }

// call sends one request and decodes the answer into the value given, if any.
func (f *Forge) call(ctx context.Context, as purpose, method, path string, query url.Values, body, into any) (*gogitlab.Response, error) {
	client := f.clients[as]
	req, err := client.NewRequest(method, path, body, []gogitlab.RequestOptionFunc{gogitlab.WithContext(ctx)})
	if err != nil {
		return nil, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "a request could not be written"}
	}
	req.URL.RawQuery = query.Encode()
	resp, err := client.Do(req, into)
	if err != nil {
		return resp, f.wire.Sorted(method, err)
	}
	return resp, nil
}

// get reads one object.
func (f *Forge) get(ctx context.Context, as purpose, path string, into any) error {
	_, err := f.call(ctx, as, http.MethodGet, path, nil, nil, into)
	return err
}

func (f *Forge) post(ctx context.Context, path string, body, into any) error {
	_, err := f.call(ctx, asBot, http.MethodPost, path, nil, body, into)
	return err
}

func (f *Forge) put(ctx context.Context, path string, body any) error {
	_, err := f.call(ctx, asBot, http.MethodPut, path, nil, body, nil)
	return err
}
