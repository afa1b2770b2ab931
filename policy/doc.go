// Package policy takes every decision that Liftgate takes, and does nothing else: it reads no clock, no network and no
// database, writes no log, and imports only the standard library. Whoever wants to know why something happened to an
// advisory finds the answer here.
//
// # How a decision is made
//
// There is one transition function. The engine reads the forge into a [Snapshot] as [Advisory.Look] asks, and calls
//
//	decision := policy.Decide(advisory, policy.Input{Now: now, Seen: snapshot, Outcomes: ended, Pending: keys, ...})
//
// The [Decision] holds the next [Advisory], the [Effect]s to perform, the [Line]s of history, and the [Deadline]s at which
// to look again. The store commits all of it or nothing. Each effect's [Outcome] is an input of a later decision. Decide
// is pure and level-triggered: it compares what should be with what is and asks for the difference, so that a lost
// webhook, a restart or a crash needs no path of its own. In one turn it goes through
//
//	absorb    what became of the effects that were asked for
//	observe   the desk, the report, the branches, the fixes, the checks of the candidates
//	obey      what people asked for by label, slash command or button, each once
//	elapse    what time alone has done to the embargo
//	plan      the difference, as effects: desk, report, holds, backports, candidates, rehearsal, lift, close-out
//
// # The phases of an advisory
//
//	┌──────────┐ accept ┌─────────┐ a fix for main ┌────────┐ all cells closed, ┌───────┐
//	│ reported │───────►│ triaged │───────────────►│ fixing │ rehearsal passed  │ ready │
//	│          │        │         │                │        │──────────────────►│       │
//	│          │        │         │                │        │◄──────────────────│       │
//	└──────────┘        └─────────┘                └────────┘ drift, push, red  └───────┘
//	     │ reject            │ reject <reason>          │ reject <reason>           │ the embargo has ended, and the
//	     ▼                   ▼                          ▼                           ▼ clock or a person says so
//	┌─────────────────────────────────────────────────────┐                    ┌─────────┐ report    ┌───────────┐
//	│ rejected                       (from ready as well) │                    │ lifting │──────────►│ published │
//	└─────────────────────────────────────────────────────┘                    └─────────┘ read back └───────────┘
//
// Up to ready an advisory moves both ways as the facts do: the phase is worked out anew in each turn. From lifting on there
// is only forward. The matter can turn out to be public at any moment before that. This is not a phase: it ends the
// embargo at once, or rules one out, so that the report is published as soon as it is complete and the fixes follow when
// they are ready. After published or rejected, [Advisory.Over] is true once the desk is closed, and
// nothing more is done but what the world is still owed ([Advisory.Owes]).
//
// # The gate of the lift
//
//	         ended, wanted, ready                 refs read back              report read back
//	┌──────┐  compare-and-set     ┌─────────┐                    ┌────────┐                   ┌──────┐
//	│ held │─────────────────────►│ lifting │───────────────────►│ landed │──────────────────►│ done │
//	└──────┘                      └─────────┘                    └────────┘                   └──────┘
//	  /hold and drift stop it       │     ▲ drifted: rebuild, rehearse, push again
//	  here, free of charge          └─────┘ forbidden: page, try again; /resume tries at once;
//	                                        what blocks can still be mended or waived
//
// The store lets the gate out of held by the deadline that an earlier turn wrote. So a turn that ends the embargo itself
// asks to be called again at once, and the next one releases. Effects that write in public ([Effect.Public]) need a
// [Clearance], which only [Advisory.Clear] makes. The notice follows the landing, beside the report; the case is closed when both
// are public.
//
// # The states of an embargo
//
//	          propose              accept (the report, or a proposal)
//	┌──────┐          ┌──────────┐          ┌────────┐  propose   ┌────────┐
//	│ none │─────────►│ proposed │─────────►│ active │───────────►│ revise │  in force under the old terms
//	└──────┘◄─────────└──────────┘          └────────┘◄───────────└────────┘
//	   │      decline       │                   │  agree, decline       │
//	   └────────────────────┴─────────┬─────────┴───────────────────────┘
//	                                  ▼ its end, public, ended early, rejected
//	                             ┌────────┐
//	                             │ exited │
//	                             └────────┘
//
// The state follows from data and time and is not stored: [Embargo.State].
//
// # Where things are
//
//	decide.go       the transition function, and how effects are asked for
//	advisory.go     the state: advisory, cells, lift, phases, gate
//	snapshot.go     what the forge shows; effect.go what is asked of it; outcome.go and trouble.go what became of that
//	decision.go     input and output of the transition function
//	absorb.go       taking in outcomes
//	observe.go      taking in a snapshot
//	commands.go     reading labels, comments and buttons; roles.go who may ask for what
//	obey.go         doing what was asked; obey_lift.go the part about backports and the lift; help.go the table of /help
//	plan.go         the difference: desk, report, holds, candidates, rehearsal
//	backports.go    the difference for stable branches: what is planned again when, drafts, conflicts, notes at fixes
//	lift.go         the start of the lift, the push, publication, close-out
//	notice.go       the notice: its draft, what is rehearsed of it, its versions
//	tags.go         the tags of releases that the lift makes
//	announce.go     the mails about the notice
//	bounce.go       what mail servers report about them
//	cve.go          CVE numbers: asking for one, and the record that follows the notice
//	aftermath.go    what becomes of the fix after the lift; obligation.go what the world is owed until then
//	readiness.go    what is missing, as a tree of verdicts that the desk, the holds and the rehearsal show alike
//	checks.go       CI is started on every branch
//	speech.go       what is said at the desk, each thing once; desk.go the status comment
//	embargo*.go     the embargo; calendar.go and slots.go lift slots
//	rules.go        what a team has agreed for its project
//	text.go         embargoed text, which does not print; clearance.go the permission to write in public
//	doorbell.go     what a webhook is reduced to
//	codec.go        bytes for the store
//
// The whole table, each phase against each input, is in testdata/transitions.golden; the embargo's is in
// testdata/embargo_table.golden. Change a rule, run the tests with -update, and review the difference.
package policy
