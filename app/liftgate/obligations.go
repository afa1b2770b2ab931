package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

func obligationsCommand(c *console) *cobra.Command {
	var path string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "obligations",
		Short: "List what the world is still owed",
		Long: `A lift is not the end: the record of a CVE number has to become public, every maintained branch needs a release
with the fix, the published notice has to say what becomes of it, and an announcement that came back has to be
settled. Obligations reads the database and lists what is open over all advisories, with when it began, its deadline
and where to look. A release is late (amber) after 30 days and very late (red) after 90, everything else after one
day and three. The server looks by itself, each day and whenever the public repository moves. What never will be met
is ended at the desk: /settle cve, releases, notice or mail, and why.

Changes: nothing. Exit codes: 0 shown, 1 failed, 2 wrong command line or configuration.`,
		Example: "  liftgate obligations\n  liftgate obligations --json | jq '.[] | select(.late == \"red\")'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.withStore(cmd.Context(), path, func(s *store.Store) error { return c.showObligations(cmd.Context(), s, asJSON) })
		},
	}
	configFlag(cmd, &path)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// obligationView is an open obligation for programs.
type obligationView struct {
	Advisory string    `json:"advisory"`
	Project  string    `json:"project"`
	Name     string    `json:"name"`
	What     string    `json:"what"`
	Since    time.Time `json:"since"`
	Deadline time.Time `json:"deadline"`
	Late     string    `json:"late,omitempty"`
	Link     string    `json:"link,omitempty"`
}

func (c *console) showObligations(ctx context.Context, s *store.Store, asJSON bool) error {
	list, err := s.Advisories(ctx, "", true)
	if err != nil {
		return err
	}
	views := []obligationView{}
	for _, summary := range list {
		loaded, err := s.Load(ctx, summary.ID)
		if err != nil {
			return err
		}
		views = append(views, viewObligations(loaded.Advisory, c.now())...)
	}
	if asJSON {
		return c.json(views)
	}
	if len(views) == 0 {
		c.say("Nothing is owed.")
		return nil
	}
	rows := [][]string{{"ID", "OWED", "SINCE", "DEADLINE", "LATE", "LINK"}}
	for _, v := range views {
		rows = append(rows, []string{v.Advisory, v.What, policy.FormatInstant(v.Since), policy.FormatInstant(v.Deadline), or(v.Late, "-"), or(v.Link, "-")})
	}
	return c.table(rows)
}

func viewObligations(a policy.Advisory, now time.Time) []obligationView {
	var views []obligationView
	for _, o := range a.Owes() {
		v := obligationView{
			Advisory: a.ID, Project: a.Project, Name: o.Name, What: o.What, Since: o.Since.UTC(), Deadline: o.Deadline().UTC(), Late: string(o.Late(now)),
			Link: o.Link,
		}
		views = append(views, v)
	}
	return views
}
