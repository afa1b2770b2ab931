package drill

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// person is somebody at the forge, with the hands to do things there and a working copy's name and credential.
type person struct {
	deeds
	login string
	token string
	world *World
}

func basic(user, secret string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))
}

// caller sends requests to the forge's API in somebody's name.
type caller struct {
	login  string
	api    string
	header http.Header // with the credential
}

type object = map[string]any

// call sends one request and decodes the answer into out, which may be nil.
func (c *caller) call(ctx context.Context, method, path string, in, out any) (status int, err error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.api+path, body)
	if err != nil {
		return 0, err
	}
	req.Header = c.header.Clone()
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return resp.StatusCode, err
	}
	if resp.StatusCode >= 300 {
		return resp.StatusCode, fmt.Errorf("%s: %s %s: %s: %s", c.login, method, path, resp.Status, lastLines(string(answer)))
	}
	if out == nil || len(answer) == 0 {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.Unmarshal(answer, out)
}

// clone makes a working copy of the mirror or the public repository.
func (p *person) clone(ctx context.Context, url string) (*clone, error) {
	dir, err := os.MkdirTemp(p.world.Dir, "clone-"+p.login+"-")
	if err != nil {
		return nil, err
	}
	c := &clone{dir: p.world.Dir, author: p.login, token: p.token, now: p.world.Clock.Now}
	if _, err := c.git(ctx, "clone", "-q", url, dir); err != nil {
		return nil, err
	}
	c.dir = dir
	return c, nil
}

// tips reads the branches of a bare repository on disk.
func tips(ctx context.Context, w *World, dir string) (map[string]string, error) {
	c := &clone{dir: dir, author: "liftgate", now: w.Clock.Now}
	out, err := c.git(ctx, "--git-dir="+filepath.ToSlash(dir), "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/")
	found := map[string]string{}
	for line := range strings.Lines(out) {
		ref, sha, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[strings.TrimPrefix(ref, "refs/heads/")] = sha
	}
	return found, err
}
