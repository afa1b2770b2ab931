// Package contract checks HTTP exchanges and webhook bodies against what the forges publish about themselves. Tests put it
// on both sides: before a stand-in as middleware, behind a client as a RoundTripper.
//
//	c := contract.GitHub(t)          // or GitLab(t), or CVE(t); skips the test if its oracle is not beside the repository
//	s, err := github.Start(ctx, github.Options{..., Middleware: c.Middleware, OnHook: c.Hook})
//	...                              // violations fail the test when it ends
//
// Requests of Liftgate's own are checked whatever becomes of them, those of others when they are answered with success.
//
// GitHub's contract is its OpenAPI description, shared/oracles/github-openapi.json, with kin-openapi. The description is
// read once a process, and an operation of it is loaded when first met. GitLab's contract is the operations and parameters
// of its description, shared/oracles/gitlab/routes.json, and the schemas to which GitLab's own tests hold its answers.
//
// CVE Services' contract is their OpenAPI description with its schemas, shared/oracles/cve-services.
//
// Known faults of the descriptions are listed in github_faults.go, gitlab_faults.go and cve.go, each by name and reason.
package contract
