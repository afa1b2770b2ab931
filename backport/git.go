package backport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// Bounds of one call of git. A hostile repository can make git slow or talkative, never the server.
const (
	maxOutput   = 64 << 20
	maxStderr   = 64 << 10
	localLimit  = 2 * time.Minute
	remoteLimit = 15 * time.Minute // a first clone of a large project
	graceful    = 5 * time.Second  // between asking a process to stop and killing it
)

// git runs the git command in an environment of our own making: nothing of the machine's or the user's configuration,
// no hook, no prompt, no helper, no protocol but HTTP.
type git struct {
	path string
	env  []string
	root string // working directory of calls without a repository; holds no repository itself

	answersMerges bool // see merger
}

// setting is one line of configuration, given through the environment so that it never shows in a process list.
type setting struct{ key, value string }

// call is one run of git.
type call struct {
	args     []string
	dir      string // the bare repository, "" for none
	workTree string // folder that holds only .gitattributes files, "" for none
	stdin    io.Reader
	config   []setting
	accept   int                 // exit status besides 0 that is an answer and not a failure
	limit    int64               // of standard output; 0 means maxOutput
	each     func(record []byte) // gets the output piece by piece, which may then be of any length in all
	ends     byte                // a record, itself a part of it
	remote   bool                // talks to a remote: takes longer
	held     *os.File
}

// inherited are the only variables that git sees of the server's environment: where programs are, and how to leave the
// house. Everything named GIT_ is dropped, save the operator's certificate authorities.
func inherited() []string {
	return []string{"PATH", "TMPDIR", "SystemRoot", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy",
		"no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH"}
}

func newGit(root string) (*git, error) {
	path, err := exec.LookPath("git")
	if err != nil {
		return nil, fmt.Errorf("find git: %w", err)
	}
	g := &git{path: path, root: root}
	for _, name := range inherited() {
		if v, ok := os.LookupEnv(name); ok {
			g.env = append(g.env, name+"="+v)
		}
	}
	g.env = append(g.env,
		"HOME=/nonexistent", "XDG_CONFIG_HOME=/nonexistent", "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ATTR_NOSYSTEM=1",
		"GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0", "GIT_NO_REPLACE_OBJECTS=1", "GIT_NO_LAZY_FETCH=1",
		"GIT_LITERAL_PATHSPECS=1", "GIT_PAGER=cat", "GIT_EDITOR=false", "GIT_MERGE_AUTOEDIT=no",
	)
	return g, nil
}

// settings is the configuration of every call. What changes a merge is pinned, so that two servers agree.
func settings() []setting {
	return []setting{
		{"core.hooksPath", "/dev/null"}, {"core.fsmonitor", "false"}, {"core.attributesFile", "/dev/null"}, {"core.excludesFile", "/dev/null"},
		{"core.askPass", ""}, {"credential.helper", ""}, {"core.warnAmbiguousRefs", "false"},
		{"protocol.allow", "never"}, {"protocol.http.allow", "always"}, {"protocol.https.allow", "always"}, {"protocol.version", "2"},
		{"http.followRedirects", "false"}, {"http.lowSpeedLimit", "1000"}, {"http.lowSpeedTime", "60"},
		{"gc.auto", "0"}, {"maintenance.auto", "false"}, {"fetch.recurseSubmodules", "false"}, {"submodule.recurse", "false"},
		{"push.recurseSubmodules", "no"}, {"push.followTags", "false"}, {"push.gpgSign", "false"}, {"push.negotiate", "false"},
		{"merge.renames", "true"}, {"merge.renameLimit", "7000"}, {"merge.directoryRenames", "conflict"},
		{"merge.conflictStyle", "merge"}, {"merge.renormalize", "false"}, {"diff.renameLimit", "7000"},
		{"diff.suppressBlankEmpty", "false"}, {"log.showSignature", "false"}, {"init.defaultBranch", "main"}, {"advice.detachedHead", "false"},
	}
}

// command builds the process of a call; ctx ends it.
func (g *git) command(ctx context.Context, c call) *exec.Cmd {
	cmd := exec.CommandContext(ctx, g.path, c.args...)
	cmd.Dir = g.root
	cmd.Env = append([]string{}, g.env...)
	if c.dir != "" {
		cmd.Dir = c.dir
		cmd.Env = append(cmd.Env, "GIT_DIR="+c.dir)
	} else {
		cmd.Env = append(cmd.Env, "GIT_CEILING_DIRECTORIES="+parent(g.root))
	}
	if c.workTree != "" {
		cmd.Dir = c.workTree
		cmd.Env = append(cmd.Env, "GIT_WORK_TREE="+c.workTree)
	}
	all := append(settings(), c.config...)
	cmd.Env = append(cmd.Env, "GIT_CONFIG_COUNT="+strconv.Itoa(len(all)))
	for i, s := range all {
		n := strconv.Itoa(i)
		cmd.Env = append(cmd.Env, "GIT_CONFIG_KEY_"+n+"="+s.key, "GIT_CONFIG_VALUE_"+n+"="+s.value)
	}
	if c.held != nil {
		// The child, and whatever it starts, shares our lock: if we are killed, the lock lives exactly as long as the last
		// of them, and nobody takes its lock files for stale ones.
		cmd.ExtraFiles = []*os.File{c.held}
	}
	ownGroup(cmd)
	cmd.WaitDelay = graceful
	cmd.Stdin = c.stdin
	return cmd
}

