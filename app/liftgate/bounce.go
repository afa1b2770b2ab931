package main

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// exitLater is what mail servers take for "try again later" (EX_TEMPFAIL of sysexits.h); they give up on every other code.
const exitLater = 75

func mailBounceCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "bounce",
		Short: "Take in a mail server's report of an announcement that did not arrive",
		Long: `Bounce reads one mail from standard input: a report of delivery (RFC 3464, or qmail's) with the Message-ID of an
announcement. The server then marks the announcement as bounced and asks people at the desk, once; of one that is only
delayed it tells, and asks nobody. A mail server runs the command for the address that bounces go to: mail.bounces of the
configuration, or else mail.from. It needs the rights of the server: with Postfix, an alias in a file that belongs to the
server's user.

Anybody can write such a mail, so it changes nothing but what people are asked.

Changes: it leaves word in the database, nothing in public.

Exit codes: 0 taken in, or known already, 2 wrong command line, 3 refused: no report about an announcement of ours, 75 try
again later: the configuration or the database can't be used, or what became of an announcement is not known yet.`,
		Example: "  security-bounces: \"|liftgate mail bounce --config /etc/liftgate/liftgate.yml\"   # in an alias file",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := c.takeBounce(cmd.Context(), file)
			if e, ok := errors.AsType[*exit](err); ok && e.code == exitRefused {
				return err
			}
			return withCode(exitLater, err)
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func (c *console) takeBounce(ctx context.Context, file string) error {
	bounce, err := mail.ReadBounce(c.in)
	_, _ = io.Copy(io.Discard, c.in) // a mail server may take an early end for a failure; the mail is read all the same
	if err != nil {
		return withCode(exitRefused, err)
	}
	return c.withStore(ctx, file, func(s *store.Store) error { return c.ringBounce(ctx, s, bounce) })
}

// ringBounce finds the announcement whose Message-ID a report names, and leaves word for the server.
func (c *console) ringBounce(ctx context.Context, s *store.Store, bounce mail.Bounce) error {
	unknown := withCode(exitRefused, errors.New("the mail that is reported is no announcement of ours"))
	id, _, _ := strings.Cut(strings.TrimPrefix(bounce.MessageID, "<"), ".")
	loaded, err := s.Load(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return unknown
	}
	if err != nil {
		return err
	}
	a := loaded.Advisory
	i := slices.IndexFunc(a.Mails, func(m policy.Mail) bool {
		return mail.MessageID(a.Project, a.ID, m.Version, m.List) == bounce.MessageID
	})
	if i < 0 {
		if announcing(loaded) {
			return errors.New("an announcement is under way, and the report may be about it")
		}
		return unknown
	}
	b := a.Bounce(a.Mails[i], bounce.Delayed, bounce.Words())
	bell := policy.Doorbell{Forge: "mail", Delivery: a.ID + "/" + b.Key(), At: c.now().UTC(), Bounce: &b}
	return s.RingFor(ctx, bell, a.ID)
}

// announcing reports whether the outcome of an announcement is still to be taken in.
func announcing(l store.Loaded) bool {
	return slices.ContainsFunc(l.Pending, policy.IsMail) || slices.ContainsFunc(l.Outcomes, func(o policy.Outcome) bool { return policy.IsMail(o.Effect.Key) })
}
