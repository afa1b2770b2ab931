package gitlab

import (
	"cmp"
	"time"
)

// age is what a list is put in order by.
type age struct {
	created, updated time.Time
	id               int64
}

func (i *issuable) age() age { return age{i.created, i.updated, i.id} }
func (n *note) age() age     { return age{n.created, n.updated, n.id} }

// order reads how a list is wanted: newest first, unless the caller says otherwise.
func (c *call) order() func(a, b age) int {
	byUpdate := c.in.oneOf("order_by", "created_at", "updated_at") == "updated_at"
	ascending := c.in.oneOf("sort", "asc", "desc") == "asc"
	return func(a, b age) int {
		n := a.created.Compare(b.created)
		if byUpdate {
			n = a.updated.Compare(b.updated)
		}
		n = cmp.Or(n, cmp.Compare(a.id, b.id))
		if !ascending {
			n = -n
		}
		return n
	}
}
