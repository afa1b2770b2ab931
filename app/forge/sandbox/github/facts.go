package github

import (
	"cmp"
	"strings"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

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
	tip := r.git.Ref("refs/heads/" + p.baseRef)
	if p.merged || tip == "" {
		tip = p.baseSHA
	}
	pair := tip + p.headSHA
	if p.fact != nil && p.fact.pair == pair {
		return p.fact
	}
	f := &pullFact{pair: pair}
	f.base = cmp.Or(r.git.MergeBase(tip, p.headSHA), tip)
	_, err := r.git.MergeTree(tip, p.headSHA)
	f.mergeable = err == nil
	n, _ := r.git.Run("rev-list", "--count", f.base+".."+p.headSHA) // an absent commit counts as nothing
	f.commits = atoi(n, 0)
	stat, _ := r.git.Run("diff-tree", "-r", "-M", "--numstat", f.base, p.headSHA) // likewise
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

// merged builds the commit that a merge button would put on top of base.
func (r *repository) merged(method, base, head, message string, by *account) (string, error) {
	who := &sandbox.Person{Name: by.login, Email: by.email()}
	switch method {
	case "rebase":
		return r.git.Rebase(base, head)
	case "squash":
		return r.git.Squash(base, head, message, who)
	}
	return r.git.Merge(base, head, message, who)
}
