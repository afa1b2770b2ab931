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

// person is somebody at the forge. What a person does goes through the same API as everybody's.
type person struct {
	login string
	token string
	world *World
}

func basic(user, secret string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))
}

// call sends one request and decodes the answer into out, which may be nil.
func (p *person) call(ctx context.Context, method, path string, in, out any) (status int, err error) {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return 0, err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, p.world.Sandbox.API()+path, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "token "+p.token)
	req.Header.Set("Accept", "application/vnd.github+json")
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
		return resp.StatusCode, fmt.Errorf("%s: %s %s: %s: %s", p.login, method, path, resp.Status, lastLines(string(answer)))
	}
	if out == nil || len(answer) == 0 {
		return resp.StatusCode, nil
	}
	return resp.StatusCode, json.Unmarshal(answer, out)
}

type object = map[string]any

func (p *person) mirror(path string) string { return "repos/" + p.world.Mirror.FullName + path }
func (p *person) public(path string) string { return "repos/" + p.world.Public.FullName + path }

// report sends a private vulnerability report and returns its reference.
func (p *person) report(ctx context.Context, summary, description string) (ghsa string, err error) {
	var answer struct {
		GHSA string `json:"ghsa_id"`
	}
	_, err = p.call(ctx, http.MethodPost, p.public("/security-advisories/reports"), object{
		"summary": summary, "description": description, "severity": "high",
		"vulnerabilities": []object{{
			"package": object{"ecosystem": "other", "name": "tinyserve"}, "vulnerable_version_range": "<= 1.2.0", "patched_versions": "1.2.1",
		}},
	}, &answer)
	return answer.GHSA, err
}

func (p *person) comment(ctx context.Context, issue int, body string) error {
	_, err := p.call(ctx, http.MethodPost, p.mirror(fmt.Sprintf("/issues/%d/comments", issue)), object{"body": body}, nil)
	return err
}

func (p *person) label(ctx context.Context, issue int, label string) error {
	_, err := p.call(ctx, http.MethodPost, p.mirror(fmt.Sprintf("/issues/%d/labels", issue)), object{"labels": []string{label}}, nil)
	return err
}

// openPull opens a pull request in the mirror.
func (p *person) openPull(ctx context.Context, title, head, base string) (number int, err error) {
	var answer pull
	_, err = p.call(ctx, http.MethodPost, p.mirror("/pulls"), object{"title": title, "head": head, "base": base, "body": ""}, &answer)
	return answer.Number, err
}

// pull is what people see of a pull request.
type pull struct {
	Number int    `json:"number"`
	State  string `json:"state"`
	Merged bool   `json:"merged"`
	Head   struct {
		Ref string `json:"ref"`
		SHA string `json:"sha"`
	} `json:"head"`
	Base struct {
		Ref string `json:"ref"`
	} `json:"base"`
}

func (p *person) pulls(ctx context.Context) ([]pull, error) {
	var all []pull
	_, err := p.call(ctx, http.MethodGet, p.mirror("/pulls?state=all&per_page=100"), nil, &all)
	return all, err
}

func (p *person) approve(ctx context.Context, number int, head string) error {
	_, err := p.call(ctx, http.MethodPost, p.mirror(fmt.Sprintf("/pulls/%d/reviews", number)), object{"event": "APPROVE", "commit_id": head}, nil)
	return err
}

// merge tries to merge and returns the status of the answer.
func (p *person) merge(ctx context.Context, number int) (status int) {
	status, _ = p.call(ctx, http.MethodPut, p.mirror(fmt.Sprintf("/pulls/%d/merge", number)), object{"merge_method": "merge"}, nil) // a refusal is what the caller looks for
	return status
}

// green reports a passed check on a commit of the mirror, as its CI does.
func (p *person) green(ctx context.Context, sha string) error {
	_, err := p.call(ctx, http.MethodPost, p.mirror("/statuses/"+sha), object{"state": "success", "context": "ci/build"}, nil)
	return err
}

type comment struct {
	ID   int64  `json:"id"`
	Body string `json:"body"`
	User struct {
		Login string `json:"login"`
	} `json:"user"`
}

func (p *person) comments(ctx context.Context, issue int) ([]comment, error) {
	var all []comment
	_, err := p.call(ctx, http.MethodGet, p.mirror(fmt.Sprintf("/issues/%d/comments?per_page=100", issue)), nil, &all)
	return all, err
}

// desk finds the tracking issue by its opaque title.
func (p *person) desks(ctx context.Context) (numbers []int, titles []string, err error) {
	var all []struct {
		Number int            `json:"number"`
		Title  string         `json:"title"`
		Pull   map[string]any `json:"pull_request"`
	}
	_, err = p.call(ctx, http.MethodGet, p.mirror("/issues?state=all&per_page=100"), nil, &all)
	for _, issue := range all {
		if issue.Pull == nil {
			numbers, titles = append(numbers, issue.Number), append(titles, issue.Title)
		}
	}
	return numbers, titles, err
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
