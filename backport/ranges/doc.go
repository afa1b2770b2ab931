// Package ranges tells from a repository alone which branches and releases have a bug, and which have its fix.
//
//	h, _ := ranges.Load(ctx, &public.Repo, "")      // the history of all branches and tags, once
//	a, _ := h.Find(ctx, ranges.Query{Introduced: bug, Fix: fix})  // as often as there are notices
//	wrong, _ := h.Verify(ctx, claims, ranges.Tags{})  // what people typed, held against it
//
// # How it works
//
// One git log reads the graph of commits with what their messages say: what they were picked from, what they take back, and
// their subject. A commit that is asked about is followed to its copies by the signs that package backport goes by: their own
// word, the same patch ([backport.PatchID]), or the same subject with author and date or advisory. For a commit that brought the
// bug the same subject and author is enough, where nothing surer is there. Copies of copies are followed, and so are reverts,
// reverts of reverts, and reverts of merges.
//
// Then one walk from the roots up, in memory, marks for every commit which of those it has behind it. A commit is vulnerable
// if something that brought the bug is there, was not taken back, and is not followed by the whole fix. All parts must be there,
// or all commits of a merge that is the fix, or all that landed on a branch as its own form of it. A fix that came before the
// bug, or before it came again, counts for nothing. What is not vulnerable is fixed if the bug was ever there or the fix is,
// and not affected otherwise. Nothing goes by names: a release belongs to the branch on whose line of first parents it is, or
// else to the first branch that contains it.
//
// Where one change brought the bug, and after a fix another one brought it again, each is held against the fix that came after
// it: a release between is fixed.
//
// # Limits
//
//   - A fix that was written anew for a branch under another subject can't be found: say it in [Query.Landed].
//   - Whether a copy is complete is not looked at; its own word is believed. Copies by hand that are not the same patch need the
//     author, the date and the subject.
//   - A revert that does not name a commit by all its digits is not seen, nor one of part of a change: by its words it takes back
//     all of it. Copies by their own word have to name all digits too.
//   - A merge that brought the bug is followed as one change, so name the commit where it may have been picked alone.
//   - All parts of a fix are wanted on every branch, also where one has nothing to mend.
//   - A shallow history is refused ([ErrShallow]); a missing commit is an error; a branch or tag that leads to none is listed
//     ([Answer.Stray]); where trees are missing the same patch is not looked for, and the answer says so ([Answer.Unsearched]).
//
// # Figures
//
// On two busy cores, 50 notices about a repository with 22000 commits, 40 stable branches and 500 tags, the fix picked to every
// branch: 1.7 s to read it once, then 26 ms a notice, 60 ms with its share of the reading. The same answers by git tag
// --contains and git branch --contains, one by one, take 14 s a notice, 226 times as long (several runs: 226 to 416):
//
//	go test ./backport/ranges -run '^$' -bench Notices -benchtime 1x
//
// On real clones fixes have few copies, and a commit-graph file makes git quick: redis (19000 commits, 87 branches) takes 4 s and
// then 16 ms a notice, xen (62000 commits, 53 branches) 12 s and 8 ms, three times the seconds from a cold disk. Git takes 0.1
// and 0.4 s a notice if it is given all commits, 0.7 and 2.6 s if it has to search for the copies. So there a single question
// is no quicker than git, and all later ones are:
//
//	BACKPORT_BENCH=~/src/xen.git go test ./backport/ranges -run '^$' -bench Notices -benchtime 1x
package ranges
