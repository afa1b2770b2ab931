package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// maxNote bounds the comment at a fix: what a person reads. The commands in it show the rest.
const maxNote = 12 << 10

// note says at a fix how it was made, how it differs from main's, and where it conflicts. The words go to the desk's side
// of the mirror and nowhere else: this is where backport's boxes are opened for that.
func (p *planning) note(ctx context.Context, target policy.Target, planned backport.Planned, v backport.Verdict) (string, error) {
	var b strings.Builder
	switch {
	case planned.Result.Picked != nil:
		fmt.Fprintf(&b, "**How this fix was made:** %s.", p.source(planned.Method))
		if err := p.writeAgreement(ctx, &b, target, planned); err != nil {
			return "", err
		}
		writeVerdict(&b, v)
		return p.compared(ctx, &b, target, planned.Result.Picked.Head)
	case planned.Draft != nil:
		fmt.Fprintf(&b, "**This is a draft.** The fix does not apply here: %s conflicts. Edits that touch without overlapping were both taken, "+
			"which is a guess and needs the approval of a person who has read it.", p.source(planned.Draft.Method))
		writeVerdict(&b, v)
		writeConflict(&b, planned.Result.Conflict)
		return p.compared(ctx, &b, target, planned.Draft.Head)
	}
	c := planned.Result.Conflict
	fmt.Fprintf(&b, "**This shows a conflict** of %s, with markers in the files, and never lands like this. To resolve it:\n", p.source(planned.Method))
	fmt.Fprintf(&b, "```sh\ngit fetch origin\ngit switch --detach %s\n# settle the marked places, then\ngit commit --all --amend --no-edit\n", shell("origin/"+target.Ref))
	rest, err := p.rest(ctx, planned.Method, c.Commit)
	if err != nil {
		return "", err
	}
	if len(rest) > 0 {
		fmt.Fprintf(&b, "git cherry-pick -x %s\n", strings.Join(rest, " "))
	}
	fmt.Fprintf(&b, "git push --force-with-lease origin %s\n```\nA commit on top does as well. Older branches follow what is pushed.\n", shell("HEAD:refs/heads/"+target.Ref))
	writeVerdict(&b, v)
	writeConflict(&b, c)
	return bounded(b.String()), nil
}

