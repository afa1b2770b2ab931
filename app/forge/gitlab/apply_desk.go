package gitlab

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// openDesk opens the tracking issue unless one with the marker is there, open or closed. It is confidential beside being in
// a private project, so that whoever makes the project visible by mistake does not show the desk.
func (f *Forge) openDesk(ctx context.Context, do policy.OpenDesk, marker string) (int64, error) {
	number := 0
	err := f.ownIssues(ctx, f.mirror, func(i issue) bool {
		if strings.Contains(i.Description, marker) {
			number = i.Number
		}
		return number == 0
	})
	if err != nil || number != 0 {
		return int64(number), err
	}
	var made issue
	err = f.post(ctx, f.mirror.path()+"/issues",
		map[string]any{"title": do.Title, "description": marked(do.Body, marker), "confidential": true}, &made)
	return int64(made.Number), err
}

// keepNote edits a comment that is kept up to date, or makes it where there is none, or none any more. GitLab also says
// "not found" of what is hidden for a moment; a comment that is still shown is not made a second time.
func (f *Forge) keepNote(ctx context.Context, at string, known int64, body policy.Text, marker string) (int64, error) {
	if known != 0 {
		err := f.put(ctx, at+"/notes/"+strconv.FormatInt(known, 10), map[string]any{"body": marked(body, marker)})
		if !wire.Gone(err) {
			return known, err
		}
		all, looked := f.notes(ctx, at)
		if looked != nil {
			return 0, looked
		}
		if slices.ContainsFunc(all, func(n note) bool { return n.ID == known }) {
			return 0, err
		}
	}
	return f.say(ctx, at, body, marker, true)
}

// say adds a comment to an issue or a merge request, looking for it first where it may be there.
func (f *Forge) say(ctx context.Context, at string, body policy.Text, marker string, look bool) (int64, error) {
	if look {
		found, err := f.findNote(ctx, at, marker)
		if err != nil {
			return 0, err
		}
		if found != nil {
			return found.ID, nil
		}
	}
	var made note
	err := f.post(ctx, at+"/notes", map[string]any{"body": marked(body, marker)}, &made)
	return made.ID, err
}

// closeDesk closes the tracking issue; one that was deleted is as good as closed.
func (f *Forge) closeDesk(ctx context.Context, do policy.CloseDesk) error {
	err := f.turnTo(ctx, f.mirror.issue(do.Desk), "close")
	if wire.Gone(err) {
		return nil
	}
	return err
}
