package gitlab

import (
	"context"
	"strconv"
	"strings"
	"sync"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// isSelf reports whether a user is Liftgate's, or one whose place that one took.
func (f *Forge) isSelf(ctx context.Context, who *person) (bool, error) {
	me, err := f.me(ctx)
	if err != nil || who == nil {
		return false, err
	}
	if who.ID == me.ID || !me.follows(*who) {
		return who.ID == me.ID, nil
	}
	return f.isBot(ctx, who.ID)
}

// bots remember who is a bot of GitLab's making: that never changes.
type bots struct {
	mu    sync.Mutex
	known map[int64]bool
}

// mostBots bounds how many users are remembered. Only those are asked about who have the name of a bot.
const mostBots = 1000

// isBot asks GitLab whether a user is a bot. Its name proves nothing: people can take such names.
func (f *Forge) isBot(ctx context.Context, id int64) (bool, error) {
	f.bots.mu.Lock()
	bot, known := f.bots.known[id]
	f.bots.mu.Unlock()
	if known {
		return bot, nil
	}
	var who person
	err := f.get(ctx, asBot, "users/"+strconv.FormatInt(id, 10), &who)
	if err != nil && !wire.Gone(err) { // one that is deleted is nobody's predecessor
		return false, err
	}
	f.bots.mu.Lock()
	defer f.bots.mu.Unlock()
	if f.bots.known == nil || len(f.bots.known) >= mostBots {
		f.bots.known = map[int64]bool{}
	}
	f.bots.known[id] = who.Bot
	return who.Bot, nil
}

// follows reports whether two users have the names of bots of one project or group, and their tokens one name. A token that
// is replaced and not rotated comes with a new user; what the old one wrote is still Liftgate's. If it is a bot, nobody else
// can be taken for it: only a Maintainer of the project, or an Owner of the group, makes a token there, and could change
// Liftgate's own words as well.
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
	all, err := f.notes(ctx, f.public.issue(report))
	if err != nil {
		return err
	}
	for _, n := range all {
		if n.Author == nil || !botName(n.Author.Username) || !strings.Contains(n.Body, pointerMarker()) {
			continue
		}
		if bot, err := f.isBot(ctx, n.Author.ID); err != nil {
			return err
		} else if bot {
			return wire.Refused("another bot has worked at this report as Liftgate does: if the token was replaced, make one of the same name as the old one's")
		}
	}
	return nil
}
