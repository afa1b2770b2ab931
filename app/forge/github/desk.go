package github

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

type issue struct {
	Number  int       `json:"number"`
	State   string    `json:"state"`
	Title   string    `json:"title"`
	Body    string    `json:"body"`
	URL     string    `json:"html_url"`
	User    *person   `json:"user"`
	Via     *viaApp   `json:"performed_via_github_app"`
	IsPull  *struct{} `json:"pull_request"` // GitHub lists pull requests among the issues
	Created time.Time `json:"created_at"`
}

type comment struct {
	ID      int64     `json:"id"`
	Body    string    `json:"body"`
	User    *person   `json:"user"`
	Via     *viaApp   `json:"performed_via_github_app"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

type issueEvent struct {
	ID      int64     `json:"id"`
	Event   string    `json:"event"`
	Actor   *person   `json:"actor"`
	Created time.Time `json:"created_at"`
	Label   *struct {
		Name string `json:"name"`
	} `json:"label"`
}

// viaApp is the App through which something was written, or null.
type viaApp struct {
	ID   int64  `json:"id"`
	Slug string `json:"slug"`
}

func (f *Forge) issuePath(number int) string {
	return f.mirror.path() + "/issues/" + strconv.Itoa(number)
}

// desk reads the tracking issue and what people asked for at it.
func (f *Forge) desk(ctx context.Context, look policy.Look) (policy.Desk, error) {
	number := look.Desk
	if number == 0 {
		found, err := f.findDesk(ctx, look.Advisory)
		if err != nil || found == 0 {
			return policy.Desk{}, err
		}
		number = found
	}
	var i issue
	err := f.get(ctx, asDesk, f.issuePath(number), &i)
	if wire.Gone(err) {
		return policy.Desk{Number: number, Gone: true}, nil
	}
	if err != nil {
		return policy.Desk{}, err
	}
	desk := policy.Desk{Number: number, Open: i.State == "open", URL: i.URL}
	desk.Commands, err = f.commands(ctx, number)
	return desk, err
}

// findDesk looks for a desk that was opened while its answer was lost: the newest page of issues is enough, since nobody
// else opens a hundred of them between a try and the next look.
func (f *Forge) findDesk(ctx context.Context, advisory string) (int, error) {
	me, err := f.self(ctx)
	if err != nil {
		return 0, err
	}
	anyMarker := strings.TrimSuffix(policy.Marker(""), " -->")
	var found []issue
	q := url.Values{"state": {"all"}, "sort": {"created"}, "direction": {"desc"}, "per_page": {wire.PerPage}}
	if err := f.get(ctx, asDesk, f.mirror.path()+"/issues?"+q.Encode(), &found); err != nil {
		return 0, err
	}
	for _, i := range found {
		if i.IsPull == nil && i.Title == advisory && me.wrote(i.User, i.Via) && strings.Contains(i.Body, anyMarker) {
			return i.Number, nil
		}
	}
	return 0, nil
}

// commands are the labels put on and the slash commands written by people, oldest first. Taking a label off is none.
func (f *Forge) commands(ctx context.Context, number int) ([]policy.Command, error) {
	var events []issueEvent
	var comments []comment
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		events, err = every[issueEvent](gctx, f, asDesk, f.issuePath(number)+"/events", nil)
		return err
	})
	group.Go(func() (err error) {
		comments, err = f.comments(gctx, number)
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var asked reading.Asked
	for _, e := range events {
		if e.Event == "labeled" && e.Label != nil && e.Actor.human() {
			asked.Label(e.ID, e.Actor.Login, e.Created, e.Label.Name)
		}
	}
	for _, c := range comments {
		if c.User.human() && (c.Via == nil || c.Via.ID != f.app.id) {
			asked.Comment(c.ID, c.User.Login, c.Created, c.Body, c.edited())
		}
	}
	return asked.Commands(), nil
}

// edited reports whether the words may be somebody else's: see the package's documentation.
func (c comment) edited() bool { return c.Updated.After(c.Created) }

func (f *Forge) comments(ctx context.Context, number int) ([]comment, error) {
	return every[comment](ctx, f, asDesk, f.issuePath(number)+"/comments", nil)
}

// identity is who we are when we write.
type identity struct {
	id  int64
	bot string // login
}

// self asks GitHub for the App's own name; the answer costs nothing when it has not changed.
func (f *Forge) self(ctx context.Context) (identity, error) {
	var me viaApp
	if err := f.get(ctx, asApp, "app", &me); err != nil {
		return identity{}, err
	}
	return identity{id: f.app.id, bot: me.Slug + "[bot]"}, nil
}

// wrote reports whether the App itself wrote something. A person who quotes a marker is not believed.
func (me identity) wrote(user *person, via *viaApp) bool {
	if user == nil || user.human() {
		return false
	}
	return via != nil && via.ID == me.id || strings.EqualFold(user.Login, me.bot)
}

// findComment looks for the comment that carries a marker; zero if there is none.
func (f *Forge) findComment(ctx context.Context, number int, marker string) (int64, error) {
	me, err := f.self(ctx)
	if err != nil {
		return 0, err
	}
	all, err := f.comments(ctx, number)
	if err != nil {
		return 0, fmt.Errorf("look for the comment: %w", err)
	}
	for _, c := range all {
		if me.wrote(c.User, c.Via) && strings.Contains(c.Body, marker) {
			return c.ID, nil
		}
	}
	return 0, nil
}
