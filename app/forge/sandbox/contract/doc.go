// Package contract checks HTTP exchanges and webhook bodies against GitHub's own OpenAPI description, with
// kin-openapi. Tests put it on both sides: before the sandbox as middleware, behind a client as a RoundTripper.
//
//	c := contract.Open(t)            // skips the test if ../shared/oracles/github-openapi.json is absent
//	s, err := github.Start(ctx, github.Options{..., Middleware: c.Middleware, OnHook: c.Hook})
//	...                              // violations fail the test when it ends
//
// The description is read once a process, and an operation of it is loaded when first met. Its known faults are listed in faults.go, each
// by name and reason.
package contract
