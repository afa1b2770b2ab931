package gitlab

// code is what a project keeps about its repository beside git itself: protected branches, merge requests, pipelines.
type code struct {
	lastMerge int64 // iid of the newest merge request
}

// codeRoutes serves branches, commits, files, merge requests, statuses and pipelines.
func codeRoutes() []route { return nil }