// run runs git to its end and gives its standard output and exit status. The output is given even with an error.
func (g *git) run(ctx context.Context, c call) (out []byte, exit int, err error) {
	limit := localLimit
	if c.remote {
		limit = remoteLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := g.command(ctx, c)
	if c.limit == 0 {
		c.limit = maxOutput
	}
	stdout, stderr := &bounded{max: c.limit, each: c.each, ends: c.ends}, &bounded{max: maxStderr, drop: true}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	err = cmd.Run()
	stdout.rest()
	out, exit = stdout.buf.Bytes(), -1
	if cmd.ProcessState != nil {
		exit = cmd.ProcessState.ExitCode()
	}
	if err == nil || (c.accept != 0 && exit == c.accept && ctx.Err() == nil && !stdout.over) {
		return out, exit, nil
	}
	return out, exit, failure(ctx, c, exit, stdout.over, stderr.buf.String(), err)
}

func failure(ctx context.Context, c call, exit int, over bool, stderr string, err error) error {
	e := &Error{Op: c.args[0], Exit: exit}
	switch {
	case over:
		e.Kind = ErrTooLarge
	case ctx.Err() != nil:
		e.Kind, e.cause = ErrTimeout, ctx.Err()
	case exit < 0 && stderr == "":
		// The process never ran (out of memory, out of files): the system's error holds only our own path.
		e.Kind = ErrGit
		if errors.Is(err, os.ErrNotExist) {
			e.Kind = ErrNoObject // the store's folder is gone
		}
	default:
		e.Kind = classify(stderr)
	}
	return e
}

// bounded keeps at most max bytes. Beyond that it either drops the rest or fails, which ends the process. With each it
// keeps no more than one record.
type bounded struct {
	buf  bytes.Buffer
	max  int64
	drop bool
	over bool
	each func(record []byte)
	ends byte
}

func (b *bounded) Write(p []byte) (int, error) {
	n := len(p)
	for b.each != nil {
		end := bytes.IndexByte(p, b.ends) + 1
		if end == 0 {
			break
		}
		if b.buf.Len() == 0 {
			b.each(p[:end])
		} else {
			b.buf.Write(p[:end])
			b.each(b.buf.Bytes())
			b.buf.Reset()
		}
		p = p[end:]
	}
	room := b.max - int64(b.buf.Len())
	if int64(len(p)) <= room {
		b.buf.Write(p)
		return n, nil
	}
	b.over = true
	if !b.drop {
		return 0, ErrTooLarge
	}
	b.buf.Write(p[:max(room, 0)])
	return n, nil
}

// rest hands over what came after the last end of a record.
func (b *bounded) rest() {
	if b.each != nil && b.buf.Len() > 0 && !b.over {
		b.each(b.buf.Bytes())
		b.buf.Reset()
	}
}

// checkVersion refuses a git that lacks what the picks and the atomic push need, and learns what it has beyond.
func (g *git) checkVersion(ctx context.Context) error {
	out, _, err := g.run(ctx, call{args: []string{"version"}, limit: 1 << 10})
	if err != nil {
		return fmt.Errorf("ask git for its version: %w", err)
	}
	major, minor, err := version(string(out))
	if err != nil {
		return err
	}
	g.answersMerges = major > 2 || minor >= 49 // merge-tree --stdin flushes after each merge; before, a dialogue hangs
	return nil
}

func version(words string) (major, minor int, err error) {
	fields := strings.Fields(words)
	if len(fields) < 3 {
		return 0, 0, fmt.Errorf("read git's version: %w", ErrOldGit)
	}
	parts := strings.SplitN(fields[2], ".", 3)
	if len(parts) < 2 {
		return 0, 0, fmt.Errorf("read git's version: %w", ErrOldGit)
	}
	major, err1 := strconv.Atoi(parts[0])
	minor, err2 := strconv.Atoi(parts[1])
	if err1 != nil || err2 != nil {
		return 0, 0, fmt.Errorf("read git's version: %w", ErrOldGit)
	}
	if major < 2 || major == 2 && minor < 38 {
		return 0, 0, fmt.Errorf("find git %d.%d: %w", major, minor, ErrOldGit)
	}
	return major, minor, nil
}
