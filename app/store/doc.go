// Package store keeps everything that must survive: advisories, their history, effects, deadlines and doorbells. It runs
// on SQLite (one server, no setup) and on PostgreSQL (several replicas) with one SQL text, and imports nothing of ours but
// policy.
//
// # The tables and who moves them
//
//	doorbells   Ring -> Doorbells -> Answer or Commit -> Forget         "something changed there"
//	advisories  Intake -> Load -> Commit                                the state, guarded by its version
//	effects     Commit -> Claim -> Finish or Retry -> Load -> Commit    what is to be done outside, once
//	deadlines   Commit -> Due                                           instants at which somebody must look
//	history     Intake, Commit -> History, VerifyHistory                who, when, what, why; append-only
//
// A press of a button rests as a doorbell: [Store.Load] gives it to the advisory on whose head it was pressed, or to which
// [Store.RingFor] gave it, and so does a bounce of one of its announcements; the Commit of the decision that saw it answers it.
//
// One turn of the engine is: Load, decide, Commit. [Store.Commit] stores the new state, its effects, its history lines and
// its deadlines in one transaction, and nothing at all when somebody else committed since the Load ([ErrStale]) or when the
// decision releases a lift whose deadline is not due ([ErrNotDue]). Then Claim, perform and Finish each effect; the outcomes
// come back with the next Load.
//
// # Promises
//
//   - A call that returned nil survives a kill -9 and a power cut: SQLite runs with synchronous=FULL, and a PostgreSQL that
//     does not sync its commits is refused at Open.
//   - An effect is claimed by one worker at a time. A [Claim] carries the number of the attempt, which fences off every
//     earlier one; Again says that an earlier attempt may have happened, so look before doing it (invariant 6).
//   - The lift's deadline leaves "held" once, by compare-and-set, and not before it is due (invariant 4).
//   - Whatever may hold embargoed text is encrypted with the caller's [Keys] and bound to its table, advisory, row and
//     column, so that a copy of the database says nothing and a value moved elsewhere does not open.
//   - Time is an input: every function that needs an instant takes it. Instants rest as microseconds in UTC.
//
// # History
//
// Each line's hash covers the line before, so an edit, a reordering or a deletion breaks the chain. The words of a line are
// in the hash only through a commitment under a random salt that is sealed with them: a reader of the database can't guess
// embargoed words and check the guess, changing keys breaks nothing, and nobody without the keys can make a line or change
// one. The number and hash of the last line are sealed beside the state, so a missing tail is found too. What it can't find
// is the whole database put back from an older copy.
//
// # Keys
//
// [LoadKeys] reads a keyset that is encrypted to an age identity. [RotateKeys] adds a key, and [Store.Reseal] moves
// everything over to it. Open refuses keys that did not seal what is in the database.
//
// # Executor
//
// [Executor] runs River, which only wakes: the truth is in the rows, so a lost, doubled or late wake costs a look. See
// wake.go for how a wake that arrives while its job runs is kept.
//
// Tests of other packages get a PostgreSQL from storetest, and keys from [NewKeys].
package store
