package backport

import "context"

// Applied is a stub.
func (r *Repo) Applied(ctx context.Context, commits []SHA, onto SHA) (map[SHA]Applied, error) { return nil, nil }
