package github

import (
	"cmp"
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v4"
	"github.com/google/go-github/v62/github"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// AppCredentials name one GitHub App.
type AppCredentials struct {
	AppID int64
	Key   []byte // PEM
}

// Options say where GitHub is and who we are there. AppID, Key, Project and Now are needed.
type Options struct {
	AppID   int64
	Key     []byte          // PEM
	Lifter  *AppCredentials // the App that moves public branches; nil: the same one
	API     string          // base of the REST API; empty: https://api.github.com/
	Git     string          // base of the git remotes; empty: https://github.com/
	Project policy.Project
	HTTP    http.RoundTripper // empty: one of its own
	Now     func() time.Time
	Log     *slog.Logger // empty: nothing is logged

	// Gap is the least time between two writes; zero means one second at api.github.com, which asks for it, and none
	// elsewhere. A negative gap is none.
	Gap time.Duration
	// Pace is shared by projects in the same installation, whose requests are counted together; nil: one of its own.
	Pace *wire.Pace
	// Timeout bounds one request; zero means 30 seconds.
	Timeout time.Duration
}

// Forge is one project at GitHub. Its methods may be called concurrently.
type Forge struct {
	project policy.Project
	public  repo
	mirror  repo
	notices repo // empty: no notices are published
	wire    *wire.Wire
	now     func() time.Time

	app, lifter app
	clients     map[purpose]*github.Client
	tokens      map[purpose]*tokenSlot
	seen        *etags
}

// app is one set of credentials, its key parsed once.
type app struct {
	id  int64
	key *rsa.PrivateKey
}

// repo is a repository's full name, split.
type repo struct{ owner, name string }

func (r repo) path() string { return "repos/" + url.PathEscape(r.owner) + "/" + url.PathEscape(r.name) }

func (r repo) full() string { return r.owner + "/" + r.name }

const (
	defaultAPI = "https://api.github.com/"
	defaultGit = "https://github.com/"
	// paced is the host that asks for a second between two writes.
	paced = "api.github.com"
)

// New checks the options; it asks GitHub nothing.
func New(o Options) (*Forge, error) {
	line, err := wire.New(wire.Options{
		Forge: "GitHub", API: cmp.Or(o.API, defaultAPI), Git: cmp.Or(o.Git, defaultGit), HTTP: o.HTTP, Now: o.Now, Log: o.Log,
		Timeout: o.Timeout, Gap: o.Gap, Paced: paced, Pace: o.Pace,
	})
	if err != nil {
		return nil, fmt.Errorf("set up GitHub: %w", err)
	}
	f := &Forge{project: o.Project, wire: line, now: line.Now, seen: newETags(maxCached)}
	if err := f.place(o.Project); err != nil {
		return nil, fmt.Errorf("set up GitHub: %w", err)
	}
	if err := f.identify(o); err != nil {
		return nil, fmt.Errorf("set up GitHub: %w", err)
	}
	f.connect()
	return f, nil
}

// Close lets go of idle connections. Requests under way go on.
func (f *Forge) Close() { f.wire.Close() }

// place reads the names of the repositories.
func (f *Forge) place(p policy.Project) error {
	var err error
	if f.public, err = splitRepo(p.Public); err != nil {
		return fmt.Errorf("public repository: %w", err)
	}
	if f.mirror, err = splitRepo(p.Mirror); err != nil {
		return fmt.Errorf("mirror: %w", err)
	}
	if strings.EqualFold(f.public.full(), f.mirror.full()) {
		return errors.New("the mirror and the public repository are the same")
	}
	if p.Notices == "" {
		return nil
	}
	if f.notices, err = splitRepo(p.Notices); err != nil {
		return fmt.Errorf("notices repository: %w", err)
	}
	return nil
}

func (f *Forge) identify(o Options) error {
	var err error
	if f.app, err = newApp(o.AppID, o.Key); err != nil {
		return fmt.Errorf("the App's credentials: %w", err)
	}
	f.lifter = f.app
	if o.Lifter != nil {
		if f.lifter, err = newApp(o.Lifter.AppID, o.Lifter.Key); err != nil {
			return fmt.Errorf("the lifting App's credentials: %w", err)
		}
	}
	return nil
}

func newApp(id int64, pem []byte) (app, error) {
	if id == 0 {
		return app{}, errors.New("no App id was given")
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return app{}, errors.New("the key is not an RSA private key in PEM") // the parser's own words could show the file
	}
	return app{id: id, key: key}, nil
}

// connect makes one client for each purpose; they differ in their token only.
func (f *Forge) connect() {
	f.clients = map[purpose]*github.Client{}
	f.tokens = map[purpose]*tokenSlot{}
	follow := f.wire.FollowReads("the repository has moved or was renamed: correct its name in the configuration")
	for _, as := range purposes() {
		client := github.NewClient(&http.Client{Transport: carrier{f, as}, CheckRedirect: follow})
		client.BaseURL = f.wire.API
		client.UserAgent = "liftgate"
		f.clients[as] = client
		f.tokens[as] = &tokenSlot{}
	}
}

// tokenSlot keeps one purpose's token. Its lock is held while minting, so that a burst of reads mints once.
type tokenSlot struct {
	sync.Mutex
	token token
}

func splitRepo(full string) (repo, error) {
	owner, name, ok := strings.Cut(full, "/")
	if !ok || owner == "" || name == "" || strings.Contains(name, "/") {
		return repo{}, errors.New("its name is not of the form owner/name")
	}
	return repo{owner, name}, nil
}

// call sends one request and decodes the answer into the value given, if any. A body of null leaves it as it was.
func (f *Forge) call(ctx context.Context, as purpose, method, path string, body, into any) (*github.Response, error) {
	client := f.clients[as]
	req, err := client.NewRequest(method, path, body)
	if err != nil {
		return nil, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "a request could not be written"}
	}
	resp, err := client.Do(ctx, req, into)
	var accepted *github.AcceptedError
	if errors.As(err, &accepted) { // 202 is a success that go-github reports as an error
		return resp, decode(accepted.Raw, into)
	}
	if err != nil {
		return resp, f.wire.Sorted(method, err)
	}
	return resp, nil
}

// get reads one object.
func (f *Forge) get(ctx context.Context, as purpose, path string, into any) error {
	_, err := f.call(ctx, as, http.MethodGet, path, nil, into)
	return err
}

// pages reads a list to its end, whichever of GitHub's three ways of paging it has.
func pages[P any](ctx context.Context, f *Forge, as purpose, path string, query url.Values, each func(P) (more bool)) error {
	return wire.Pages(f.wire, query, func(q url.Values, page *P) (url.Values, error) {
		resp, err := f.call(ctx, as, http.MethodGet, path+"?"+q.Encode(), nil, page)
		if err != nil {
			return nil, err
		}
		switch {
		case resp.NextPage != 0:
			q.Set("page", strconv.Itoa(resp.NextPage))
		case resp.After != "":
			q.Set("after", resp.After)
		case resp.Cursor != "":
			q.Set("cursor", resp.Cursor)
		default:
			return nil, nil
		}
		return q, nil
	}, each)
}

// every reads a whole list of objects.
func every[T any](ctx context.Context, f *Forge, as purpose, path string, query url.Values) ([]T, error) {
	var all []T
	err := pages(ctx, f, as, path, query, func(page []T) bool {
		all = append(all, page...)
		return true
	})
	return all, err
}
