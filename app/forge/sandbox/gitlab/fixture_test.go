package gitlab

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/forge/sandbox/contract"
)

// town is a stand-in with a public project and a few people.
type town struct {
	t      *testing.T
	s      *Server
	tokens map[string]string

	mu     sync.Mutex
	now    time.Time
	wall   time.Time
	public []string // bodies of public writes
}

const shop = "tools/shop"

func newTown(t *testing.T, with ...func(*Options)) *town {
	t.Helper()
	w := &town{t: t, tokens: map[string]string{"": ""},
		now: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC), wall: time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC)}
	opt := Options{Dir: t.TempDir(), Now: w.clock(&w.now), Wall: w.clock(&w.wall),
		OnPublicWrite: func(_ sandbox.Request, body []byte) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.public = append(w.public, string(body))
		}}
	if contract.HasGitLab() {
		seen := contract.GitLab(t)
		opt.Middleware, opt.OnHook = seen.Middleware, seen.Hook
	}
	for _, f := range with {
		f(&opt)
	}
	s, err := Start(t.Context(), opt)
	must(t, err)
	t.Cleanup(func() { must(t, s.Close()) })
	w.s = s
	must(t, s.CreateGroup("tools", "public"))
	_, err = s.CreateProject(ProjectSpec{Path: shop, Visibility: "public"})
	must(t, err)
	for _, name := range []string{"mia", "dev", "rep", "gus", "zoe"} {
		u, err := s.CreateUser(name)
		must(t, err)
		w.tokens[name] = u.Token
	}
	must(t, s.SetMember("tools", "mia", Owner))
	must(t, s.SetMember(shop, "dev", Developer))
	must(t, s.SetMember(shop, "rep", Reporter))
	must(t, s.SetMember(shop, "gus", Guest))
	return w
}

func (w *town) clock(at *time.Time) func() time.Time {
	return func() time.Time {
		w.mu.Lock()
		defer w.mu.Unlock()
		return *at
	}
}

func (w *town) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now, w.wall = w.now.Add(d), w.wall.Add(d)
}

func (w *town) publicWrites() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.public, "\n")
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// answer is one reply, decoded.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	raw    string
	obj    map[string]any
	list   []map[string]any
}

// do sends a request as a person; path is below /api/v4/ and :p stands for the shop.
func (w *town) do(who, method, path string, body any) answer {
	w.t.Helper()
	return w.with(w.tokens[who], method, path, body)
}

func (w *town) with(token, method, path string, body any) answer {
	w.t.Helper()
	var in io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		must(w.t, err)
		in = bytes.NewReader(raw)
	}
	address := w.s.API() + strings.Replace(path, ":p", "projects/"+url.PathEscape(shop), 1)
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, in)
	must(w.t, err)
	if token != "" {
		req.Header.Set("PRIVATE-TOKEN", token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	must(w.t, err)
	defer func() { must(w.t, resp.Body.Close()) }()
	raw, err := io.ReadAll(resp.Body)
	must(w.t, err)
	a := answer{t: w.t, status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if bytes.HasPrefix(raw, []byte("[")) {
		must(w.t, json.Unmarshal(raw, &a.list))
	} else if len(raw) > 0 {
		must(w.t, json.Unmarshal(raw, &a.obj))
	}
	return a
}

// want checks the status and gives the answer on.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

// says checks that the answer contains a text.
func (a answer) says(text string) answer {
	a.t.Helper()
	if !strings.Contains(a.raw, text) {
		a.t.Fatalf("%s\ndoes not say %s", a.raw, text)
	}
	return a
}

func (a answer) number(name string) int64 {
	n, isNumber := a.obj[name].(float64)
	if !isNumber {
		a.t.Fatalf("%s is no number in %s", name, a.raw)
	}
	return int64(n)
}

// file files an issue and gives its iid.
func (w *town) file(who string, o obj) int64 {
	w.t.Helper()
	return w.do(who, "POST", ":p/issues", o).want(http.StatusCreated).number("iid")
}

func issuePath(iid int64, rest string) string { return fmt.Sprintf(":p/issues/%d%s", iid, rest) }

// post is a webhook as it arrived.
type post struct {
	header http.Header
	body   []byte
	obj    map[string]any
}

// ear listens for webhooks and answers as it is told.
type ear struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []post
	status int
}

func newEar(t *testing.T) *ear {
	e := &ear{status: http.StatusOK}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // a cut body fails the test by what is missing
		p := post{header: r.Header, body: body}
		_ = json.Unmarshal(body, &p.obj) // likewise
		e.mu.Lock()
		defer e.mu.Unlock()
		e.posts = append(e.posts, p)
		w.WriteHeader(e.status)
	}))
	t.Cleanup(e.Close)
	return e
}

func (e *ear) answer(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status = status
}

// heard waits until nothing is on its way and gives what came, once.
func (e *ear) heard(w *town) []post {
	w.t.Helper()
	must(w.t, w.s.Idle(w.t.Context()))
	e.mu.Lock()
	defer e.mu.Unlock()
	posts := e.posts
	e.posts = nil
	return posts
}
