package backport

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
)

// fetch runs git fetch with exactly these refspecs: no tags, submodules or FETCH_HEAD of its own accord.
func (r *Repo) fetch(ctx context.Context, remote Remote, prune bool, refspecs ...string) error {
	config, err := remote.config(ctx)
	if err != nil {
		return err
	}
	if prune { // the public store, whose graph of commits the embargoed ones read too
		config = append(config, setting{"fetch.writeCommitGraph", "true"})
	}
	args := []string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance", "--refmap=", "--force"}
	if prune {
		args = append(args, "--prune") // not --atomic, which can't replace a branch x/y by a branch x
	}
	args = append(append(args, "--", remote.URL), refspecs...)
	return r.exclusive(ctx, func(held *os.File) error {
		_, _, err := r.git.run(ctx, call{args: args, dir: r.dir, config: config, remote: true, held: held})
		return err
	})
}

// Fetch brings the public store level with the public repository: its branches and tags, no other refs.
func (p *Public) Fetch(ctx context.Context, remote Remote) error {
	same, err := p.level(ctx, remote)
	if err != nil || same {
		return wrap("fetch public repository", err)
	}
	return wrap("fetch public repository", p.fetch(ctx, remote, true, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"))
}

// level reports whether the remote's branches and tags are where they were last fetched. Asking costs less than a fetch of
// nothing, which most are.
func (p *Public) level(ctx context.Context, remote Remote) (bool, error) {
	config, err := remote.config(ctx)
	if err != nil {
		return false, err
	}
	theirs, _, err := p.git.run(ctx, call{args: []string{"ls-remote", "--quiet", "--heads", "--tags", "--refs", "--", remote.URL}, config: config, remote: true})
	if err != nil {
		return false, err
	}
	ours, _, err := p.git.run(ctx, call{args: []string{"for-each-ref", "--format=%(objectname)%09%(refname)", "refs/heads/", "refs/tags/"}, dir: p.dir})
	sort := func(out []byte) []string { return slices.Sorted(strings.Lines(string(out))) }
	return slices.Equal(sort(ours), sort(theirs)), err
}

// Pack joins the small packs and loose objects that many fetches leave. It drops no object, not even one that no branch
// reaches any more, since embargoed stores may build on it, and writes one index of all packs. Once a day is plenty.
func (p *Public) Pack(ctx context.Context) error {
	return wrap("pack public store", p.exclusive(ctx, func(held *os.File) error {
		args := []string{"repack", "--quiet", "-d", "--geometric=2", "--write-midx"}
		_, _, err := p.git.run(ctx, call{args: args, dir: p.dir, held: held, remote: true}) // as slow as a clone, on a large store
		return err
	}))
}

// Branches gives the public branches as last fetched.
func (p *Public) Branches(ctx context.Context) (map[string]SHA, error) {
	out, _, err := p.git.run(ctx, call{args: []string{"for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"}, dir: p.dir})
	if err != nil {
		return nil, fmt.Errorf("list public branches: %w", err)
	}
	found := map[string]SHA{}
	for line := range strings.Lines(string(out)) {
		sha, ref, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		found[strings.TrimPrefix(ref, "refs/heads/")] = SHA(sha)
	}
	return found, nil
}

// FollowState says how a branch of the mirror stands to the public one.
type FollowState string

// The states of a followed branch. The last four need people.
const (
	FollowUpToDate FollowState = "up to date"
	FollowMoved    FollowState = "moved"
	FollowCreated  FollowState = "created"
	FollowMissing  FollowState = "missing in public"
	FollowAhead    FollowState = "mirror has commits that public does not"
	FollowDiverged FollowState = "public was rewound" // the mirror holds a public commit that left the public branch
	FollowRefused  FollowState = "mirror refused the push"
)

// Followed is the result for one branch.
type Followed struct {
	Branch string
	State  FollowState
	Public SHA
	Mirror SHA    // after the push
	Reason Reason // when refused
}

// Follow fetches the public repository, then moves the named branches of the mirror to the public tips. It never forces:
// what the mirror has that public lacks is reported and left alone, and never fetched, for it may be embargoed.
func (p *Public) Follow(ctx context.Context, public, mirror Remote, branches []string) ([]Followed, error) {
	for _, b := range branches {
		if !validBranchRef("refs/heads/" + b) {
			return nil, fmt.Errorf("follow: %w", invalid("not a branch name"))
		}
	}
	if err := p.Fetch(ctx, public); err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	ours, err := p.Branches(ctx)
	if err != nil {
		return nil, fmt.Errorf("follow: %w", err)
	}
	tips, err := p.git.tips(ctx, mirror, "refs/heads/*")
	if err != nil {
		return nil, fmt.Errorf("follow: mirror: %w", err)
	}
	list := make([]Followed, 0, len(branches))
	var moves []RefUpdate
	for _, b := range branches {
		f := Followed{Branch: b, Public: ours[b], Mirror: tips.Branches[b]}
		if f.State, err = p.compare(ctx, f); err != nil {
			return nil, fmt.Errorf("follow: %w", err)
		}
		if f.State == FollowMoved || f.State == FollowCreated {
			moves = append(moves, RefUpdate{Ref: "refs/heads/" + b, Old: f.Mirror, New: f.Public})
		}
		list = append(list, f)
	}
	if len(moves) == 0 {
		return list, nil
	}
	answers, err := p.push(ctx, mirror, moves, pushPlain)
	if err != nil && len(answers) == 0 {
		return nil, fmt.Errorf("follow: mirror: %w", err)
	}
	for i := range list {
		j := slices.IndexFunc(moves, func(m RefUpdate) bool { return m.Ref == "refs/heads/"+list[i].Branch })
		if j < 0 {
			continue
		}
		if a, ok := answers[moves[j].Ref]; ok && a == ReasonNone {
			list[i].Mirror = list[i].Public
		} else {
			list[i].State, list[i].Reason = FollowRefused, a
		}
	}
	return list, nil
}

func (p *Public) compare(ctx context.Context, f Followed) (FollowState, error) {
	switch {
	case f.Public == "":
		return FollowMissing, nil
	case f.Mirror == "":
		return FollowCreated, nil
	case f.Mirror == f.Public:
		return FollowUpToDate, nil
	}
	known, err := p.Has(ctx, f.Mirror)
	if err != nil {
		return "", err
	}
	if !known {
		return FollowAhead, nil
	}
	behind, err := p.Ancestor(ctx, f.Mirror, f.Public)
	if err != nil {
		return "", err
	}
	if behind {
		return FollowMoved, nil
	}
	return FollowDiverged, nil
}

// FetchFix brings one commit of the mirror, and what it builds on, into the store, and nothing else of the mirror. What
// is a full SHA, or a full ref name; the result is the SHA. A commit that was fetched before costs no network.
func (e *Embargoed) FetchFix(ctx context.Context, remote Remote, what string) (SHA, error) {
	sha := SHA(what)
	if !sha.Valid() {
		if !validRef(what) {
			return "", fmt.Errorf("fetch fix: %w", invalid("neither a full SHA nor a full ref name"))
		}
		tips, err := e.git.lookUp(ctx, remote, what)
		if err != nil {
			return "", fmt.Errorf("fetch fix: %w", err)
		}
		sha = tips
	}
	if e.fetched(ctx, sha) {
		return sha, nil
	}
	if err := e.fetch(ctx, remote, false, string(sha)+":"+fixRef(sha)); err != nil {
		return "", fmt.Errorf("fetch fix: %w", err)
	}
	return sha, nil
}

// fixRef keeps a fetched commit reachable, which tells the next fetch what is here already.
func fixRef(sha SHA) string { return "refs/liftgate/fix/" + string(sha) }

// fetched reports whether a commit came by a fetch that ended: then all that it builds on is here too.
func (e *Embargoed) fetched(ctx context.Context, sha SHA) bool {
	_, _, err := e.git.run(ctx, call{args: []string{"rev-parse", "--quiet", "--verify", "--end-of-options", fixRef(sha) + "^{commit}"}, dir: e.dir})
	return err == nil // any doubt means a fetch, which is always right
}

// lookUp gives what one ref of a remote points to, of any namespace: pull requests' heads are not branches.
func (g *git) lookUp(ctx context.Context, remote Remote, ref string) (SHA, error) {
	config, err := remote.config(ctx)
	if err != nil {
		return "", err
	}
	out, _, err := g.run(ctx, call{args: []string{"ls-remote", "--quiet", "--", remote.URL, ref}, config: config, remote: true})
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(string(out)) {
		hex, name, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if sha := SHA(hex); name == ref && sha.Valid() {
			return sha, nil
		}
	}
	return "", ErrNotFound
}
