package drill

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// plot is what a case is about: a repository with branches, a fix for its main branch, and what people do about conflicts.
type plot struct {
	main    string
	stable  []string // newest first
	ended   []string // past their end of life
	summary string
	rules   string // the project's configuration when the repository does not hold it

	approaches []time.Duration // before the end: where the clock stops on its way there

	patience time.Duration // how long one scene may take; a large history is fetched once

	// seed fills the public repository.
	seed func(ctx context.Context, w *World) error
	// fix commits the fix for the main branch into a clone of the mirror that stands on the main branch.
	fix func(ctx context.Context, c *clone) error
	// resolve settles the marked places in a clone that stands on a conflict of a branch; nil leaves it open.
	resolve func(ctx context.Context, c *clone, branch string) error
}

// lastRehearsals are the instants before the end at which policy rehearses again.
func lastRehearsals() []time.Duration {
	return []time.Duration{24 * time.Hour, time.Hour, 5 * time.Minute}
}

// smallProject is the plot of the demo: three maintained stable branches, of which the older two conflict.
func smallProject() plot {
	return plot{
		main: "master", stable: []string{"stable-1.2", "stable-1.1", "stable-1.0"}, ended: []string{"stable-0.9"},
		summary: "Header values overflow the caller's buffer", patience: patience, approaches: lastRehearsals(),
		seed: func(ctx context.Context, w *World) error {
			dir, err := seed(ctx, w)
			if err != nil {
				return err
			}
			return w.town.importGit(w.Public, dir, "refs/heads/*:refs/heads/*")
		},
		fix: func(ctx context.Context, c *clone) error {
			if err := c.replace(fixFile, fixOld, fixNew); err != nil {
				return err
			}
			_, err := c.commit(ctx, "Check the size of header values")
			return err
		},
		resolve: func(ctx context.Context, c *clone, branch string) error {
			if _, err := c.git(ctx, "checkout", "-q", "origin/"+branch, "--", fixFile); err != nil {
				return err
			}
			return c.replace(fixFile, oldFixOld, oldFixNew)
		},
	}
}

// Real is a case on a copy of a repository with real history.
type Real struct {
	Repo     string   // path of any local repository
	Fix      []string // commits, oldest first
	Branches []string // stable branches, as name or name@commit, newest first
	Main     string   // name of the main branch; empty: what HEAD names
}

// plot reads the repository and makes the case: main as it was before the first commit of the fix, and each stable branch
// where the caller says.
func (r Real) plot(ctx context.Context, reading *clone) (plot, error) {
	if len(r.Fix) == 0 || len(r.Branches) == 0 {
		return plot{}, asked("a real repository needs the commits of a fix and at least one stable branch")
	}
	dir, err := filepath.Abs(r.Repo)
	if err != nil {
		return plot{}, err
	}
	reading.dir = dir
	p := plot{main: r.Main, summary: "A vulnerability with real history", approaches: lastRehearsals()}
	if p.main == "" {
		if p.main, err = reading.git(ctx, "symbolic-ref", "--short", "HEAD"); err != nil {
			return p, asked("%s is no repository with a main branch checked out; name the branch with --main", r.Repo)
		}
	}
	fix, err := r.commits(ctx, reading)
	if err != nil {
		return p, err
	}
	start, err := reading.git(ctx, "rev-parse", "--verify", "--quiet", fix[0]+"^1^{commit}")
	if err != nil {
		return p, asked("%s has no parent to start from", fix[0])
	}
	refspecs := []string{start + ":refs/heads/" + p.main}
	for _, b := range r.Branches {
		name, sha, err := branchStart(ctx, reading, b)
		if err != nil {
			return p, err
		}
		p.stable = append(p.stable, name)
		refspecs = append(refspecs, sha+":refs/heads/"+name)
	}
	p.rules = rulesFor(p)
	p.seed = func(_ context.Context, w *World) error { // the mirror of a large project is filled by hand once
		return errors.Join(w.town.importGit(w.Public, dir, refspecs...), w.town.importGit(w.Mirror, dir, refspecs...))
	}
	p.patience = 10 * time.Minute
	p.fix = func(ctx context.Context, c *clone) error { return replay(ctx, c, dir, fix) }
	return p, nil
}

func (r Real) commits(ctx context.Context, c *clone) ([]string, error) {
	fix := make([]string, len(r.Fix))
	for i, name := range r.Fix {
		sha, err := c.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", name+"^{commit}")
		if err != nil {
			return nil, asked("the repository has no commit %s", name)
		}
		fix[i] = sha
	}
	return fix, nil
}

func branchStart(ctx context.Context, c *clone, spec string) (name, sha string, err error) {
	name, at, given := strings.Cut(spec, "@")
	candidates := []string{at}
	if !given {
		candidates = []string{"refs/heads/" + name, "refs/remotes/origin/" + name, name}
	}
	for _, candidate := range candidates {
		if sha, err = c.git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", candidate+"^{commit}"); err == nil {
			return name, sha, nil
		}
	}
	return "", "", asked("the repository has no %s", spec)
}

// replay does to the main branch what the commits of the fix did.
func replay(ctx context.Context, c *clone, from string, fix []string) error {
	if _, err := c.git(ctx, append([]string{"-c", "protocol.file.allow=always", "fetch", "-q", "file://" + filepath.ToSlash(from)}, fix...)...); err != nil {
		return err
	}
	for _, sha := range fix {
		args := []string{"cherry-pick", "--allow-empty", "--ff"}
		parents, err := c.git(ctx, "rev-list", "--parents", "-n1", sha)
		if err != nil {
			return err
		}
		if len(strings.Fields(parents)) > 2 {
			args = []string{"cherry-pick", "--allow-empty", "-m1"}
		}
		if _, err := c.git(ctx, append(args, sha)...); err != nil {
			return fmt.Errorf("replay %s on the main branch: %w", sha, err)
		}
	}
	return nil
}

// rulesFor is a configuration that maintains exactly the plot's branches.
func rulesFor(p plot) string {
	lines := []string{"main: " + quote(p.main), "branches:"}
	for _, b := range p.stable {
		lines = append(lines, "  - name: "+quote(escapeGlob(b)))
	}
	people := projectFile[strings.Index(projectFile, "people:"):]
	return strings.Join(append(lines, people), "\n")
}

func quote(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }

// escapeGlob makes a branch's name match itself only.
func escapeGlob(name string) string {
	var out []rune
	for _, c := range name {
		if slices.Contains([]rune(`*?[\`), c) {
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}
