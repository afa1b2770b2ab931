package main

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// The commits come from a clone of the person who asks, and go back to them: this is where backport's boxes are opened.

// pickView is what became of a backport.
type pickView struct {
	Branch  string       `json:"branch"`
	Result  string       `json:"result"` // one of the words below
	Failed  string       `json:"error,omitempty"`
	Onto    backport.SHA `json:"onto"`
	Verdict *verdictView `json:"verdict,omitempty"` // whether the branch has the bug
	// Compared is with the given commits: nil where they are not one after the other.
	Compared *comparedView      `json:"compared,omitempty"`
	Method   string             `json:"method,omitempty"`    // chain, main, or draft
	Agree    string             `json:"agreement,omitempty"` // of chain and main: same, differ or single
	Other    backport.SHA       `json:"other,omitempty"`     // main's result, where they differ
	Settled  bool               `json:"settled,omitempty"`   // git alone would have seen a conflict
	Draft    *draftView         `json:"draft,omitempty"`
	Commit   backport.SHA       `json:"commit,omitempty"`
	Tree     backport.SHA       `json:"tree,omitempty"`
	Steps    []stepView         `json:"steps,omitempty"`
	Applied  *appliedView       `json:"applied,omitempty"`
	At       backport.SHA       `json:"conflict_at,omitempty"`
	AtOnto   backport.SHA       `json:"conflict_onto,omitempty"` // what that commit was picked onto
	Files    []conflictFileView `json:"files,omitempty"`
	Wrote    string             `json:"wrote,omitempty"`
}

// What a backport comes to. Scripts and people read the same words; the last one is for a branch among several.
const (
	resultClean    = "clean"
	resultDraft    = "draft"
	resultConflict = "conflict"
	resultFixed    = "already-fixed"
	resultSpared   = string(backport.NotAffected)
	resultFailed   = "failed"
)

// comparedView is how a result differs from the commits that were given.
type comparedView struct {
	Same  bool        `json:"same_patch"`
	Files []hunksView `json:"files,omitempty"`
	Text  string      `json:"range_diff,omitempty"`
}

// hunksView counts the hunks of a file that differs.
type hunksView struct {
	Path    string `json:"path"`
	Same    int    `json:"same"`
	Changed int    `json:"changed"`
	Dropped int    `json:"dropped"`
	Added   int    `json:"added"`
	Moved   int    `json:"moved"`
}

// stepView is one commit that was picked or skipped.
type stepView struct {
	From    backport.SHA `json:"from"`
	To      backport.SHA `json:"to,omitempty"`
	Skipped *appliedView `json:"skipped,omitempty"`
}

// appliedView says how a change was recognised on the target.
type appliedView struct {
	How string         `json:"how"`
	By  []backport.SHA `json:"by,omitempty"`
}

// conflictFileView is one file in conflict.
type conflictFileView struct {
	Path   string      `json:"path"`
	Kind   string      `json:"kind"`
	Stages []stageView `json:"stages"` // of the sides that have the file
	Hunks  []hunkView  `json:"hunks,omitempty"`
}

// stageView is one side of it, as git's index has it during a merge.
type stageView struct {
	Stage  int          `json:"stage"` // 1 is the base, 2 the branch, 3 the commit
	Mode   string       `json:"mode"`
	Object backport.SHA `json:"object"`
}

// hunkView is one place in it.
type hunkView struct {
	Ours   sideView `json:"ours"`
	Base   sideView `json:"base"`
	Theirs sideView `json:"theirs"`
	// Missing are commits that the branch lacks and that wrote these lines, most likely first.
	Missing []suspectView `json:"missing,omitempty"`
}

// suspectView is a commit that the branch lacks.
type suspectView struct {
	Commit  backport.SHA `json:"commit"`
	Subject string       `json:"subject"`
	Lines   int          `json:"lines"`
}

// sideView is one side's lines.
type sideView struct {
	First int    `json:"first"`
	Count int    `json:"count"`
	Text  string `json:"text"`
}

// draftView is a guess for a person to review.
type draftView struct {
	Commit backport.SHA `json:"commit"`
	Tree   backport.SHA `json:"tree"`
	Method string       `json:"method"`
}

