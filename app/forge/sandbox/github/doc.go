// Package github is a stand-in for GitHub: REST over real HTTP, App JWTs and installation tokens, signed webhooks,
// and real git over smart HTTP. The demo, the drills and the tests run against it, so it is as strict as GitHub is
// known to be; where GitHub's behaviour is not known, it refuses.
//
// # Starting
//
//	s, err := github.Start(ctx, github.Options{Dir: dir, Now: clock, Wall: time.Now})
//	defer s.Close()
//	s.URL() // http://127.0.0.1:PORT; git remotes are URL/OWNER/NAME.git, password = any token, Basic only
//	s.API() // URL + "/api/", the REST root: go-github's BaseURL, and ghinstallation's without the last slash
//
// Now is domain time and stands in payloads. Wall is real time: App JWTs and tokens expire by it and the request
// log is stamped with it.
//
// # Setting up
//
// What a person would click: [Server.CreateOrg], [Server.CreateUser] (a [User] has a Token that works for REST and
// git), [Server.AddMember], [Server.CreateRepo] (bare repository in Dir/repos/OWNER/NAME.git), [Server.ImportGit],
// [Server.SetPermission], [Server.SetBasePermission], [Server.CreateApp] (an [App] has its key as PEM),
// [Server.SetHook], [Server.Install], [Server.SetInstallation], [Server.Suspend], [Server.AddRuleset],
// [Server.RemoveRuleset], [Server.Protect], [Server.SetReporting], [Server.SetPrivate], [Server.SetPlan],
// [Server.AssignCVE], [Server.PressButton]. Everything else (issues, comments, labels, reviews, merges, reports) is
// done through REST with a person's token, as people do.
//
// Repositories are named "owner/name" throughout.
//
// # Watching and breaking
//
// [Server.Requests] and Options.RequestLog give every request without its body; a push has its refs with old and
// new hash. Options.OnPublicWrite is handed every byte that reached a public place, raw packs included.
// [Server.DumpObjects] writes every object of a repository, reachable or not, to look for a canary.
// [Server.Deliveries] is the webhook log, [Server.Redeliver] and the API repeat one with the same GUID, and
// [Server.Idle] waits until none is on its way. [Server.Fail] and [Server.FailHooks] install fault plans: refuse,
// apply and then fail, drop the connection, delay, rate limits; lose, duplicate, delay and reorder webhooks.
//
// Package contract, beside this one, checks every exchange against GitHub's own OpenAPI description.
//
// # What it does not do
//
// Forks with shared objects, temporary private forks, teams, milestones, reactions, inline review comments, merge
// queues, GraphQL, CVSS 4.0, and organisation-wide rulesets. Commit messages do not close issues.
package github