// shell makes one word of a command: git allows nearly anything in the name of a branch.
func shell(word string) string {
	if strings.Trim(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._:-") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// ownNote compares people's own fix with main's.
func (p *planning) ownNote(ctx context.Context, target policy.Target, head, lacking backport.SHA) (string, error) {
	var b strings.Builder
	b.WriteString("**How this fix was made:** by a person. Liftgate leaves it as it is.")
	if lacking != "" {
		fmt.Fprintf(&b, "\n\n**Is it whole?** Main's fix has more commits, and `git cherry-pick -x %s` would still change something here.", lacking)
	}
	return p.compared(ctx, &b, target, head)
}

func (p *planning) source(m backport.Method) string {
	if m == backport.MethodChain {
		return "the fix as it stands for " + code(p.from)
	}
	return "main's fix " + code(backport.SHA(p.do.Source).Short())
}

// writeAgreement shows how two ways differ, and how to take the other one: a person has to choose.
func (p *planning) writeAgreement(ctx context.Context, b *strings.Builder, target policy.Target, planned backport.Planned) error {
	switch planned.Agreement {
	case backport.AgreementSame:
		b.WriteString(" Main's own fix gives the same tree.")
	case backport.AgreementDiffer:
		diff, err := p.store.Diff(ctx, planned.Other.Head, planned.Result.Picked.Head)
		if err != nil {
			return err
		}
		picks, err := p.rest(ctx, backport.MethodMain, "")
		if err != nil {
			return err
		}
		b.WriteString(" Main's own fix applies too and gives another result, which is seldom the right one.")
		if diff.Empty() {
			b.WriteString(" The two are too large to compare here.\n")
		} else {
			fmt.Fprintf(b, " What this one has (+) and that one would have (-):\n\n%s", fenced("diff", diff.Reveal(), maxNote/3))
		}
		fmt.Fprintf(b, "\nApprove this one, or take main's instead:\n```sh\ngit fetch origin\ngit switch --detach %s\ngit cherry-pick -x %s\n"+
			"git push --force-with-lease origin %s\n```\n", target.Onto, strings.Join(picks, " "), shell("HEAD:refs/heads/"+target.Ref))
	}
	return nil
}

// compared ends a note with the difference from main's fix.
func (p *planning) compared(ctx context.Context, b *strings.Builder, target policy.Target, head backport.SHA) (string, error) {
	d, err := p.store.Compare(ctx, backport.SHA(p.do.Main), backport.SHA(p.do.Source), backport.SHA(target.Onto), head)
	if err != nil {
		return "", err
	}
	if d.Same {
		b.WriteString("\n\n**Compared with main's fix:** the same change, line by line.\n")
		return bounded(b.String()), nil
	}
	if d.Text.Empty() {
		b.WriteString("\n\n**Compared with main's fix:** they are too large to compare here.\n")
		return bounded(b.String()), nil
	}
	b.WriteString("\n\n**Compared with main's fix:** it differs.\n")
	writeDifference(b, d.Files)
	fmt.Fprintf(b, "<details><summary>git range-diff</summary>\n\n%s\n</details>\n", fenced("", d.Text.Reveal(), maxNote/2))
	return bounded(b.String()), nil
}

// maxDiffering bounds the files that are named as differing.
const maxDiffering = 20

// writeDifference says file by file what of the change is another one.
func writeDifference(b *strings.Builder, files []backport.FileDifference) {
	if len(files) == 0 {
		b.WriteString("All in all it changes the same lines to the same.\n")
	}
	for i, f := range files {
		if i == maxDiffering {
			fmt.Fprintf(b, "- and %d more files\n", len(files)-i)
			break
		}
		var words []string
		for _, w := range []struct {
			n    int
			word string
		}{{f.Same, "the same"}, {f.Changed, "changed"}, {f.Dropped, "dropped"}, {f.Added, "added"}, {f.Moved, "moved here from another file"}} {
			if w.n > 0 {
				words = append(words, fmt.Sprintf("%d %s", w.n, w.word))
			}
		}
		fmt.Fprintf(b, "- %s: hunks %s\n", code(f.Path.Reveal()), strings.Join(words, ", "))
	}
	b.WriteString("\n")
}

// rest are the commits that come after the one in conflict, as git cherry-pick takes them.
func (p *planning) rest(ctx context.Context, m backport.Method, conflict backport.SHA) ([]string, error) {
	list, after := p.main, slices.Index(p.main, conflict)+1
	if m == backport.MethodChain {
		list, after = p.chain, slices.Index(p.chain, conflict)+1
	}
	var rest []string
	for _, sha := range list[after:] {
		commit, err := p.store.Commit(ctx, sha)
		if err != nil {
			return nil, err
		}
		fetched := m != backport.MethodChain || p.own == ""
		if !fetched {
			if fetched, err = p.store.Ancestor(ctx, sha, p.own); err != nil {
				return nil, err
			}
		}
		if !fetched { // joined here, from a conflict and its resolution: main's do as well
			return p.rest(ctx, backport.MethodMain, p.main[min(after, len(p.main))-1])
		}
		if len(commit.Parents) > 1 && !slices.Contains(rest, "-m 1") {
			rest = append([]string{"-m 1"}, rest...)
		}
		rest = append(rest, string(sha))
	}
	return rest, nil
}

// maxSide bounds the lines shown of one side of one hunk.
const maxSide = 1500

// writeConflict explains each hunk: what main changed, what the branch has, and who wrote lines that the branch lacks.
func writeConflict(b *strings.Builder, c *backport.Conflict) {
	for _, f := range c.Files {
		fmt.Fprintf(b, "\n%s (%s)\n", code(f.Path.Reveal()), f.Kind)
		if len(f.Hunks) == 0 {
			fmt.Fprintf(b, "- %s\n", whole(f))
		}
		for _, h := range f.Hunks {
			if b.Len() > maxNote {
				return
			}
			fmt.Fprintf(b, "- What the fix changes, around its line %d:\n\n%s\n  What the branch has, from line %d:\n\n%s\n",
				h.Theirs.First, indented(fenced("diff", signed("-", h.BaseText)+signed("+", h.TheirsText), maxSide)),
				h.Ours.First, indented(fenced("", h.OursText.Reveal(), maxSide)))
			if len(h.Missing) == 0 {
				continue
			}
			b.WriteString("  Commits that wrote these lines and that the branch lacks, most likely first:\n")
			for _, s := range h.Missing {
				fmt.Fprintf(b, "  - %s %s\n", code(s.Commit.Short()), code(s.Words.Reveal()))
			}
		}
	}
}

// whole says what is in conflict where no hunks show it.
func whole(f backport.ConflictFile) string {
	switch f.Kind {
	case backport.ConflictModifyDelete:
		if f.Ours.OID == "" {
			return "The fix changes it, and the branch does not have it. Either the branch has the code elsewhere, or it needs nothing of this."
		}
		return "The fix deletes it, and the branch has changed it since. Look whether what the branch changed is still needed."
	case backport.ConflictBinary:
		return "It is binary and was changed on both sides. Make it anew for the branch, or take one side's."
	case backport.ConflictRename, backport.ConflictDirectory:
		return "It has another place or name on the branch than where the fix puts it. Say which holds, and move the change there."
	case backport.ConflictFileDir:
		return "One side has a file there and the other a folder. One of them has to move."
	case backport.ConflictMode, backport.ConflictLink:
		return "The sides differ in what it is, a file, a link or a submodule, or in where the link leads. Choose one."
	case backport.ConflictSubmodule:
		return "It is a submodule at different commits. Choose a commit that has the fix and that the branch can be built with."
	}
	return "It is too large to show, or not text. A clone shows it."
}

func signed(sign string, text policy.Text) string {
	var b strings.Builder
	for line := range strings.Lines(text.Reveal()) {
		b.WriteString(sign + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

func indented(text string) string {
	return "  " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n  ") + "\n"
}

// fenced shows text as code, cut at a line. The fence is longer than any that the text holds.
func fenced(lang, text string, most int) string {
	if len(text) > most {
		end := strings.LastIndexByte(text[:most], '\n') + 1
		text = text[:end] + "…\n"
	}
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + lang + "\n" + strings.ToValidUTF8(text, "\uFFFD") + fence + "\n"
}

// code shows a few words of others as code, on one line.
func code(words string) string {
	words = strings.NewReplacer("`", "'", "\n", " ", "\r", " ").Replace(strings.ToValidUTF8(words, "\uFFFD"))
	if len(words) > 200 {
		words = strings.ToValidUTF8(words[:200], "") + "…"
	}
	return "`" + words + "`"
}

// bounded cuts a note, and closes a fence that the cut left open.
func bounded(note string) string {
	if len(note) <= maxNote {
		return note
	}
	end := strings.LastIndexByte(note[:maxNote], '\n') + 1
	note = note[:end]
	open := ""
	for line := range strings.Lines(note) {
		mark := strings.TrimLeft(line, " ")
		run := mark[:len(mark)-len(strings.TrimLeft(mark, "`"))]
		switch {
		case len(run) < 3:
		case open == "":
			open = run
		case len(run) >= len(open):
			open = ""
		}
	}
	if open != "" {
		note += open + "\n"
	}
	return note + "\nThere is more; a clone shows all of it.\n"
}

// writeVerdict says whether the branch has the bug at all, as far as anything tells.
func writeVerdict(b *strings.Builder, v backport.Verdict) {
	words := spared(v)
	switch v.Standing {
	case backport.IsAffected:
		var there []string
		for _, in := range v.Introduced {
			if in.Here != nil {
				there = append(there, in.Commit.Short()+by(in.Here))
			}
		}
		words = "yes, what introduced it is there: " + strings.Join(there, ", ")
	case backport.NotKnown:
		words = "not known, for no commit is named that introduced it. `/introduced` at the desk names one, or a \"Fixes:\" line in the fix"
	}
	fmt.Fprintf(b, "\n\n**Does the branch have the bug?** %s.\n", words)
}

// spared says why a branch may need no fix, if anything says so.
func spared(v backport.Verdict) string {
	switch v.Standing {
	case backport.AlreadyFixed:
		return "it seems to have the fix already" + by(v.Fixed)
	case backport.NotAffected:
	default:
		return ""
	}
	if len(v.Introduced) == 0 {
		return fmt.Sprintf("none of the %d files that the fix changes is there", v.Paths)
	}
	var why []string
	for _, in := range v.Introduced {
		how := " is not on it, nor a copy"
		if in.Undone {
			how = " was reverted there"
		}
		why = append(why, in.Commit.Short()+how)
	}
	return "what introduced the bug is missing: " + strings.Join(why, ", ")
}

// unsure reports whether words alone, which no tool wrote, say that a fix is there.
func unsure(how backport.How) bool {
	return how == backport.HowAuthor || how == backport.HowAdvisory || how == backport.HowName
}

func by(a *backport.Applied) string {
	if a == nil || len(a.By) == 0 {
		return ""
	}
	return fmt.Sprintf(" as %s (%s)", a.By[0].Short(), a.How)
}
