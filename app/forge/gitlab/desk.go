package gitlab

import (
	"cmp"
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
	Number       int       `json:"iid"`
	State        string    `json:"state"`
	Title        string    `json:"title"`
	Description  string    `json:"description"`
	Confidential bool      `json:"confidential"`
	URL          string    `json:"web_url"`
	Author       *person   `json:"author"`
	Labels       []string  `json:"labels"`
	Notes        int       `json:"user_notes_count"`
	Created      time.Time `json:"created_at"`
}

func (i issue) open() bool { return i.State == "opened" }

type note struct {
	ID      int64     `json:"id"`
	Body    string    `json:"body"`
	System  bool      `json:"system"`
	Author  *person   `json:"author"`
	Created time.Time `json:"created_at"`
	Updated time.Time `json:"updated_at"`
}

// edited reports whether the words may be somebody else's: see the package's documentation.
func (n note) edited() bool { return n.Updated.After(n.Created) }

// anyMarker is how every marker begins.
func anyMarker() string { return strings.TrimSuffix(policy.Marker(""), " -->") }

type labelEvent struct {
	ID      int64     `json:"id"`
	User    *person   `json:"user"`
	Created time.Time `json:"created_at"`
	Action  string    `json:"action"`
	Label   *struct {
		Name string `json:"name"`
	} `json:"label"` // null for a label that was deleted
}

func (p place) issue(number int) string { return p.path() + "/issues/" + strconv.Itoa(number) }

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
	err := f.get(ctx, asBot, f.mirror.issue(number), &i)
	if wire.Gone(err) {
		return policy.Desk{Number: number, Gone: true}, nil
	}
	if err != nil {
		return policy.Desk{}, err
	}
	desk := policy.Desk{Number: number, Open: i.open(), URL: i.URL}
	desk.Commands, err = f.commands(ctx, number)
	return desk, err
}

// findDesk looks for a desk that was opened while its answer was lost: the newest page of our own issues is enough, since
// nobody opens a hundred of them between a try and the next look.
func (f *Forge) findDesk(ctx context.Context, advisory string) (int, error) {
	if advisory == "" {
		return 0, nil
	}
	number := 0
	err := f.ownIssues(ctx, f.mirror, func(i issue) bool {
		if i.Title == advisory && strings.Contains(i.Description, anyMarker()) {
			number = i.Number
		}
		return number == 0
	})
	return number, err
}

// ownPages bounds how far back a marker is looked for: a thousand of our own issues, which none falls behind between two
// tries.
const ownPages = 10

// ownIssues goes through the issues that we opened in a project, newest first, until it has seen enough.
func (f *Forge) ownIssues(ctx context.Context, at place, each func(issue) (more bool)) error {
	me, err := f.me(ctx)
	if err != nil {
		return err
	}
	q := url.Values{"state": {"all"}, "order_by": {"created_at"}, "sort": {"desc"}}
	if _, _, bot := botOf(me.Username); !bot { // a bot may have followed another
		q.Set("author_id", strconv.FormatInt(me.ID, 10))
	}
	page, unsure := 0, error(nil)
	err = pages(ctx, f, asBot, at.path()+"/issues", q, func(found []issue) bool {
		for _, i := range found {
			own, err := f.isSelf(ctx, i.Author) // the filter is GitLab's, and one that is not honoured must not matter
			if unsure = err; err != nil || own && !each(i) {
				return false
			}
		}
		page++
		return page < ownPages
	})
	return cmp.Or(err, unsure)
}

// commands are the labels put on and the slash commands written by people, oldest first. Taking a label off is none.
func (f *Forge) commands(ctx context.Context, number int) ([]policy.Command, error) {
	me, err := f.me(ctx)
	if err != nil {
		return nil, err
	}
	var events []labelEvent
	var notes []note
	group, gctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		events, err = every[labelEvent](gctx, f, f.mirror.issue(number)+"/resource_label_events", nil)
		return err
	})
	group.Go(func() (err error) {
		notes, err = f.notes(gctx, f.mirror.issue(number))
		return err
	})
	if err := group.Wait(); err != nil {
		return nil, err
	}
	var asked reading.Asked
	for _, e := range events {
		if e.Action == "add" && e.Label != nil && e.User.human() {
			asked.Label(e.ID, e.User.Username, e.Created, e.Label.Name)
		}
	}
	for _, n := range notes {
		// The token may be a person's own, so what that person writes by hand, which carries no marker, is not Liftgate's.
		own := me.ID == n.Author.id() && strings.Contains(n.Body, anyMarker())
		if !n.System && n.Author.human() && !own {
			asked.Comment(n.ID, n.Author.Username, n.Created, n.Body, n.edited())
		}
	}
	return asked.Commands(), nil
}

// notes lists what was written at an issue or a merge request, GitLab's own lines included, oldest first.
func (f *Forge) notes(ctx context.Context, at string) ([]note, error) {
	return every[note](ctx, f, at+"/notes", url.Values{"order_by": {"created_at"}, "sort": {"asc"}})
}

// findNote looks for our note that carries a marker; nil if there is none.
func (f *Forge) findNote(ctx context.Context, at, marker string) (*note, error) {
	all, err := f.notes(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("look for the note: %w", err)
	}
	for _, n := range all {
		if n.System || !strings.Contains(n.Body, marker) {
			continue
		}
		if own, err := f.isSelf(ctx, n.Author); err != nil { // a person who quotes a marker is not believed
			return nil, fmt.Errorf("look for the note: %w", err)
		} else if own {
			return &n, nil
		}
	}
	return nil, nil
}
