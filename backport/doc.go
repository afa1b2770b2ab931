// Package backport does Liftgate's work with git, without ever checking anything out: it follows the public repository,
// fetches embargoed fixes, picks them onto stable branches, builds the candidates of a lift, and lands them in one
// atomic push. It decides nothing; package policy does.
//
// # Stores
//
// [Open] gives the folder of all stores. [Stores.Public] is one bare repository per project that follows the public
// one. [Stores.Embargoed] is one per advisory: it borrows the public objects and keeps its own, so that neither the public
// store nor another advisory can see them, and [Stores.Destroy] removes them. Every store is a cache that can be rebuilt
// from the remotes: after a crash just go on, after damage ([ErrCorrupt]) destroy and fetch. Several processes may use the
// same folder at once.
//
// # From fix to landing
//
//	stores, _ := backport.Open(ctx, dir)
//	pub, _ := stores.Public(ctx, "acme/tool")
//	pub.Follow(ctx, public, mirror, branches)              // public tips, and the mirror moved to them
//	e, _ := stores.Embargoed(ctx, "acme/tool", "LSN-2026-0007")
//	head, _ := e.FetchFix(ctx, mirror, "refs/pull/12/head") // the fix for main
//	fix, _ := e.Commits(ctx, mainTip, head)                // its commits
//	e.Pick(ctx, backport.Pick{...})                        // a backport: clean, applied already, or a conflict as data
//	e.Plan(ctx, backport.Plan{...})                        // the same by the newer branch's fix and by main's, compared
//	run, end := e.Keeping(ctx)                             // for one run over several branches: the same store, faster
//	run.Foresee(ctx, backport.Plan{...}, tips)             // searches and merges for all of them at once
//	e.Affected(ctx, backport.Inquiry{...})                 // whether the branch has the bug at all, with evidence
//	e.Explain(ctx, conflict)                               // which commits the branch lacks
//	e.PushMirror(ctx, mirror, refs)                        // private branches, compare-and-set
//	e.Candidate(ctx, backport.Candidate{...})              // what a public branch will point to
//	e.Land(ctx, clearance, public, refs)                   // all public branches, or none
//	e.Tag(ctx, clearance, public, tags)                    // release tags, after that
//	stores.Destroy(ctx, "acme/tool", "LSN-2026-0007")      // when the advisory is closed
//
// The same input gives the same SHAs: author and dates come from the source commit and the caller, never from a clock.
// So after a crash every step can be repeated, and finds its work done.
//
// # Secrets
//
// Messages, names, file paths and text of embargoed commits are [policy.Text]. Errors hold a [Kind] and git's
// subcommand, never a word that git or a server printed. Credentials reach git through its environment alone, bound to
// the remote's address. Only [Embargoed.Land] and [Embargoed.Tag] write in public; both want a [policy.Clearance].
//
// Git itself runs with nothing of the machine's configuration, no hooks, no prompts, no protocol but HTTP (and file, where
// a remote says so), bounded time and output. It must be 2.38 or newer.
package backport
