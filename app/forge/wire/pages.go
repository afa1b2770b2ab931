package wire

import (
	"maps"
	"net/url"

	"github.com/liftgate/liftgate/policy"
)

const (
	// PerPage is the most that the forges give in one page.
	PerPage  = "100"
	maxPages = 200
)

// Pages reads a list to its end or until each has seen enough. Ask reads the page of one query and gives the query of the
// page that follows, nil after the last.
func Pages[P any](w *Wire, query url.Values, ask func(url.Values, *P) (url.Values, error), each func(P) (more bool)) error {
	q := url.Values{"per_page": {PerPage}}
	maps.Copy(q, query)
	for range maxPages {
		var page P
		next, err := ask(q, &page)
		if err != nil {
			return err
		}
		if !each(page) || next == nil {
			return nil
		}
		q = next
	}
	return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "a list at " + w.Forge + " has more than 20,000 entries"}
}
