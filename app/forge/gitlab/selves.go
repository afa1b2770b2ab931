package gitlab

import (
	"context"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// is reports whether a user is this one, or one whose place this one took.
func (p person) is(other *person) bool {
	return other != nil && (other.ID == p.ID || p.follows(*other))
}

// follows reports whether two bots are of one project or group, and their tokens of one name. A token that is replaced and
// not rotated comes with a new user; what the old one wrote is still Liftgate's. Nobody else can be taken for it: only a
// Maintainer of the project, or an Owner of the group, makes a token there, and could change Liftgate's own words as well.
func (p person) follows(other person) bool {
	kind, number, bot := botOf(p.Username)
	otherKind, otherNumber, otherBot := botOf(other.Username)
	return bot && otherBot && kind == otherKind && number == otherNumber && p.Name != "" && p.Name == other.Name
}

// botOf reads the name of a project's or group's bot: "project" or "group", and its number.
func botOf(login string) (kind, number string, ok bool) {
	for _, kind := range []string{"project", "group"} {
		if rest, found := strings.CutPrefix(login, kind+"_"); found && botName(login) {
			number, _, _ := strings.Cut(rest, "_")
			return kind, number, true
		}
	}
	return "", "", false
}

// noStranger refuses to write a pointer, or to publish, beside the pointer of another bot: it is most likely that of Liftgate's
// own former one, which is not known by its name. A person who quotes a marker is in nobody's way.
func (f *Forge) noStranger(ctx context.Context, report int) error {
	me, err := f.me(ctx)
	if err != nil {
		return err
	}
	all, err := f.notes(ctx, f.public.issue(report))
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Author != nil && botName(n.Author.Username) && !me.is(n.Author) && strings.Contains(n.Body, pointerMarker()) {
			return wire.Refused("another bot has worked at this report as Liftgate does: if the token was replaced, make one of the same name as the old one's")
		}
	}
	return nil
}
