package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/backport"
)

// clone is the folder of a local repository. It is asked for names only: nothing in it changes, and what git prints about
// an error is not passed on.
type clone string

func findClone(ctx context.Context, path string) (clone, error) {
	out, err := gitIn(ctx, path, "rev-parse", "--path-format=absolute", "--show-object-format", "--git-common-dir")
	if err != nil {
		return "", fmt.Errorf("%s is no git repository that can be read here; name a local clone with --repo", oneLine(path))
	}
	format, dir, _ := strings.Cut(out, "\n")
	if format != "sha1" {
		return "", errors.New("the clone names its objects by SHA-256, which is not supported; name another one with --repo")
	}
	return clone(dir), nil
}

// borrow gives a temporary store that sees the clone's objects. What goes on there leaves the clone as it is.
func (r clone) borrow(ctx context.Context, use func(*backport.Embargoed) error) error {
	dir, err := os.MkdirTemp("", "liftgate-clone-")
	if err != nil {
		return fmt.Errorf("make temporary store: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // leftovers in the system's temporary folder harm nobody
	stores, err := backport.Open(ctx, dir)
	if err != nil {
		return err
	}
	own, err := stores.Borrowing(ctx, "local/clone", "work", string(r))
	if err != nil {
		return err
	}
	own, end := own.Keeping(ctx)
	defer end()
	return incomplete(use(own))
}

// incomplete adds to an error about what is not in the clone why that may be.
func incomplete(err error) error {
	if backport.KindOf(err) != backport.ErrNoObject {
		return err
	}
	return fmt.Errorf("%w: a partial clone gets all of it with git fetch --refetch --no-filter", err)
}

// commit resolves a name. Full names of branches go first, so that a tag of the same name is no surprise.
func (r clone) commit(ctx context.Context, name string) (backport.SHA, error) {
	for _, candidate := range []string{"refs/heads/" + name, name} {
		out, err := gitIn(ctx, string(r), "rev-parse", "--verify", "--quiet", "--end-of-options", candidate+"^{commit}")
		if sha := backport.SHA(out); err == nil && sha.Valid() {
			return sha, nil
		}
	}
	return "", fmt.Errorf("the clone has no commit %q; if it is elsewhere, fetch it first", oneLine(name))
}

// commits resolves a name, or the commits of a range, oldest first.
func (r clone) commits(ctx context.Context, name string) ([]backport.SHA, error) {
	if !strings.Contains(name, "..") {
		sha, err := r.commit(ctx, name)
		return []backport.SHA{sha}, err
	}
	out, err := gitIn(ctx, string(r), "rev-list", "--reverse", "--topo-order", "--first-parent", fmt.Sprintf("--max-count=%d", maxRange+1), "--end-of-options", name)
	if err != nil || out == "" {
		return nil, fmt.Errorf("the range %q names no commits of the clone", oneLine(name))
	}
	var shas []backport.SHA
	for line := range strings.Lines(out) {
		shas = append(shas, backport.SHA(strings.TrimSpace(line)))
	}
	if len(shas) > maxRange {
		return nil, fmt.Errorf("the range %q has more than %d commits; name a shorter one", oneLine(name), maxRange)
	}
	return shas, nil
}

// committer is whom git would name in this clone.
func (r clone) committer(ctx context.Context) backport.Identity {
	out, err := gitIn(ctx, string(r), "var", "GIT_COMMITTER_IDENT")
	name, rest, found := strings.Cut(out, " <")
	email, _, closed := strings.Cut(rest, ">")
	if err != nil || !found || !closed { // git knows nobody
		return backport.Identity{Name: "Liftgate", Email: "liftgate@localhost"}
	}
	return backport.Identity{Name: name, Email: email}
}

// Bounds of a question to the clone: names and lists of names.
const (
	cloneLimit = time.Minute
	maxNames   = 1 << 20
	maxRange   = 2000 // commits: a fix that has more is no fix
)

// gitIn runs a reading command of git. The clone's own configuration is read, for it says who commits; a clone that somebody
// else made can set there what git would run to fetch a missing object, so that no protocol is allowed. Names are those of the
// history as it is, replaced and grafted by nobody: so is what is picked.
func gitIn(ctx context.Context, dir string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, cloneLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "git", append([]string{"-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), pointsElsewhere), "GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none",
		"GIT_NO_REPLACE_OBJECTS=1", "GIT_GRAFT_FILE="+os.DevNull, "GIT_TERMINAL_PROMPT=0", "LC_ALL=C")
	cmd.WaitDelay = time.Second
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	out, err := io.ReadAll(io.LimitReader(pipe, maxNames+1))
	if len(out) > maxNames {
		cancel()
		err = errors.New("more names than can be taken")
	}
	return strings.TrimRight(string(out), "\r\n"), errors.Join(cmd.Wait(), err)
}

// pointsElsewhere finds the variables that would send git to another repository, as they are set within a hook.
func pointsElsewhere(variable string) bool {
	name, _, _ := strings.Cut(variable, "=")
	return slices.Contains([]string{"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY",
		"GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE", "GIT_PREFIX"}, name)
}
