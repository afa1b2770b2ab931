package sandbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Zero is the hash of nothing: the absent side of a [RefChange].
const Zero = "0000000000000000000000000000000000000000"

// OrZero gives the hash of nothing for no hash.
func OrZero(sha string) string {
	if sha == "" {
		return Zero
	}
	return sha
}

// Depot is the folder in which a stand-in keeps its bare repositories.
type Depot struct {
	Dir         string           // the repositories go to Dir/repos/PATH.git
	Name, Email string           // whose commits the forge's own are
	Hidden      string           // where the forge keeps refs of its own, which nobody may push: refs/pull
	Now         func() time.Time // stamps the forge's own commits
}

// env keeps the person's own git configuration out of the pretended server.
func (d *Depot) env() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + d.Dir, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_COMMITTER_NAME=" + d.Name, "GIT_COMMITTER_EMAIL=" + d.Email,
		"GIT_AUTHOR_NAME=" + d.Name, "GIT_AUTHOR_EMAIL=" + d.Email,
	}
}

// bareConfig makes a repository serve and accept what a forge's would. Forges give out any object by its hash,
// reachable or not: a test that leaks an object under no name at all must be able to notice.
const bareConfig = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = false
[http]
	receivepack = true
[receive]
	hideRefs = %s
	advertisePushOptions = true
	autogc = false
	denyDeleteCurrent = refuse
[gc]
	auto = 0
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
`

// Create makes an empty repository whose HEAD is a branch yet to come. The end of ctx ends every git run in it.
func (d *Depot) Create(ctx context.Context, path, branch string) (*Bare, error) {
	b := &Bare{Dir: filepath.Join(d.Dir, "repos", filepath.FromSlash(path)+".git"), depot: d, ctx: ctx,
		commits: map[string]*Commit{}, kinds: map[string]string{}}
	if _, err := os.Stat(b.Dir); err == nil {
		return nil, fmt.Errorf("create repository: %s is there already", b.Dir)
	}
	if err := os.MkdirAll(b.Dir, 0o755); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	if _, err := b.Run("init", "--quiet", "--bare", "--template=", "--initial-branch="+branch, b.Dir); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	// Written whole: eight runs of git config would be most of the time that a test spends setting up.
	if err := os.WriteFile(filepath.Join(b.Dir, "config"), fmt.Appendf(nil, bareConfig, d.Hidden), 0o644); err != nil {
		return nil, fmt.Errorf("create repository: %w", err)
	}
	return b, nil
}

// Bare is one bare repository. Its methods are safe for concurrent use with each other and with git itself.
type Bare struct {
	Dir   string
	depot *Depot
	ctx   context.Context // the stand-in's

	mu      sync.Mutex
	commits map[string]*Commit // what was read of git once; objects do not change
	kinds   map[string]string
}

// ErrRefused is a git command that said no.
var ErrRefused = errors.New("git refused")

// Run runs one git command in the repository and gives its output without the last newline.
func (b *Bare) Run(args ...string) (string, error) { return b.RunWith(nil, nil, args...) }

// RunWith is Run with more environment and with an input.
func (b *Bare) RunWith(env []string, in io.Reader, args ...string) (string, error) {
	var out bytes.Buffer
	err := b.pipe(env, in, &out, args...)
	return strings.TrimSuffix(out.String(), "\n"), err
}

func (b *Bare) pipe(env []string, in io.Reader, out io.Writer, args ...string) error {
	cmd := exec.CommandContext(b.ctx, "git", args...)
	cmd.Dir = b.Dir
	cmd.Env = append(append(b.depot.env(), "GIT_DIR="+b.Dir), env...)
	cmd.Stdin, cmd.Stdout = in, out
	if err := cmd.Run(); err != nil {
		if exit, isExit := errors.AsType[*exec.ExitError](err); isExit {
			return fmt.Errorf("run git %s: %w (exit %d)", args[0], ErrRefused, exit.ExitCode())
		}
		return fmt.Errorf("run git %s: %w", args[0], err)
	}
	return nil
}

// SetHead names the branch that a clone checks out.
func (b *Bare) SetHead(branch string) error {
	_, err := b.Run("symbolic-ref", "HEAD", "refs/heads/"+branch)
	return err
}

// Import fetches from another repository, by path or address, what the refspecs name.
func (b *Bare) Import(from string, refspecs ...string) error {
	args := append([]string{"-c", "uploadpack.allowAnySHA1InWant=true", "fetch", "--quiet", "--no-tags",
		"--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack", from}, refspecs...)
	_, err := b.Run(args...)
	return err
}

// DumpObjects writes every object, reachable or not, unpacked: what a stranger who guesses hashes could read of a
// public repository.
func (b *Bare) DumpObjects(w io.Writer) error {
	return b.pipe(nil, nil, w, "cat-file", "--batch-all-objects", "--unordered", "--batch")
}

// Quarantine unpacks a pushed pack beside the repository, so that its objects can be judged before they get in.
// The environment it returns lets git see both; the returned function throws the objects away.
func (b *Bare) Quarantine(ctx context.Context, pack []byte) (env []string, drop func(), err error) {
	dir, err := os.MkdirTemp(b.depot.Dir, "incoming-")
	if err != nil {
		return nil, nil, fmt.Errorf("unpack push: %w", err)
	}
	drop = func() { _ = os.RemoveAll(dir) } // a leftover is only litter in the sandbox's own folder
	env = []string{"GIT_OBJECT_DIRECTORY=" + dir, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(b.Dir, "objects")}
	if len(pack) > 0 && ctx.Err() == nil {
		if err := os.MkdirAll(filepath.Join(dir, "pack"), 0o755); err != nil {
			drop()
			return nil, nil, fmt.Errorf("unpack push: %w", err)
		}
		if _, err := b.RunWith(env, bytes.NewReader(pack), "index-pack", "--stdin", "--fix-thin"); err != nil {
			drop()
			return nil, nil, fmt.Errorf("unpack push: %w", err)
		}
	}
	return env, drop, nil
}
