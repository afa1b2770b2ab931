package backport

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// Suspect is a commit that the target lacks and that wrote lines which a fix changes: why the fix does not apply there. It
// is named for people. Picking suspects unasked makes conflicts go away and seldom gives what people would commit.
type Suspect struct {
	Commit SHA
	Words  policy.Text // its subject
	Lines  int         // how many of the lines it wrote
}

// Bounds of an explanation: what a person reads, and what it may cost.
const (
	maxSuspects  = 5
	maxExplained = 40 // hunks
	around       = 3  // lines before and after a hunk, which are a part of why it does not fit
)

// Explain names, for each hunk of a conflict, the commits missing on the target that wrote the lines in question, those
// that wrote most of them first.
func (r *Repo) Explain(ctx context.Context, c *Conflict) error {
	return wrap("explain conflict", r.explain(ctx, c))
}

func (r *Repo) explain(ctx context.Context, c *Conflict) error {
	picked, err := r.Commit(ctx, c.Commit)
	if err != nil || len(picked.Parents) == 0 {
		return err
	}
	base := picked.Parents[0]
	fork, err := r.MergeBase(ctx, c.Onto, base)
	if err != nil {
		return err
	}
	if fork == base {
		return nil // the target lacks nothing that the fix stands on
	}
	var all []SHA
	left := maxExplained
	for i := range c.Files {
		f := &c.Files[i]
		for j := range f.Hunks {
			if left--; left < 0 {
				break
			}
			f.Hunks[j].Missing, err = r.suspects(ctx, base, fork, f.Path.Reveal(), f.Hunks[j].Base)
			if err != nil {
				return err
			}
			for _, s := range f.Hunks[j].Missing {
				if !slices.Contains(all, s.Commit) {
					all = append(all, s.Commit)
				}
			}
		}
	}
	return r.acquit(ctx, c, all)
}

// acquit drops the suspects that are on the target after all, as picked copies, and the less likely ones.
func (r *Repo) acquit(ctx context.Context, c *Conflict, all []SHA) error {
	if len(all) == 0 {
		return nil
	}
	there, err := r.appliedByWord(ctx, all, c.Onto)
	if err != nil {
		return err
	}
	for i := range c.Files {
		for j := range c.Files[i].Hunks {
			h := &c.Files[i].Hunks[j]
			h.Missing = slices.DeleteFunc(h.Missing, func(s Suspect) bool { _, ok := there[s.Commit]; return ok })
			h.Missing = h.Missing[:min(len(h.Missing), maxSuspects)]
		}
	}
	return nil
}

// suspects asks who wrote lines of a file since the target left.
func (r *Repo) suspects(ctx context.Context, base, fork SHA, path string, lines Lines) ([]Suspect, error) {
	rd := r.reader(ctx)
	defer rd.Close()
	c, err := rd.commit(base)
	if err != nil {
		return nil, err
	}
	at, err := rd.find(c.tree, path)
	if KindOf(err) == ErrNoObject {
		return nil, nil // the file has another name there
	}
	if err != nil {
		return nil, err
	}
	body, err := rd.object("blob", at.sha)
	if tooMuch(ctx, err) {
		return nil, nil // a conflict without this is still a conflict
	}
	if err != nil {
		return nil, err
	}
	total := len(splitLines(string(body)))
	first, last := max(1, lines.First-around), min(total, lines.First+lines.Count-1+around)
	if first > last {
		return nil, nil
	}
	args := []string{"blame", "--porcelain", "-L", strconv.Itoa(first) + "," + strconv.Itoa(last), string(base)}
	if fork != "" {
		args = append(args, "^"+string(fork))
	}
	out, _, err := r.git.run(ctx, call{args: append(args, "--", path), dir: r.dir})
	if tooMuch(ctx, err) {
		return nil, nil // as above
	}
	if err != nil {
		return nil, fmt.Errorf("ask who wrote the lines: %w", err)
	}
	return parseBlame(string(out)), nil
}

// parseBlame counts lines by commit. Boundary commits, which the target has, are left out.
func parseBlame(out string) []Suspect {
	found := map[SHA]*Suspect{}
	boundary := map[SHA]bool{}
	var order []SHA
	at := SHA("")
	for line := range strings.Lines(out) {
		line = strings.TrimSuffix(line, "\n")
		first, rest, _ := strings.Cut(line, " ")
		switch {
		case strings.HasPrefix(line, "\t"):
			at = ""
		case at == "" && SHA(first).Valid():
			at = SHA(first)
			if found[at] == nil {
				found[at] = &Suspect{Commit: at}
				order = append(order, at)
			}
			found[at].Lines++
		case first == "summary" && at != "":
			found[at].Words = policy.Embargoed(rest)
		case line == "boundary" && at != "":
			boundary[at] = true
		}
	}
	var list []Suspect
	for _, sha := range order {
		if !boundary[sha] {
			list = append(list, *found[sha])
		}
	}
	slices.SortStableFunc(list, func(a, b Suspect) int { return cmp.Compare(b.Lines, a.Lines) })
	return list
}
