package github

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const zero = "0000000000000000000000000000000000000000"

// gitEnv keeps the person's own git configuration out of the pretended server.
func (s *Server) gitEnv() []string {
	return []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.opt.Dir, "LC_ALL=C", "TZ=UTC",
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_TERMINAL_PROMPT=0",
		"GIT_COMMITTER_NAME=GitHub", "GIT_COMMITTER_EMAIL=noreply@github.com",
		"GIT_AUTHOR_NAME=GitHub", "GIT_AUTHOR_EMAIL=noreply@github.com",
	}
}

// errGit is a git command that said no; what it said stays with it.
var errGit = errors.New("git refused")

// git runs one command in a repository and gives its output without the last newline.
func (s *Server) git(dir string, args ...string) (string, error) {
	return s.gitWith(dir, nil, nil, args...)
}

func (s *Server) gitWith(dir string, env []string, in io.Reader, args ...string) (string, error) {
	cmd := exec.CommandContext(s.ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(append(s.gitEnv(), "GIT_DIR="+dir), env...)
	cmd.Stdin = in
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Run(); err != nil {
		if exit, isExit := errors.AsType[*exec.ExitError](err); isExit {
			return strings.TrimSuffix(out.String(), "\n"), fmt.Errorf("run git %s: %w (exit %d)", args[0], errGit, exit.ExitCode())
		}
		return "", fmt.Errorf("run git %s: %w", args[0], err)
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// initRepo makes a bare repository that serves and accepts what GitHub's would.
func (s *Server) initRepo(r *repository) error {
	if err := os.MkdirAll(r.dir, 0o755); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	if _, err := s.git(r.dir, "init", "--quiet", "--bare", "--template=", "--initial-branch="+r.defaultBranch, r.dir); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	// Written whole: eight runs of git config would be most of the time that a test spends setting up.
	if err := os.WriteFile(filepath.Join(r.dir, "config"), []byte(repoConfig), 0o644); err != nil {
		return fmt.Errorf("create repository: %w", err)
	}
	return nil
}

// repoConfig makes a repository serve and accept what GitHub's would. GitHub gives out any object by its hash,
// reachable or not: a test that leaks an object under no name at all must be able to notice.
const repoConfig = `[core]
	repositoryformatversion = 0
	filemode = true
	bare = true
	logAllRefUpdates = false
[http]
	receivepack = true
[receive]
	hideRefs = refs/pull
	advertisePushOptions = true
	autogc = false
	denyDeleteCurrent = refuse
[gc]
	auto = 0
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
`

var hash = regexp.MustCompile("^[0-9a-f]{40}$")

// rev resolves a branch, tag or hash to a commit, or gives "".
func (s *Server) rev(r *repository, name string) string {
	tries := []string{"refs/heads/" + name, "refs/tags/" + name, name}
	if hash.MatchString(name) {
		tries = tries[2:]
	}
	for _, try := range tries {
		if strings.HasPrefix(try, "-") || strings.ContainsAny(try, "^~: \t\n") {
			continue
		}
		if out, err := s.git(r.dir, "rev-parse", "--verify", "--quiet", try+"^{commit}"); err == nil {
			return out
		}
	}
	return ""
}

// ref gives the hash a full ref name points to, or "".
func (s *Server) ref(r *repository, full string) string {
	out, err := s.git(r.dir, "for-each-ref", "--format=%(objectname)", full)
	if err != nil || strings.Contains(out, "\n") {
		return "" // a prefix of several refs is no ref
	}
	return out
}

// snapshot gives every ref with its hash.
func (s *Server) snapshot(r *repository) map[string]string {
	out := map[string]string{}
	for _, l := range s.refs(r, "refs/") {
		out[l.name] = l.sha
	}
	return out
}

type refLine struct{ name, sha, kind string }

func (s *Server) refs(r *repository, prefix string) []refLine {
	out, err := s.git(r.dir, "for-each-ref", "--format=%(refname) %(objectname) %(objecttype)", prefix)
	if err != nil || out == "" {
		return nil
	}
	var refs []refLine
	for line := range strings.SplitSeq(out, "\n") {
		if f := strings.Fields(line); len(f) == 3 {
			refs = append(refs, refLine{f[0], f[1], f[2]})
		}
	}
	return refs
}

func (s *Server) isAncestor(r *repository, env []string, old, new string) bool {
	_, err := s.gitWith(r.dir, env, nil, "merge-base", "--is-ancestor", old, new)
	return err == nil
}

// commit is one commit object, read once.
type commit struct {
	sha, tree   string
	parents     []string
	author, who person
	message     string
}

type person struct {
	name, email string
	when        time.Time
}

const commitFormat = "--format=%H%x00%T%x00%P%x00%an%x00%ae%x00%at%x00%cn%x00%ce%x00%ct%x00%B%x01"

func parseCommits(out string) []*commit {
	var list []*commit
	for part := range strings.SplitSeq(out, "\x01") {
		f := strings.SplitN(strings.TrimPrefix(part, "\n"), "\x00", 10)
		if len(f) != 10 {
			continue
		}
		at := func(s string) time.Time { return time.Unix(int64(atoi(s, 0)), 0).UTC() }
		list = append(list, &commit{
			sha: f[0], tree: f[1], parents: strings.Fields(f[2]),
			author: person{f[3], f[4], at(f[5])}, who: person{f[6], f[7], at(f[8])},
			message: strings.TrimRight(f[9], "\n"),
		})
	}
	return list
}

// commit reads one commit, once for each repository that has it.
func (s *Server) commit(r *repository, sha string) *commit {
	if c := r.commits[sha]; c != nil {
		return c
	}
	out, err := s.git(r.dir, "log", "-1", commitFormat, sha)
	if err != nil {
		return nil
	}
	list := parseCommits(out)
	if len(list) == 0 {
		return nil
	}
	r.commits[sha] = list[0]
	return list[0]
}

// log lists commits, oldest first.
func (s *Server) log(r *repository, limit int, args ...string) []*commit {
	all := append([]string{"log", "--reverse", "--topo-order", commitFormat, "--max-count=" + strconv.Itoa(limit)}, args...)
	out, err := s.git(r.dir, all...)
	if err != nil {
		return nil
	}
	list := parseCommits(out)
	for _, c := range list {
		r.commits[c.sha] = c
	}
	return list
}

type fileChange struct {
	status, name, old, sha string
	added, removed         int
	patch                  string
}

var changeWords = map[byte]string{'A': "added", 'D': "removed", 'M': "modified", 'R': "renamed", 'C': "copied", 'T': "changed"}

// diff lists the files that differ between two commits, with their patches.
func (s *Server) diff(r *repository, from, to string) []fileChange {
	raw, err := s.git(r.dir, "diff-tree", "-r", "-M", "-z", "--no-abbrev", from, to)
	if err != nil {
		return nil
	}
	counts, err := s.git(r.dir, "diff-tree", "-r", "-M", "--numstat", from, to)
	if err != nil {
		return nil
	}
	text, err := s.git(r.dir, "diff-tree", "-r", "-M", "-p", from, to)
	if err != nil {
		return nil
	}
	patches := strings.Split("\n"+text, "\ndiff --git ")[1:]
	numbers := strings.Split(counts, "\n")
	var files []fileChange
	fields := strings.Split(raw, "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		meta := strings.Fields(fields[i])
		if len(meta) != 5 {
			break
		}
		f := fileChange{status: changeWords[meta[4][0]], name: fields[i+1], sha: meta[3]}
		if meta[4][0] == 'D' {
			f.sha = meta[2]
		}
		if meta[4][0] == 'R' || meta[4][0] == 'C' {
			f.old, f.name = fields[i+1], fields[i+2]
			i++
		}
		n := len(files)
		if n < len(numbers) {
			if c := strings.Fields(numbers[n]); len(c) > 1 {
				f.added, f.removed = atoi(c[0], 0), atoi(c[1], 0)
			}
		}
		if n < len(patches) {
			if at := strings.Index(patches[n], "\n@@"); at >= 0 {
				f.patch = patches[n][at+1:]
			}
		}
		files = append(files, f)
	}
	return files
}

// pullFact is what git says about a pull request for one (base, head) pair.
type pullFact struct {
	pair                   string
	base                   string // merge base
	mergeable              bool
	commits                int
	added, removed, amount int
}

// facts computes, once per pair of tips, whether a pull request merges and how big it is.
func (s *Server) facts(r *repository, p *pull) *pullFact {
	tip := s.ref(r, "refs/heads/"+p.baseRef)
	if p.merged || tip == "" {
		tip = p.baseSHA
	}
	pair := tip + p.headSHA
	if p.fact != nil && p.fact.pair == pair {
		return p.fact
	}
	f := &pullFact{pair: pair}
	f.base, _ = s.git(r.dir, "merge-base", tip, p.headSHA) // unrelated histories have none
	if f.base == "" {
		f.base = tip
	}
	_, err := s.git(r.dir, "merge-tree", "--write-tree", tip, p.headSHA)
	f.mergeable = err == nil
	n, _ := s.git(r.dir, "rev-list", "--count", f.base+".."+p.headSHA) // an absent commit counts as nothing
	f.commits = atoi(n, 0)
	stat, _ := s.git(r.dir, "diff-tree", "-r", "-M", "--numstat", f.base, p.headSHA) // likewise
	for line := range strings.SplitSeq(stat, "\n") {
		if c := strings.Fields(line); len(c) > 2 {
			f.added += atoi(c[0], 0)
			f.removed += atoi(c[1], 0)
			f.amount++
		}
	}
	p.fact = f
	return f
}

// errConflict is a merge that git cannot do alone.
var errConflict = errors.New("merge conflict")

// commitTree writes a commit as the web interface would.
func (s *Server) commitTree(r *repository, tree, message string, author *person, parents ...string) (string, error) {
	args := []string{"commit-tree", tree}
	for _, p := range parents {
		args = append(args, "-p", p)
	}
	stamp := strconv.FormatInt(s.now().Unix(), 10) + " +0000"
	env := []string{"GIT_COMMITTER_DATE=" + stamp, "GIT_AUTHOR_DATE=" + stamp}
	if author != nil {
		env = append(env, "GIT_AUTHOR_NAME="+author.name, "GIT_AUTHOR_EMAIL="+author.email)
		if !author.when.IsZero() {
			env = append(env, "GIT_AUTHOR_DATE="+strconv.FormatInt(author.when.Unix(), 10)+" +0000")
		}
	}
	return s.gitWith(r.dir, env, strings.NewReader(message), args...)
}

// merged builds the commit that a merge button would put on top of base.
func (s *Server) merged(r *repository, method, base, head, message string, by *account) (string, error) {
	who := &person{name: by.login, email: by.email()}
	if method != "rebase" {
		tree, err := s.git(r.dir, "merge-tree", "--write-tree", base, head)
		if err != nil {
			return "", errConflict
		}
		tree, _, _ = strings.Cut(tree, "\n")
		if method == "squash" {
			return s.commitTree(r, tree, message, who, base)
		}
		return s.commitTree(r, tree, message, who, base, head)
	}
	tip := base
	for _, c := range s.log(r, 1000, "--no-merges", base+".."+head) {
		if len(c.parents) != 1 {
			return "", errConflict
		}
		// A commit on the new tip's tree whose parent is the old parent makes merge-tree replay exactly one change.
		pivot, err := s.commitTree(r, tip+"^{tree}", "pivot", nil, c.parents[0])
		if err != nil {
			return "", err
		}
		tree, err := s.git(r.dir, "merge-tree", "--write-tree", pivot, c.sha)
		if err != nil {
			return "", errConflict
		}
		tree, _, _ = strings.Cut(tree, "\n")
		if tip, err = s.commitTree(r, tree, c.message, &c.author, tip); err != nil {
			return "", err
		}
	}
	return tip, nil
}

// moveRef sets, creates or deletes a ref if it still points to old.
func (s *Server) moveRef(r *repository, name, new, old string) error {
	if old == "" {
		old = zero
	}
	if new == "" {
		_, err := s.git(r.dir, "update-ref", "-d", name, old)
		return err
	}
	_, err := s.git(r.dir, "update-ref", name, new, old)
	return err
}

// quarantine unpacks a pushed pack beside a repository, so that its objects can be judged before they get in.
// The environment it returns lets git see both; the returned function throws the objects away.
func (s *Server) quarantine(ctx context.Context, r *repository, pack []byte) ([]string, func(), error) {
	dir, err := os.MkdirTemp(s.opt.Dir, "incoming-")
	if err != nil {
		return nil, nil, fmt.Errorf("unpack push: %w", err)
	}
	drop := func() { _ = os.RemoveAll(dir) } // a leftover is only litter in the sandbox's own folder
	env := []string{"GIT_OBJECT_DIRECTORY=" + dir, "GIT_ALTERNATE_OBJECT_DIRECTORIES=" + filepath.Join(r.dir, "objects")}
	if len(pack) > 0 && ctx.Err() == nil {
		if err := os.MkdirAll(filepath.Join(dir, "pack"), 0o755); err != nil {
			drop()
			return nil, nil, fmt.Errorf("unpack push: %w", err)
		}
		if _, err := s.gitWith(r.dir, env, bytes.NewReader(pack), "index-pack", "--stdin", "--fix-thin"); err != nil {
			drop()
			return nil, nil, fmt.Errorf("unpack push: %w", err)
		}
	}
	return env, drop, nil
}
