package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/cve"
	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// askLimit is how long a command waits for CVE Services.
const askLimit = 20 * time.Second

func cveCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cve",
		Short: "Look at CVE records, give numbers back, and reject records",
		Long: `A CVE number is public once its record is. These commands ask CVE Services, the API of the CVE Program.

Changes: nothing by itself. ` + exitCodes,
		Example: "  liftgate cve status CVE-2026-12345",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(cveStatusCommand(c), cveReleaseCommand(c), cveRejectCommand(c))
	return cmd
}

func cveStatusCommand(c *console) *cobra.Command {
	var url string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status CVE",
		Short: "Say whether the record of a number is public",
		Long: `Status reads the public record of a CVE number: its state, and when it was published. A number that is reserved has none, so
the world can't tell it from one that nobody has. It needs no configuration and no account.

Changes: nothing. Exit codes: 0 published, 1 CVE Services gave no answer, 2 wrong command line, 3 not published.`,
		Example: "  liftgate cve status CVE-2026-12345\n  liftgate cve status CVE-2026-12345 --json | jq .published",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			record, err := publicRecord(cmd.Context(), c, url, args[0])
			if policy.AsTrouble(err) != nil && policy.AsTrouble(err).Kind == policy.TroubleRefused {
				return usageError(cmd, err)
			}
			if err != nil {
				return err
			}
			return c.showRecord(record, asJSON)
		},
	}
	cmd.Flags().StringVar(&url, "url", cve.Program, "base URL of the CVE Services API")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func cveReleaseCommand(c *console) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "release CVE",
		Short: "Give back a number that the CNA has reserved and nobody needs",
		Long: `Release tells CVE Services that a reserved number will not be used. It refuses one that has a record, and one that an
advisory has: record another number there first, or reject the advisory.

Changes: the number is rejected for good, at CVE Services; no word is said about it.

Exit codes: 0 given back, 1 CVE Services refuse or are away, 2 wrong command line or configuration, 3 an advisory has the
number.`,
		Example: "  liftgate cve release CVE-2026-12345 --config /etc/liftgate/liftgate.yml",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.releaseNumber(cmd.Context(), file, args[0])
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func (c *console) releaseNumber(ctx context.Context, file, id string) error {
	settings, err := loadConfig(c, file)
	if err != nil {
		return err
	}
	if !settings.CNA.On() {
		return withCode(exitUsage, errors.New("no CNA is configured; describe it under cna: in the server's configuration"))
	}
	if err := c.withStore(ctx, file, func(s *store.Store) error { return unclaimed(ctx, s, id) }); err != nil {
		return err
	}
	s, err := settings.CNA.Open(cve.Options{Now: c.now, Timeout: askLimit})
	if err != nil {
		return withCode(exitUsage, err)
	}
	defer s.Close()
	if err := s.Release(ctx, id); err != nil {
		return err
	}
	return c.print("%s was given back\n", id)
}

func cveRejectCommand(c *console) *cobra.Command {
	var flags deskFlags
	var instead string
	var yes bool
	cmd := &cobra.Command{
		Use:   "reject ID REASON --as LOGIN",
		Short: "Have the published CVE record of an advisory rejected",
		Long: `Reject enters as the comment "/cve reject" at the desk does, which nobody reads any more once nothing is owed: by a CVE
allocator, after the record was submitted. The world reads the reason. The published notice stays as it is: correct it in the
notices repository.

Changes: the record, at CVE Services, for good.

Exit codes: 0 asked for, 1 failed, 2 wrong command line or configuration, 3 refused.`,
		Example: "  liftgate cve reject LSN-2026-0007 'the same as the other one' --instead CVE-2026-12345 --as mia",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			words := strings.Join(strings.Fields("reject "+instead+" "+args[1]), " ")
			return c.atDesk(cmd.Context(), flags, args[0], func(ctx context.Context, d *desk) error {
				return d.rejectRecord(ctx, words, yes, flags.json)
			})
		},
	}
	flags.add(cmd)
	cmd.Flags().StringVar(&instead, "instead", "", "CVE number to use in its place")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "don't ask for confirmation")
	cmd.ValidArgsFunction = completeID(c, &flags.config)
	return cmd
}

func (d *desk) rejectRecord(ctx context.Context, words string, yes, asJSON bool) error {
	if !yes {
		if err := d.agreed(d.id, "The world will read that the CVE number of "+d.id+" is not to be used.", "rejecting a record"); err != nil {
			return err
		}
	}
	if err := d.press(ctx, policy.ButtonCVE, words); err != nil {
		return err
	}
	loaded, err := d.load(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return d.json(struct {
			Advisory string `json:"advisory"`
			CVE      string `json:"cve"`
			Rejected bool   `json:"rejected"` // else it is asked for, and tried until it is
		}{d.id, loaded.Advisory.CVE, loaded.Advisory.CVERejection.Done})
	}
	return d.print("the record of %s is rejected, or will be: liftgate cve status %[1]s\n", loaded.Advisory.CVE)
}

// unclaimed refuses a number that an advisory has.
func unclaimed(ctx context.Context, s *store.Store, id string) error {
	holder, err := s.CVEHolder(ctx, id)
	if err == nil && holder != "" {
		err = withCode(exitRefused, fmt.Errorf("%s has this number", holder))
	}
	return err
}

func publicRecord(ctx context.Context, c *console, url, id string) (cve.Record, error) {
	s, err := cve.New(cve.Options{URL: url, Now: c.now, Timeout: askLimit})
	if err != nil {
		return cve.Record{}, withCode(exitUsage, err)
	}
	defer s.Close()
	return s.Public(ctx, id)
}

// recordView is a record for programs.
type recordView struct {
	ID        string     `json:"id"`
	State     string     `json:"state"` // none where there is no public record
	Published *time.Time `json:"published,omitempty"`
	Updated   *time.Time `json:"updated,omitempty"`
	CNA       string     `json:"cna,omitempty"`
}

func (c *console) showRecord(r cve.Record, asJSON bool) error {
	view := recordView{r.ID, or(string(r.State), "none"), instant(r.Published), instant(r.Updated), oneLine(r.CNA)}
	words := "there is no public record"
	switch {
	case r.Accepted():
		words = fmt.Sprintf("published %s by %s", r.Published.Format("2006-01-02 15:04 UTC"), or(view.CNA, "an unnamed CNA"))
	case r.State == cve.Published:
		words = "published without a date, so it was not accepted"
	case r.State == cve.Rejected:
		words = "rejected"
	}
	var err error
	if asJSON {
		err = c.json(view)
	} else {
		err = c.print("%s: %s\n", r.ID, words)
	}
	if err == nil && !r.Accepted() {
		return &exit{code: exitRefused}
	}
	return err
}

// checkAccount asks CVE Services whether the CNA's account will do. That they can't be asked now is no mistake.
func checkAccount(ctx context.Context, c *console, cna config.CNA) (warning string, err error) {
	s, err := cna.Open(cve.Options{Now: c.now, Timeout: askLimit})
	if err != nil {
		return "", err
	}
	defer s.Close()
	left, err := s.Check(ctx)
	switch t := policy.AsTrouble(err); {
	case t == nil && left <= 0:
		return "no number can be reserved now; give back those that nobody needs, or ask for a higher quota", nil
	case t == nil:
		return "", nil
	case t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid:
		return "", err
	}
	return err.Error(), nil
}
