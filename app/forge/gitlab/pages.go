package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/liftgate/liftgate/app/forge/wire"
	gogitlab "github.com/xanzy/go-gitlab"
)

// pages reads a list to its end or until it has seen enough.
func pages[T any](ctx context.Context, f *Forge, as purpose, path string, query url.Values, each func([]T) (more bool)) error {
	return wire.Pages(f.wire, query, func(q url.Values, page *[]T) (url.Values, error) {
		resp, err := f.call(ctx, as, http.MethodGet, path, q, nil, page)
		if err != nil {
			return nil, err
		}
		return next(q, resp), nil
	}, each)
}

// next is the query of the page that follows, nil after the last: numbered where GitLab numbers its pages, else what the
// link says. Only the query is taken from a link: it leads nowhere else.
func next(q url.Values, resp *gogitlab.Response) url.Values {
	if resp.NextPage > 0 {
		q.Set("page", strconv.Itoa(resp.NextPage))
		return q
	}
	if resp.NextLink == "" || resp.Header.Get("X-Page") != "" { // numbered, and this was the last
		return nil
	}
	link, err := url.Parse(resp.NextLink)
	if err != nil {
		return nil // not GitLab's form of a link, so there is no next page
	}
	return link.Query()
}

// every reads a whole list of objects.
func every[T any](ctx context.Context, f *Forge, path string, query url.Values) ([]T, error) {
	return everyAs[T](ctx, f, asBot, path, query)
}

func everyAs[T any](ctx context.Context, f *Forge, as purpose, path string, query url.Values) ([]T, error) {
	var all []T
	err := pages(ctx, f, as, path, query, func(page []T) bool {
		all = append(all, page...)
		return true
	})
	return all, err
}
