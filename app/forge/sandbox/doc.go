// Package sandbox is what the stand-ins for the forges have in common. The demo, the drills and the tests run against
// a stand-in instead of a forge; what makes one forge different from another is in the rooms beside it:
//
//	sandbox           this package: the server, the request log, fault plans, bare repositories, git and REST over HTTP,
//	                  webhooks on their way
//	sandbox/github    GitHub's stand-in
//	sandbox/gitlab    GitLab's stand-in
//	sandbox/cve       the stand-in of CVE Services, which are no forge and are broken in the same ways
//	sandbox/contract  holds what the stand-ins say to what the forges publish about their APIs
//
// A stand-in owns its world and the lock around it: who may, what is allowed, what follows. This package knows neither
// people nor projects. It takes the address ([Server]) and reads requests and sends answers ([REST], [Exchange],
// [Pattern]), keeps what was served ([Recorder]), breaks what it is told to break ([Faults], [Play]), holds the code
// ([Depot], [Bare]) and gives it out and takes it in over HTTP ([GitHTTP]), asking the stand-in who is there ([Visitor])
// and what they may push ([Judge]), and it brings webhooks to their receivers ([Courier]).
package sandbox