func viewPlan(v pickView, p backport.Planned) pickView {
	v.Method, v.Agree = string(p.Method), string(p.Agreement)
	if p.Other != nil {
		v.Other = p.Other.Head
	}
	switch r := p.Result; {
	case r.Picked != nil:
		v.Result, v.Commit, v.Tree, v.Steps = resultClean, r.Picked.Head, r.Picked.Tree, viewSteps(r.Picked.Steps)
		v.Settled = r.Picked.Settled
	case r.Applied != nil:
		v.Result, v.Applied = resultFixed, viewApplied(r.Applied)
	case r.Conflict != nil:
		v.Result, v.At, v.AtOnto, v.Steps = resultConflict, r.Conflict.Commit, r.Conflict.Onto, viewSteps(r.Conflict.Done)
		for _, f := range r.Conflict.Files {
			v.Files = append(v.Files, viewFile(f))
		}
	}
	if p.Draft != nil {
		v.Result, v.Draft = resultDraft, &draftView{p.Draft.Head, p.Draft.Tree, string(p.Draft.Method)}
	}
	return v
}

func viewDifference(d backport.Difference) *comparedView {
	v := &comparedView{Same: d.Same}
	if d.Same {
		return v
	}
	v.Text = d.Text.Reveal()
	for _, f := range d.Files {
		v.Files = append(v.Files, hunksView{viewPath(f.Path), f.Same, f.Changed, f.Dropped, f.Added, f.Moved})
	}
	return v
}

func viewSteps(steps []backport.Step) []stepView {
	var views []stepView
	for _, s := range steps {
		views = append(views, stepView{s.From, s.To, viewApplied(s.Skipped)})
	}
	return views
}

func viewApplied(a *backport.Applied) *appliedView {
	if a == nil {
		return nil
	}
	return &appliedView{How: string(a.How), By: a.By}
}

// viewPath quotes what is not UTF-8 as in C: JSON has no other way to tell such paths apart.
func viewPath(path policy.Text) string {
	if plain := path.Reveal(); utf8.ValidString(plain) {
		return plain
	}
	return strconv.Quote(path.Reveal())
}

func viewFile(f backport.ConflictFile) conflictFileView {
	v := conflictFileView{Path: viewPath(f.Path), Kind: string(f.Kind)}
	side := func(lines backport.Lines, words policy.Text) sideView {
		return sideView{lines.First, lines.Count, words.Reveal()}
	}
	for i, s := range []backport.Stage{f.Base, f.Ours, f.Theirs} {
		if s.OID != "" {
			v.Stages = append(v.Stages, stageView{i + 1, s.Mode, s.OID})
		}
	}
	for _, h := range f.Hunks {
		hunk := hunkView{Ours: side(h.Ours, h.OursText), Base: side(h.Base, h.BaseText), Theirs: side(h.Theirs, h.TheirsText)}
		for _, m := range h.Missing {
			hunk.Missing = append(hunk.Missing, suspectView{m.Commit, m.Words.Reveal(), m.Lines})
		}
		v.Hunks = append(v.Hunks, hunk)
	}
	return v
}

// showTree prints one word or tree for scripts, and on further lines how it came about.
func (c *console) showTree(v pickView, drafts bool) error {
	first := v.Result
	switch {
	case v.Result == resultClean:
		first = string(v.Tree)
	case v.Draft != nil && drafts:
		first = string(v.Draft.Tree)
	}
	err := c.print("%s\n", first)
	if err == nil && v.Method != "" {
		err = c.print("method %s\n", v.Method)
	}
	if err == nil && v.Agree != "" {
		err = c.print("agreement %s\n", v.Agree)
	}
	if err == nil && v.Draft != nil {
		err = c.print("draft from %s\n", v.Draft.Method)
	}
	return cmp.Or(err, v.code())
}

// showPicks prints what became of each branch: one by itself, or a list.
func (c *console) showPicks(views []pickView, asJSON bool) error {
	var err error
	switch {
	case asJSON && len(views) == 1:
		err = c.json(views[0])
	case asJSON:
		err = c.json(views)
	}
	var worst error
	for i, v := range views {
		if !asJSON && err == nil && len(views) > 1 {
			err = c.print("%s%s: ", strings.Repeat("\n", min(i, 1)), oneLine(v.Branch))
		}
		if !asJSON && err == nil {
			err = c.print("%s", v.text())
		}
		if code := v.code(); code != nil && (worst == nil || v.Result == resultFailed) {
			worst = code
		}
	}
	return cmp.Or(err, worst)
}

