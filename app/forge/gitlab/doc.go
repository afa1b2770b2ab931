// Package gitlab is the outbound adapter to GitLab, gitlab.com or self-managed: it reads one advisory's surroundings into a
// [policy.Snapshot] and performs one [policy.Effect] at a time. It decides nothing.
//
//	f, err := gitlab.New(gitlab.Options{Token: fromFile, Project: project, Now: time.Now})
//	reports, err := f.Reports(ctx)                     // confidential issues of the public project, for the sweep
//	snapshot, err := f.Observe(ctx, advisory.Look())   // facts about one advisory; Rules are left to the caller
//	content, found, err := f.ProjectFile(ctx, commit)  // .gitlab/liftgate.yml, from which the caller makes the Rules
//	main, err := f.DefaultBranch(ctx)                  // for Rules.Main where the file does not name it
//	outcome, err := f.Apply(ctx, effect, again)        // anything private; again: an earlier try has an unknown outcome
//	outcome, err := f.ApplyPublic(ctx, clearance, effect, again) // PublishReport, and StartChecks in public
//	url, user, secret, err := f.MirrorGit(ctx)         // likewise PublicGit (read only) and LiftGit (needs a clearance)
//	err := f.TendTokens(ctx)                           // now and then: rotates tokens, if the operator wants it
//	f.Close()                                          // lets idle connections go
//
// # A report
//
// GitLab has no private advisories: a report is a confidential issue of the public project, which its author and Reporters
// see. What Liftgate knows of it stands in one note of its own there, the pointer, which is edited in place: the
// advisory's id, its state, severity and CVE number, and after publication the public issue. The confidential issue stays
// confidential for ever, since making it visible would show every word that was written in it; what is published is a new
// issue, with the report's title and description, in which mentions and references are plain text.
//
// # Errors
//
// Every error carries a [policy.Trouble] for errors.As, and its text is made of fixed words: never GitLab's answer, a URL,
// a branch or a title. For a read, "nothing came back" is unavailable; for a write it is unknown, because it may have
// happened. Nothing here repeats a write. A creation carries [policy.Marker] in its text, and is looked for before it is
// made: always for desks, status comments, fixes and public issues, and for other comments when asked again. A marker
// counts only in a text of our own user's.
//
// # One way in and out
//
// Every request passes through [carrier] and [wire.Wire]: they put the token of its purpose on it, keep at most eight
// requests under way and one write at a time, send nothing while a limit lasts that GitLab has refused a request for, read
// the whole answer and sort whatever is not a success. go-gitlab makes the requests and reads the JSON above them; what it
// adds by itself is switched off. It would repeat a POST after a failure of the server's, which doubles notes and merge
// requests, and sleep through limits by the wall clock: the trouble says until when, and the caller schedules.
//
// # Merges
//
// Nothing here merges: what lands is pushed, and what has landed closes the merge requests. So no request names the head that
// it would merge.
//
// # Words that GitLab would obey
//
// GitLab carries out lines such as "/close" or "/merge" in whatever is written, as the one who writes. Every text that
// goes out has them disarmed, because reporters' words are among them: see marked. What people write at a desk is stripped
// of such lines before we see it; none of the desk's commands has a name of GitLab's.
//
// # Tokens
//
// There are two: one for everything, and the lift's, which alone needs to be able to move public branches. They may be the
// same, which is named as a risk. Each is read from where the operator keeps it for every request, so that a new one is in
// use at once. The lift's is used by [Forge.LiftGit], by the rehearsal, after the lift by what starts CI in public, and
// every ten minutes for one question about itself: whose it is, when it ends and what it may do.
//
// A token is better rotated than replaced: a new project or group token comes with a new user, who has written nothing of
// what is there. GitLab ends the old one when it makes the new, so a rotation whose answer is lost locks Liftgate out.
// Therefore it is done only where the operator wants it, see [Rotation]: a week before the end, never while fixes may land soon,
// and when the place for the new token is proven. An answer that is not clear is told and never asked for again: GitLab takes
// a second rotation of one token for a theft, and ends all its successors. The new token lives as long as the old one did.
// Where GitLab allows less, it is asked for one without an end, and gives it a week, or its own limit where tokens need not
// end; one that lives for less than two weeks is rotated at half its life. Without rotation, Liftgate says in good time that
// a token ends.
//
// # Holds
//
// A fix is held by a commit status, which counts where pipelines must succeed, and on a GitLab that has them by an external
// status check as well, which people make at set-up. Both are signs that whoever may push can change: what a fix reads as is
// what both say, and policy has them put right. The boundary of an embargo is the push to the public project; who else could
// do that is told as a risk, for every branch that is known to be maintained.
//
// # What a snapshot says about things that are gone
//
// A desk that was deleted has its number, is not open and has no URL. A fix that was deleted has its number and is neither
// open nor merged. A report that was deleted has its reference and no state. A commit that the mirror does not have has a
// proof without checks. A person unknown to GitLab has the permission "none". A comment that was edited gives commands
// that policy only answers: a Maintainer can edit the words of somebody else, and GitLab does not say who did. An emoji on a
// comment makes it look edited.
package gitlab
