// Package server wires a configuration into a running Liftgate: store, git stores, forges, engine, executor, web server.
// It is the same wiring for `serve`, the demo, the drills and the commands that work on the database directly.
package server
