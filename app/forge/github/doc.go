// Package github is the outbound adapter to GitHub: it reads one advisory's surroundings into a [policy.Snapshot] and
// performs one [policy.Effect] at a time. It decides nothing.
//
//	f, err := github.New(github.Options{AppID: 7, Key: pem, Project: project, Now: time.Now})
//	reports, err := f.Reports(ctx)                     // private reports and drafts, for the sweep
//	snapshot, err := f.Observe(ctx, advisory.Look())   // facts about one advisory; Rules are left to the caller
//	content, found, err := f.ProjectFile(ctx, commit)  // .github/liftgate.yml, from which the caller makes the Rules
//	main, err := f.DefaultBranch(ctx)                  // for Rules.Main where the file does not name it
//	outcome, err := f.Apply(ctx, effect, again)        // anything private; again: an earlier try has an unknown outcome
//	outcome, err := f.ApplyPublic(ctx, clearance, effect, again) // PublishReport
//	url, user, secret, err := f.MirrorGit(ctx)         // likewise PublicGit (read only) and LiftGit (needs a clearance)
//	n, err := f.MissedDeliveries(ctx, since)           // asks GitHub to deliver failed webhooks again
//	f.Close()                                          // lets idle connections go
//
// # Errors
//
// Every error carries a [policy.Trouble] for errors.As, and its text is made of fixed words: never GitHub's answer, a URL,
// a branch or a title. For a read, "nothing came back" is unavailable; for a write it is unknown, because it may have
// happened. Nothing here repeats a write. A creation carries [policy.Marker] in its text, and is looked for before it is
// made: always for desks, status comments and fixes, and for other comments when asked again.
//
// # One way in and out
//
// Every request passes through [carrier] and [wire.Wire]: they pick the token of its purpose, add the ETag of what was read
// before, keep at most eight requests under way and one write at a time, send nothing while a limit lasts that GitHub has
// refused a request for, read the whole answer and sort whatever is not a success. go-github does the requests and the JSON
// above them. Its own notion of rate limits is kept out: it knows only the 403 forms, and it asks the wall clock. Nothing sleeps
// through a limit either, as go-github-ratelimit would, which sends writes again with a body that is spent: the trouble
// says until when, and the caller schedules.
//
// # Tokens
//
// One purpose, one token, one repository, the least permissions: see grant in tokens.go. SDK permissions would drop
// repository_advisories, so tokens are minted with raw JSON. Only [Forge.LiftGit] hands out a token that can move public
// refs, and it is minted fresh each time.
//
// # What a snapshot says about things that are gone
//
// A desk that was deleted has its number, is not open and has no URL. A fix that was deleted has its number and is neither
// open nor merged. A commit that the mirror does not have has a proof without checks. A person unknown to GitHub has the
// permission "none". A comment that was edited gives commands that policy only
// answers: anybody who may write in the mirror can edit the words of somebody else, and GitHub does not say who did.
package github
