package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app"
	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// A command that asks for something enters as a press at the desk does: as a stored doorbell, decided by policy under the
// same roles, with the same line in the history. Then it runs turns itself, so that it works without a server; beside one,
// whoever is first does each effect, and the other sees it done.

// desk is where the console asks for things about one advisory.
type desk struct {
	*console
	server *server.Server
	id     string
	actor  string // who asks
	wait   time.Duration
}

// deskFlags are the flags of the commands that ask for something.
type deskFlags struct {
	config string
	actor  string
	wait   time.Duration
	json   bool
}

func (f *deskFlags) add(cmd *cobra.Command) {
	configFlag(cmd, &f.config)
	cmd.Flags().StringVar(&f.actor, "as", "", "login of the person who asks (required); their role decides")
	cmd.Flags().DurationVar(&f.wait, "timeout", 10*time.Minute, "how long to wait for the result")
	cmd.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// atDesk assembles what a server has, without starting one.
func (c *console) atDesk(ctx context.Context, f deskFlags, id string, do func(context.Context, *desk) error) (err error) {
	if strings.TrimSpace(f.actor) == "" {
		return withCode(exitUsage, errors.New("say who asks with --as LOGIN: it stands in the history, and their role decides"))
	}
	settings, err := loadConfig(c, f.config)
	if err != nil {
		return err
	}
	s, err := server.New(ctx, server.Options{
		Config: settings, Now: c.now, Log: progressLog(newLog(c, settings.Log)), Rhythm: app.DefaultRhythm(), Owner: owner(),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	ctx, cancel := context.WithTimeout(ctx, f.wait)
	defer cancel()
	return do(ctx, &desk{console: c, server: s, id: id, actor: strings.TrimSpace(f.actor), wait: f.wait})
}

// progressLog marks lines as those of a command and not of the server.
func progressLog(log *slog.Logger) *slog.Logger { return log.With("from", "console") }

func (d *desk) load(ctx context.Context) (store.Loaded, error) {
	return load(ctx, d.server.Store, d.id)
}

// ring stores the press, and gives the id of its command.
func (d *desk) ring(ctx context.Context, button, words string) (command string, err error) {
	loaded, err := d.load(ctx)
	if err != nil {
		return "", err
	}
	if loaded.Advisory.Over() { // nobody looks at it again, so nobody would answer
		return "", withCode(exitRefused, fmt.Errorf("refused: %s is %s and closed; nothing further is decided about it", d.id, loaded.Advisory.Phase))
	}
	delivery := "console-" + rand.Text()
	bell := policy.Doorbell{
		Forge: "console", Delivery: delivery, At: d.now().UTC(),
		Press: &policy.Press{Actor: d.actor, Button: button, Args: policy.Embargoed(words)},
	}
	return policy.PressID(delivery), d.server.Store.RingFor(ctx, bell, d.id)
}

// press asks for something and waits until it is answered. A refusal is an error with the rule that it broke.
func (d *desk) press(ctx context.Context, button, words string) error {
	before, err := d.server.Store.History(ctx, d.id)
	if err != nil {
		return err
	}
	command, err := d.ring(ctx, button, words)
	if err != nil {
		return err
	}
	_, err = d.turnUntil(ctx, func(l store.Loaded, _ error) bool { return slices.Contains(l.Advisory.Applied, command) })
	if err != nil {
		return err
	}
	return d.refusal(ctx, len(before))
}

// refusal finds the answer to a press among the newest lines of the history.
func (d *desk) refusal(ctx context.Context, known int) error {
	entries, err := d.server.Store.History(ctx, d.id)
	if err != nil {
		return err
	}
	for _, e := range entries[min(known, len(entries)):] {
		if e.What == "refused" && strings.EqualFold(e.By, d.actor) {
			// Rules and advice are made of logins, branches and instants, and this is the terminal of whoever holds the keys.
			return withCode(exitRefused, fmt.Errorf("refused: %s", oneLine(e.Why.Reveal())))
		}
	}
	return nil
}

// between is the pause between two looks at work that somebody else is doing.
const between = 200 * time.Millisecond

// turnUntil runs turns until what is there is what is waited for; done is told how the last turn went. A turn that fails is
// repeated: whoever waits sees why, once for each reason.
func (d *desk) turnUntil(ctx context.Context, done func(l store.Loaded, turned error) bool) (store.Loaded, error) {
	var last string
	for {
		turned := d.server.Engine.Turn(ctx, d.id)
		loaded, err := d.load(ctx)
		switch {
		case ctx.Err() != nil:
			return loaded, d.late(ctx, last)
		case err != nil:
			return loaded, err
		case done(loaded, turned):
			return loaded, nil
		}
		if turned != nil && turned.Error() != last {
			last = turned.Error()
			d.say("not yet, trying again: %s", oneLine(last))
		}
		d.pause(ctx, between)
	}
}

// late tells how the wait ended. What was asked for is stored, and a server goes on with it.
func (d *desk) late(ctx context.Context, last string) error {
	why := ""
	if last != "" {
		why = ": " + oneLine(last)
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return errors.New("interrupted; what was asked for stands, and a running server goes on with it")
	}
	return fmt.Errorf("not done within %s%s; what was asked for stands, and a running server goes on with it", d.wait, why)
}
