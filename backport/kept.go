package backport

import (
	"context"
	"slices"
	"strings"
)

// kept is what one run over several branches has learned, and the processes that it reads objects and merges with. All of it is
// about objects and the history behind them, which their names fix for ever: nothing here can go stale. A nil kept learns nothing.
type kept struct {
	rd      *reader
	attr    *attributes
	merger  *merger // nil where git has none
	merges  map[merging]merged
	silent  map[[2]SHA]bool // a commit, and a branch's tip whose history has neither it nor a word of it
	unnamed map[[2]SHA]bool // and one whose history has no commit that is named like it
	origins map[SHA][]SHA   // commits made in this run, and those that they say they were picked from
}

// merging is one merge: what it gives is fixed by these.
type merging struct {
	ours, theirs SHA
	workTree     string // with the attributes
}

// Bounds of what is kept of merges: an ordinary one has no conflict, or a handful.
const (
	maxKeptMerges = 1000
	maxKeptStages = 1000
)

// Keeping gives the same store for one run over several branches: it reads through one process and does nothing twice. It is
// used by one goroutine until end is called.
func (e *Embargoed) Keeping(ctx context.Context) (run *Embargoed, end func()) {
	if e.kept != nil {
		return e, func() {}
	}
	own := *e
	end = own.keep(ctx)
	return &own, end
}

// Keeping is as for [Embargoed.Keeping].
func (p *Public) Keeping(ctx context.Context) (run *Public, end func()) {
	own := *p
	end = own.keep(ctx)
	return &own, end
}

func (r *Repo) keep(ctx context.Context) (end func()) {
	plain := *r
	rd := plain.reader(ctx)
	rd.kept = true
	own := &kept{rd: rd, attr: newAttributes(rd), merges: map[merging]merged{}, silent: map[[2]SHA]bool{}, unnamed: map[[2]SHA]bool{}, origins: map[SHA][]SHA{}}
	r.kept = own
	if r.git.answersMerges {
		own.merger = &merger{git: r.git, ctx: ctx, dir: r.dir}
	}
	return func() { rd.end(); own.merger.end() }
}

func (k *kept) merge(of merging, config []setting) (merged, bool) {
	if k == nil || len(config) > 0 {
		return merged{}, false
	}
	m, ok := k.merges[of]
	return m, ok
}

// mergeInTurn merges by the process that does one merge after the other, and keeps the result.
func (k *kept) mergeInTurn(of merging, config []setting) (merged, bool) {
	if k == nil || len(config) > 0 {
		return merged{}, false
	}
	m, ok := k.merger.merge(of)
	if ok {
		k.remember(of, m)
	}
	return m, ok
}

func (k *kept) remember(of merging, m merged) {
	if k != nil && len(k.merges) < maxKeptMerges && len(m.stages)+len(m.messages) < maxKeptStages {
		k.merges[of] = m
	}
}

// made remembers what a commit that was made here says of its origin.
func (k *kept) made(sha SHA, message string) {
	if k != nil {
		k.origins[sha] = named(wordsOfOrigin(), message)
	}
}

// heard drops the commits that are known to be neither in the history of onto nor mentioned there. A commit that was made in
// this run and names a commit of which there is no word is one of them: in that history it would be a word itself, and
// so would be whatever was picked from it.
func (k *kept) heard(commits []SHA, onto SHA) []SHA {
	if k == nil {
		return commits
	}
	none := func(sha SHA) bool { return k.silent[[2]SHA{sha, onto}] }
	return slices.DeleteFunc(slices.Clone(commits), func(sha SHA) bool { return none(sha) || slices.ContainsFunc(k.origins[sha], none) })
}

// Foresee does at once what [Embargoed.Plan] would do for each of several branches: it searches them for main's fix in one
// walk, and where there is no word of it, merges it into each. It is for speed alone: whatever goes wrong here Plan does
// again, and tells. Without [Embargoed.Keeping] it does nothing.
func (e *Embargoed) Foresee(ctx context.Context, p Plan, tips []SHA) {
	if e.kept == nil || p.Unseen {
		return
	}
	known := slices.DeleteFunc(slices.Clone(tips), func(tip SHA) bool { _, err := e.kept.rd.commit(tip); return err != nil })
	if len(known) == 0 || e.listen(ctx, p.Main, known) != nil {
		return
	}
	p.Onto = known[0] // any: each is merged as if it were
	if s, err := e.session(ctx, p.by(MethodMain)); err == nil {
		_ = s.foresee(ctx, known) // as said above
	}
}

// foresee merges commit by commit, each into the branches where those before it were clean.
func (s *session) foresee(ctx context.Context, tips []SHA) error {
	trees := map[SHA]bool{}
	for _, tip := range tips {
		if len(s.kept.heard(s.Commits, tip)) > 0 {
			continue
		}
		at, err := s.rd.commit(tip)
		if err != nil {
			return err
		}
		trees[at.tree] = true
	}
	for _, sha := range s.Commits {
		c, err := s.rd.commit(sha)
		if err != nil {
			return err
		}
		sets := map[string][]merging{} // by attributes
		next := map[SHA]bool{}
		for tree := range trees {
			done, of, err := s.prepare(c, tree)
			if err != nil {
				return err
			}
			if done != "" {
				next[done] = true
			} else {
				sets[of.workTree] = append(sets[of.workTree], of)
			}
		}
		for _, list := range sets {
			if err := s.mergeAll(ctx, list); err != nil {
				return err
			}
			for _, of := range list {
				if m, ok := s.kept.merge(of, nil); ok && m.clean {
					next[m.tree] = true
				}
			}
		}
		trees = next
	}
	return nil
}

// listen walks what branches have and main's fix does not build on, once for all of them. Where nothing there is a commit of
// the fix, says a word of one or is named like one, no branch has it by these signs; else each is searched by itself.
func (e *Embargoed) listen(ctx context.Context, fix, tips []SHA) error {
	own := make([]namesake, len(fix))
	for i, sha := range fix {
		c, err := e.kept.rd.commit(sha)
		if err != nil {
			return err
		}
		if i > 0 && !slices.Contains(c.parents, fix[i-1]) {
			return invalid("not one after the other") // what comes before the first would hide others
		}
		if own[i], err = e.namesake(ctx, sha); err != nil {
			return err
		}
	}
	revs := []string{"--end-of-options"}
	for _, tip := range tips {
		revs = append(revs, string(tip))
	}
	heard, named := false, false
	err := e.namesakes(ctx, func(other namesake) {
		for _, one := range own {
			heard = heard || other.sha == one.sha || strings.Contains(other.message, string(one.sha))
			named = named || one.likens(other) != ""
		}
	}, append(revs, "^"+string(fix[0])+"^@")...)
	if err != nil {
		return err
	}
	for _, sha := range fix {
		for _, tip := range tips {
			e.kept.silent[[2]SHA{sha, tip}], e.kept.unnamed[[2]SHA{sha, tip}] = !heard, !heard && !named
		}
	}
	return nil
}
