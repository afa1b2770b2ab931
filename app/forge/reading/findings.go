package reading

import (
	"fmt"

	"github.com/liftgate/liftgate/policy"
)

// Findings gather what a rehearsal has looked at, what people should know and what stands in the way.
type Findings struct{ policy.ProbeResult }

// Check notes what is looked at.
func (r *Findings) Check(format string, args ...any) {
	r.Checked = append(r.Checked, fmt.Sprintf(format, args...))
}

// Risk notes what people should know, and what stops no lift.
func (r *Findings) Risk(format string, args ...any) {
	r.Risks = append(r.Risks, fmt.Sprintf(format, args...))
}

// Problem notes what stands in the way.
func (r *Findings) Problem(format string, args ...any) {
	r.Problems = append(r.Problems, fmt.Sprintf(format, args...))
}

// Refusal makes a problem of an error that only people can mend, and gives any other back.
func (r *Findings) Refusal(what string, err error) error {
	if t := policy.AsTrouble(err); t != nil && (t.Kind == policy.TroubleRefused || t.Kind == policy.TroubleInvalid) {
		r.Problem("%s: %s", what, t.Hint)
		return nil
	}
	return err
}

// Add takes in what others have found.
func (r *Findings) Add(others ...Findings) {
	for _, o := range others {
		r.Checked = append(r.Checked, o.Checked...)
		r.Risks = append(r.Risks, o.Risks...)
		r.Problems = append(r.Problems, o.Problems...)
	}
}
