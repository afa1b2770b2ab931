package github

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// openDesk opens the tracking issue unless one with the marker is there, open or closed.
func (f *Forge) openDesk(ctx context.Context, do policy.OpenDesk, marker string) (int64, error) {
	if number, err := f.findIssue(ctx, marker); err != nil || number != 0 {
		return int64(number), err
	}
	var made issue
	err := f.post(ctx, f.mirror.path()+"/issues", map[string]any{"title": do.Title, "body": marked(do.Body, marker)}, &made)
	return int64(made.Number), err
}

// deskPages bounds how far back a marker is looked for: a thousand issues and pull requests, which no desk falls behind
// between two tries.
const deskPages = 10

func (f *Forge) findIssue(ctx context.Context, marker string) (int, error) {
	me, err := f.self(ctx)
	if err != nil {
		return 0, err
	}
	number, page := 0, 0
	q := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"desc"}}
	err = pages(ctx, f, asDesk, f.mirror.path()+"/issues", q, func(found []issue) bool {
		for _, i := range found {
			if i.IsPull == nil && me.wrote(i.User, i.Via) && strings.Contains(i.Body, marker) {
				number = i.Number
				return false
			}
		}
		page++
		return page < deskPages
	})
	return number, err
}

// keepComment edits a comment that is kept up to date, or makes it where there is none, or none any more. GitHub also says
// "not found" of what is hidden for a moment; a comment that is still shown is not made a second time.
func (f *Forge) keepComment(ctx context.Context, number int, known int64, body policy.Text, marker string) (int64, error) {
	if known != 0 {
		err := f.patch(ctx, asDesk, f.mirror.path()+"/issues/comments/"+strconv.FormatInt(known, 10),
			map[string]any{"body": marked(body, marker)})
		if !wire.Gone(err) {
			return known, err
		}
		all, looked := f.comments(ctx, number)
		if looked != nil {
			return 0, looked
		}
		if slices.ContainsFunc(all, func(c comment) bool { return c.ID == known }) {
			return 0, err
		}
	}
	return f.say(ctx, number, body, marker, true)
}

// say adds a comment, looking for it first where it may be there.
func (f *Forge) say(ctx context.Context, number int, body policy.Text, marker string, look bool) (int64, error) {
	if look {
		if id, err := f.findComment(ctx, number, marker); err != nil || id != 0 {
			return id, err
		}
	}
	var made comment
	err := f.post(ctx, f.issuePath(number)+"/comments", map[string]any{"body": marked(body, marker)}, &made)
	return made.ID, err
}

// closeDesk closes the tracking issue; one that was deleted is as good as closed.
func (f *Forge) closeDesk(ctx context.Context, do policy.CloseDesk) error {
	err := f.patch(ctx, asDesk, f.issuePath(do.Desk), map[string]any{"state": "closed", "state_reason": "completed"})
	if wire.Gone(err) {
		return nil
	}
	return err
}
