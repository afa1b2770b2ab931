// Package drill plays whole cases: a stand-in for the forge, a real server in front of it, and people who do
// what people do. `liftgate demo` is a drill that prints its steps; the crash matrix and the property tests are drills that
// break things on the way.
//
//	clock.go    a clock that can be moved on, so that a fortnight passes in a moment
//	town.go     what differs by forge: set-up in town_github.go and town_gitlab.go, what people do in deeds_*.go
//	world.go    the forge and the project in it
//	serve.go    the server, started and stopped and started again
//	wait.go     how fast it all goes
//	seed.go     the small C project with its branches
//	people.go   people who work through the forge's API
//	clone.go    people who work with git
//	plot.go     what a case is about: the small project, or any repository with real history
//	run.go      one case from start to end, with its report; alone.go the stand-in without a case
//	story.go    the case from report to publication, step by step
//	checks.go   what must be true at the end
//	report.go   the result, for people and for machines
package drill
