package app

import (
	"context"

	"github.com/liftgate/liftgate/app/cve"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// submitRecord submits the CVE record of the published notice, as it stands in the notices repository. The client looks at
// what is there first, so that doing it again changes nothing.
func (e *Engine) submitRecord(ctx context.Context, p Project, clearance policy.Clearance, do policy.SubmitRecord) error {
	if e.CVE == nil || e.CVE.CNA() == "" {
		return noCNA()
	}
	r, _, err := e.publishedNotice(ctx, p, clearance.Advisory(), do.Look)
	if err != nil {
		return err
	}
	if r.CVE() != do.CVE {
		return invalidNotice("in " + p.Notices + " it names another CVE number than the desk")
	}
	container, err := notice.Render("cve", r, e.look(p, do.Look))
	if err != nil {
		return noticeTrouble(err)
	}
	_, err = e.CVE.Publish(ctx, clearance, clearance.Advisory(), do.CVE, container)
	return err
}

// rejectRecord has the record of a number rejected. The client looks at what is there first, as above.
func (e *Engine) rejectRecord(ctx context.Context, clearance policy.Clearance, do policy.RejectRecord) error {
	if e.CVE == nil || e.CVE.CNA() == "" {
		return noCNA()
	}
	why := cve.Rejection{Reason: do.Why.Reveal()}
	if do.Instead != "" {
		why.ReplacedBy = []string{do.Instead}
	}
	_, err := e.CVE.Reject(ctx, clearance, clearance.Advisory(), do.CVE, why)
	return err
}

// rehearseRecord writes the CVE record as it would be submitted.
func (e *Engine) rehearseRecord(p Project, look notice.Look, r *notice.Record) error {
	if p.CVE != policy.CVEFromCNA || r.CVE() == "" {
		return nil
	}
	if e.CVE == nil || e.CVE.CNA() == "" {
		return noCNA()
	}
	if _, err := notice.Render("cve", r, look); err != nil {
		return noticeTrouble(err)
	}
	return nil
}

// reserveCVE gets a number from the CNA. Which numbers are claimed the store knows, and it has the last word.
func (e *Engine) reserveCVE(ctx context.Context, advisory string, do policy.ReserveCVE, again bool) (policy.Outcome, error) {
	var o policy.Outcome
	if e.CVE == nil || e.CVE.CNA() == "" {
		return o, noCNA()
	}
	number, err := e.CVE.Reserve(ctx, cve.Ask{Advisory: advisory, Year: do.Year, Since: do.Since, Again: again,
		Claimed: func(ctx context.Context, number string) (bool, error) {
			holder, err := e.Store.CVEHolder(ctx, number)
			return holder != "", err
		},
	})
	o.CVE = number
	return o, err
}

// followRecord reads what the world sees of a number.
func (e *Engine) followRecord(ctx context.Context, do policy.FollowRecord) (policy.Outcome, error) {
	var o policy.Outcome
	if e.CVE == nil {
		return o, noCNA()
	}
	r, err := e.CVE.Public(ctx, do.CVE)
	if r.Accepted() {
		o.Record.Published = r.Published
	}
	o.Record.Rejected = r.State == cve.Rejected
	return o, err
}

func noCNA() error {
	return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "CVE: numbers come from the CNA, and the server's configuration has none"}
}

// look says whose notice it is. That the server's CNA submits its record is the operator's word, whatever the project's is.
func (e *Engine) look(p Project, rules policy.NoticeRules) notice.Look {
	l := look(p, rules)
	if p.CVE == policy.CVEFromCNA && e.CVE != nil {
		l.CNA = e.CVE.CNA()
	}
	return l
}
