package gitlab

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/reading"
	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Reports lists the open confidential issues of the public project: those that nobody has judged and those that are worked
// on. One that is published is closed, or not confidential any more.
func (f *Forge) Reports(ctx context.Context) ([]policy.Report, error) {
	q := url.Values{"confidential": {"true"}, "state": {"opened"}}
	if f.label != "" {
		q.Set("labels", f.label)
	}
	found, err := every[issue](ctx, f, f.public.path()+"/issues", q)
	if err == nil {
		found, err = f.unpublished(ctx, found)
	}
	if err != nil {
		return nil, wire.Told("list reports", err)
	}
	reports, err := reading.Each(ctx, found, func(ctx context.Context, one issue) (_ policy.Report, err error) {
		var p *pointer
		if one.Notes > 0 {
			p, err = f.pointer(ctx, one)
		}
		return f.reportOf(one, p), err
	})
	if err != nil {
		return nil, wire.Told("list reports", err)
	}
	var open []policy.Report
	for i, r := range reports {
		if found[i].Confidential && found[i].open() && r.State != policy.ReportPublished {
			open = append(open, r)
		}
	}
	return open, nil
}

// unpublished leaves out the public issues of Liftgate's own: one that somebody has made confidential is no new report.
func (f *Forge) unpublished(ctx context.Context, found []issue) (rest []issue, err error) {
	for _, i := range found {
		own := false
		if strings.Contains(i.Description, anyPublishMarker()) {
			if own, err = f.isSelf(ctx, i.Author); err != nil {
				return nil, err
			}
		}
		if !own {
			rest = append(rest, i)
		}
	}
	return rest, nil
}

// report reads one report. GitLab says "not found" of a deleted issue as well as of one that it does not show us: both
// block a publication, and neither is news about the advisory.
func (f *Forge) report(ctx context.Context, look policy.Look) (policy.Report, error) {
	if look.Report == "" {
		return policy.Report{}, nil
	}
	i, err := f.reportIssue(ctx, look.Report)
	if wire.Gone(err) {
		return policy.Report{Ref: look.Report, Missing: []string{"the confidential issue itself, which was deleted or is hidden from Liftgate,"}}, nil
	}
	if err != nil {
		return policy.Report{}, err
	}
	p, err := f.pointer(ctx, i)
	if err != nil {
		return policy.Report{}, err
	}
	if p != nil && p.published != 0 {
		if ok, err := f.isPublished(ctx, look.Advisory, p.published); err != nil {
			return policy.Report{}, err
		} else if !ok {
			p.published = 0 // somebody deleted the public issue, or wrote its number by hand
		}
	}
	return f.reportOf(i, p), nil
}

func (f *Forge) reportIssue(ctx context.Context, ref string) (i issue, err error) {
	number, err := strconv.Atoi(ref)
	if err != nil || number <= 0 {
		return i, &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the report's reference is not the number of an issue"}
	}
	err = f.get(ctx, asBot, f.public.issue(number), &i)
	return i, err
}

// reportOf reads a report from its issue and from the pointer there, if there is one.
func (f *Forge) reportOf(i issue, p *pointer) policy.Report {
	r := policy.Report{
		Ref: strconv.Itoa(i.Number), State: policy.ReportTriage, CreatedAt: i.Created.UTC(), URL: i.URL, Ours: true,
		Summary: policy.Embargoed(i.Title), Description: policy.Embargoed(i.Description),
	}
	if i.Author.human() {
		r.Reporter = i.Author.Username
	}
	if p != nil {
		r.State, r.Severity, r.CVE = policy.ReportDraft, p.severity, p.cve
	}
	if !i.open() {
		r.State = policy.ReportClosed
	}
	if !i.Confidential || p != nil && p.published != 0 {
		r.State = policy.ReportPublished
	}
	if r.CVE == "" {
		r.Request = f.requestLink(i)
	}
	return r
}
