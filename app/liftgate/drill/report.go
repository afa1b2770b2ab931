package drill

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Report is the result of a drill. Its JSON is what `liftgate demo --json` prints.
type Report struct {
	Forge                  string         `json:"forge"`
	Advisory               string         `json:"advisory"`
	Report                 string         `json:"report"` // as the forge names it
	GHSA                   *string        `json:"ghsa"`   // null: the forge gives none
	CVE                    string         `json:"cve"`
	EmbargoEnds            *time.Time     `json:"embargo_ends"` // null: none was set
	LandedAt               *time.Time     `json:"landed_at"`    // null: nothing landed
	Published              bool           `json:"published"`
	PublicWritesBeforeLift int            `json:"public_writes_before_lift"`
	Pushes                 int            `json:"pushes"`
	Branches               []BranchReport `json:"branches"`
	Failed                 []string       `json:"failed,omitempty"` // checks that did not hold

	PublicRepo string `json:"public_repo,omitempty"`
	MirrorRepo string `json:"mirror_repo,omitempty"`
	Notices    string `json:"notices_repo,omitempty"`
	Requests   string `json:"requests,omitempty"`
}

// BranchReport is one branch's part of a report. State is landed, held, conflict, waived, not affected or end of life.
type BranchReport struct {
	Name      string `json:"name"`
	State     string `json:"state"`
	Before    string `json:"before"`
	Candidate string `json:"candidate"`
	After     string `json:"after"`
}

// Table prints the branches for people.
func (r Report) Table(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "BRANCH\tSTATE\tBEFORE\tCANDIDATE\tAFTER")
	for _, b := range r.Branches {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", b.Name, b.State, short(b.Before), short(b.Candidate), short(b.After))
	}
	return t.Flush()
}

func short(sha string) string {
	if sha == "" {
		return "-"
	}
	return sha[:min(len(sha), 12)]
}
