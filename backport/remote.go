package backport

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
)

// Remote is a repository elsewhere. The URL is http, https or file, without a credential in it.
type Remote struct {
	URL string
	// Auth gives the credential for one call, nil for none. Secrets reach git through its environment only.
	Auth func(ctx context.Context) (user, secret string, err error)
	// Silent is for a clone on this machine: a push runs neither its hooks nor what else its configuration may name.
	Silent bool
}

// receiver is the program at the other end of a push to a silent remote.
const receiver = "git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c core.alternateRefsCommand=true -c receive.autoGC=false receive-pack"

// config checks the URL and gives git's configuration for talking to it: which protocol, and the credential, bound to
// the server's address so that it can't follow a redirection elsewhere.
func (r Remote) config(ctx context.Context) ([]setting, error) {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil, invalid("not a URL") // the parser's error would quote it
	}
	switch {
	case u.User != nil:
		return nil, invalid("a remote's URL must not hold a credential")
	case u.RawQuery != "" || u.Fragment != "" || u.Opaque != "":
		return nil, invalid("a remote's URL is scheme, host and path only")
	case u.Scheme == "file":
		return []setting{{"protocol.file.allow", "always"}}, nil
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, invalid("a remote's URL begins with https://, http:// or file://")
	}
	if r.Auth == nil {
		return nil, nil
	}
	user, secret, err := r.Auth(ctx)
	if err != nil {
		return nil, fmt.Errorf("get credential: %w", err)
	}
	basic := base64.StdEncoding.EncodeToString([]byte(user + ":" + secret))
	return []setting{{"http." + u.Scheme + "://" + u.Host + "/.extraHeader", "Authorization: Basic " + basic}}, nil
}

// Tips is what a remote's refs point to, by name without refs/heads/ or refs/tags/.
type Tips struct {
	Branches map[string]SHA
	Tags     map[string]SHA // an annotated tag's commit
}

// Tips reads the remote's refs without fetching anything. Patterns are full ref names, or prefixes that end in /*;
// none means all branches and tags.
func (s *Stores) Tips(ctx context.Context, remote Remote, patterns ...string) (Tips, error) {
	return s.git.tips(ctx, remote, patterns...)
}

func (g *git) tips(ctx context.Context, remote Remote, patterns ...string) (Tips, error) {
	if len(patterns) == 0 {
		patterns = []string{"refs/heads/*", "refs/tags/*"}
	}
	for _, p := range patterns {
		if !validRef(strings.TrimSuffix(p, "/*")) {
			return Tips{}, fmt.Errorf("read remote refs: %w", invalid("not a ref name"))
		}
	}
	config, err := remote.config(ctx)
	if err != nil {
		return Tips{}, fmt.Errorf("read remote refs: %w", err)
	}
	args := append([]string{"ls-remote", "--quiet", "--", remote.URL}, patterns...)
	out, _, err := g.run(ctx, call{args: args, config: config, remote: true})
	if err != nil {
		return Tips{}, fmt.Errorf("read remote refs: %w", err)
	}
	return parseTips(out, patterns)
}

func parseTips(out []byte, patterns []string) (Tips, error) {
	t := Tips{Branches: map[string]SHA{}, Tags: map[string]SHA{}}
	for line := range bytes.Lines(out) {
		hex, ref, ok := strings.Cut(strings.TrimSuffix(string(line), "\n"), "\t")
		if !ok {
			return Tips{}, fmt.Errorf("read remote refs: %w", ErrGit)
		}
		sha := SHA(hex)
		if !sha.Valid() {
			return Tips{}, fmt.Errorf("read remote refs: %w", ErrUnsupported)
		}
		peeled := strings.HasSuffix(ref, "^{}")
		ref = strings.TrimSuffix(ref, "^{}")
		if !matches(ref, patterns) {
			continue // git matches patterns at the end of a name: refs/heads/a/refs/heads/x would be in
		}
		if name, ok := strings.CutPrefix(ref, "refs/heads/"); ok && !peeled {
			t.Branches[name] = sha
		} else if name, ok := strings.CutPrefix(ref, "refs/tags/"); ok {
			t.Tags[name] = sha // the peeled line follows the tag's own
		}
	}
	return t, nil
}

func matches(ref string, patterns []string) bool {
	for _, p := range patterns {
		if prefix, ok := strings.CutSuffix(p, "*"); ok && strings.HasPrefix(ref, prefix) || ref == p {
			return true
		}
	}
	return false
}

// validRef is git's check-ref-format for full names, so that nothing that looks like an option, a range or a glob is
// ever taken for a ref.
func validRef(ref string) bool {
	if !strings.HasPrefix(ref, "refs/") || len(ref) > 1024 || strings.HasSuffix(ref, "/") || strings.HasSuffix(ref, ".") {
		return false
	}
	if strings.Contains(ref, "..") || strings.Contains(ref, "@{") || strings.ContainsAny(ref, " ~^:?*[\\\x7f") {
		return false
	}
	for seg := range strings.SplitSeq(ref, "/") {
		if seg == "" || strings.HasPrefix(seg, ".") || strings.HasSuffix(seg, ".lock") {
			return false
		}
	}
	for i := range len(ref) {
		if ref[i] < 0x20 {
			return false
		}
	}
	return true
}

// validBranchRef allows refs/heads/ and a name that git would accept for a branch: no leading dash, and not HEAD.
func validBranchRef(ref string) bool {
	name, ok := strings.CutPrefix(ref, "refs/heads/")
	return ok && validRef(ref) && !strings.HasPrefix(name, "-") && name != "HEAD"
}
