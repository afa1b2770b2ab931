// Package app is the engine: it observes, decides, commits and performs, and never decides anything itself.
//
// One turn of one advisory:
//
//	doorbell or deadline
//	   │ Route, Tick
//	   ▼
//	load ──▶ observe ──▶ policy.Decide ──▶ commit ──▶ perform ──┐
//	 ▲       (forge,      (pure)            (state, effects,     │
//	 │        git)                           history, deadlines; │
//	 │                                       one transaction)    │
//	 └──────────────── outcomes are inputs of the next round ◀───┘
//
// A turn runs rounds until nothing is left to do now. It can be stopped anywhere: what was committed is performed by the
// next turn, and an effect whose outcome is unknown is looked for before it is tried again. So starting up means ringing
// every doorbell, and a second replica needs no other protocol than the store's version guard.
//
//	engine.go    what the engine is made of
//	turn.go      one turn
//	observe.go   the snapshot: forge, rules, mirror
//	perform.go   effects, and how their troubles are sorted
//	git.go       the private effects that are work on repositories
//	backports.go the fixes of all stable branches, planned at once; note.go what is said at each of them
//	land.go      the one push to the public branches
//	record.go    the notice's draft, and what it is put together from; publish.go the notices repository
//	files.go     the fix as files beside the notice; byhand.go versions that people typed
//	announce.go  the mails to the lists
//	aftermath.go the life of a published notice; outlook.go what it is told from
//	tags.go      the tags of releases at what has landed
//	cverecord.go the CVE record that follows from the notice
//	follow.go    the mirror follows the public branches
//	intake.go    reports become advisories
//	route.go     doorbells become turns
//	sweep.go     everything, as if every doorbell had rung
//	chores.go    what harms nobody when it is done late
//	timer.go     the only clock besides main's
package app