// code is the exit code as an error without words: the result says the rest.
func (v pickView) code() error {
	switch v.Result {
	case resultFailed:
		return &exit{code: exitUsage}
	case resultConflict, resultDraft:
		return &exit{code: exitFailed}
	}
	return nil
}

func (v pickView) text() string {
	var b strings.Builder
	switch v.Result {
	case resultFailed:
		fmt.Fprintf(&b, "failed: %s\n", oneLine(v.Failed))
	case resultClean:
		fmt.Fprintf(&b, "clean\ncommit %s\ntree   %s\n", v.Commit, v.Tree)
		b.WriteString(v.ways())
		if v.Settled {
			b.WriteString("git alone sees a conflict here; it was settled\n")
		}
	case resultFixed:
		fmt.Fprintf(&b, "already-fixed%s\n", v.Applied.words())
	case resultDraft:
		fmt.Fprintf(&b, "draft, to be reviewed\ncommit %s\ntree   %s\nconflict at %s\n", v.Draft.Commit, v.Draft.Tree, v.At)
	case resultConflict:
		fmt.Fprintf(&b, "conflict at %s\n", v.At)
	default:
		fmt.Fprintf(&b, "%s\n", v.Result)
	}
	for _, s := range v.Steps {
		if s.Skipped != nil {
			fmt.Fprintf(&b, "  %s skipped: applied already%s\n", s.From.Short(), s.Skipped.words())
			continue
		}
		fmt.Fprintf(&b, "  %s -> %s\n", s.From.Short(), s.To.Short())
	}
	for _, f := range v.Files {
		f.write(&b)
	}
	v.Compared.write(&b)
	if v.Verdict != nil && v.Result != resultFixed {
		_, evidence, _ := strings.Cut(v.Verdict.text(), "\n")
		fmt.Fprintf(&b, "verdict %s\n%s", v.Verdict.Verdict, evidence)
	}
	if v.Wrote != "" {
		fmt.Fprintf(&b, "branch %s\n", oneLine(v.Wrote))
	}
	return b.String()
}

// write says what of the change is another one.
func (v *comparedView) write(b *strings.Builder) {
	switch {
	case v == nil:
		return
	case v.Same:
		b.WriteString("the same change as given, line by line\n")
		return
	}
	b.WriteString("not the same change as given\n")
	for _, f := range v.Files {
		fmt.Fprintf(b, "  %s: hunks: %d the same, %d changed, %d dropped, %d added, %d moved here\n", oneLine(f.Path), f.Same, f.Changed, f.Dropped, f.Added, f.Moved)
	}
	for line := range strings.Lines(v.Text) {
		b.WriteString(codeLine(line) + "\n")
	}
}

// ways says how a clean result was made, where there was more than one way to make it.
func (v pickView) ways() string {
	switch {
	case v.Agree == string(backport.AgreementSame):
		return "by the newer branch's fix, and by main's: the same tree\n"
	case v.Agree == string(backport.AgreementDiffer):
		return "by the newer branch's fix; main's gives another tree, review both: " + string(v.Other) + "\n"
	case v.Method == string(backport.MethodChain):
		return "by the newer branch's fix alone; main's conflicts\n"
	}
	return ""
}

func (a *appliedView) words() string {
	words := " (" + a.How + ")"
	for _, sha := range a.By {
		words += " " + string(sha)
	}
	return words
}

// write shows the places in a file as git's own markers do.
func (f conflictFileView) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n%s: %s\n", oneLine(f.Path), f.Kind)
	for _, h := range f.Hunks {
		for _, side := range []struct {
			mark, name string
			lines      sideView
		}{{"<<<<<<<", "the branch", h.Ours}, {"|||||||", "before the commit", h.Base}, {"=======", "the commit", h.Theirs}} {
			fmt.Fprintf(b, "%s %s, %s\n", side.mark, side.name, side.lines.place())
			for line := range strings.Lines(side.lines.Text) {
				b.WriteString(codeLine(line) + "\n")
			}
		}
		b.WriteString(">>>>>>>\n")
		for _, m := range h.Missing {
			fmt.Fprintf(b, "not on the branch: %s %s\n", m.Commit.Short(), oneLine(m.Subject))
		}
	}
}

func (s sideView) place() string {
	switch s.Count {
	case 0:
		return fmt.Sprintf("nothing before line %d", s.First)
	case 1:
		return fmt.Sprintf("line %d", s.First)
	}
	return fmt.Sprintf("lines %d to %d", s.First, s.First+s.Count-1)
}
