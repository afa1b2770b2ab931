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
// same roles, with the same line in the history. Then it waits for what comes of it (see await.go): it works with a running
// server, and without one it runs the turns itself.

// desk is where the console asks for things about one advisory.
type desk struct {
	*console
	store    *store.Store
	projects []app.Project
	turn     func(ctx context.Context, id string) error // one turn here, or store.ErrInUse where a server is at work
	shared   bool                                       // replicas may be at work, and turn does not know of them
	alone    bool                                       // none seems to be
	id       string
	actor    string // who asks
	wait     time.Duration
	told     string // what was said last about the wait
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
	return do(ctx, &desk{
		console: c, store: s.Store, projects: s.Projects, turn: s.Turn, shared: s.Shared(),
		id: id, actor: strings.TrimSpace(f.actor), wait: f.wait,
	})
}

// progressLog marks lines as those of a command and not of the server.
func progressLog(log *slog.Logger) *slog.Logger { return log.With("from", "console") }

func (d *desk) load(ctx context.Context) (store.Loaded, error) {
	return load(ctx, d.store, d.id)
}

// ring stores the press, and gives the id of its command.
func (d *desk) ring(ctx context.Context, button, words string) (command string, err error) {
	loaded, err := d.load(ctx)
	if err != nil {
		return "", err
	}
	if loaded.Advisory.Over() && button != policy.ButtonCVE { // only its CVE record can still change
		return "", withCode(exitRefused, fmt.Errorf("refused: %s is %s and closed; nothing further is decided about it", d.id, loaded.Advisory.Phase))
	}
	delivery := "console-" + rand.Text()
	bell := policy.Doorbell{
		Forge: "console", Delivery: delivery, At: d.now().UTC(),
		Press: &policy.Press{Actor: d.actor, Button: button, Args: policy.Embargoed(words)},
	}
	return policy.PressID(delivery), d.store.RingFor(ctx, bell, d.id)
}

// press asks for something and waits until it is answered. A refusal is an error with the rule that it broke.
func (d *desk) press(ctx context.Context, button, words string) error {
	before, err := d.store.History(ctx, d.id)
	if err != nil {
		return err
	}
	command, err := d.ring(ctx, button, words)
	if err != nil {
		return err
	}
	_, err = d.await(ctx, false, func(s sight) bool { return slices.Contains(s.Advisory.Applied, command) })
	if err != nil {
		return err
	}
	return d.refusal(ctx, len(before))
}

// refusal finds the answer to a press among the newest lines of the history.
func (d *desk) refusal(ctx context.Context, known int) error {
	entries, err := d.store.History(ctx, d.id)
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
