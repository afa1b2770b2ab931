// Package gitlab is a stand-in for GitLab: REST v4 over real HTTP, access tokens with scopes and an end, project
// webhooks, and real git over smart HTTP. The demo, the drills and the tests run against it, so it is as strict as
// GitLab is known to be; where GitLab's behaviour is not known, it refuses.
//
// # Starting
//
//	s, err := gitlab.Start(ctx, gitlab.Options{Dir: dir, Now: clock, Wall: time.Now})
//	defer s.Close()
//	s.URL() // http://127.0.0.1:PORT; git remotes are URL/GROUP/NAME.git, any user name, password = any token
//	s.API() // URL + "/api/v4/", what go-gitlab's WithBaseURL wants
//
// Now is domain time and stands in payloads. Wall is real time: tokens expire by it.
//
// # Setting up
//
// What a person would click: [Server.CreateUser] (a [User] has a Token with every scope), [Server.CreateGroup],
// [Server.CreateProject] (bare repository in Dir/repos/GROUP/NAME.git), [Server.ImportGit], [Server.SetMember],
// [Server.CreateToken] (a person's, a project's or a group's; the latter two make a bot), [Server.AddHook],
// [Server.SetHook], [Server.AddGroupHook], [Server.SetVisibility], [Server.SetArchived], [Server.SetIntegration],
// [Server.SetTier], [Server.SetTokenLifetime], [Server.Protect], [Server.SetApprovals], [Server.Review] (asking for changes has no route), [Server.SetCI] and [Server.FinishJob] (jobs without a runner).
// Everything else (issues, notes, labels, merge requests) is done through REST with a person's token, as people do.
//
// Projects and groups are named by their full paths, such as "group/sub/name".
//
// # Watching and breaking
//
// [Server.Requests] and Options.RequestLog give every request without its body; a push has its refs with old and
// new hash. Options.OnPublicWrite is handed every byte that reached a place that strangers can see, raw packs
// included. [Server.DumpObjects] writes every object of a repository, reachable or not, to look for a canary.
// [Server.Deliveries] is the webhook log and [Server.Idle] waits until no webhook is on its way.
// [Server.Fail] and [Server.FailHooks] install fault plans: refuse, apply and then fail, drop the connection,
// delay; lose, duplicate, delay and reorder webhooks.
//
// # What it does not do
//
// GraphQL, epics, milestones, boards, award emoji, threads, work items other than issues, service desk, forks with
// shared objects, and a continuous integration of its own: pipelines are what statuses and tests make them. External status
// checks (Ultimate) and webhooks of groups (Premium) are there, and nothing is sent to them. Of GitLab's
// slash commands it does /close, /reopen, /title, /label, /relabel, /unlabel, /lock, /unlock and /confidential; the
// others vanish from the text, as at GitLab, and fail. A parameter of an issue, a note or a project that is not
// imitated is answered with 501, since to ignore it would be to do something else than was asked.
package gitlab
