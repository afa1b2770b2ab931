package github

import (
	"context"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// updateReport changes only what differs. It never publishes: that is another effect, with a clearance.
func (f *Forge) updateReport(ctx context.Context, do policy.UpdateReport) error {
	if do.State != "" && do.State != policy.ReportDraft && do.State != policy.ReportClosed {
		return refused("a report can be made a draft or closed, and nothing else")
	}
	a, err := f.advisory(ctx, do.Ref)
	if err != nil {
		return err
	}
	change := map[string]any{}
	if do.State != "" && do.State != a.state() {
		if a.state() == policy.ReportPublished {
			return &policy.Trouble{Kind: policy.TroubleConflict, Hint: "the report is published already"}
		}
		change["state"] = string(do.State)
	}
	addCVE(change, a, do.CVE)
	if len(change) == 0 {
		return nil
	}
	return f.patch(ctx, asReport, f.advisoryPath(do.Ref), change)
}

// publish makes the report public, and believes it only when it reads so. Arrays are left alone: GitHub replaces them
// whole, and what people wrote there is right.
func (f *Forge) publish(ctx context.Context, do policy.PublishReport) error {
	a, err := f.advisory(ctx, do.Ref)
	if err != nil {
		return err
	}
	change := map[string]any{}
	if a.state() != policy.ReportPublished {
		change["state"] = "published"
	}
	addCVE(change, a, do.CVE)
	if len(change) == 0 {
		return nil
	}
	if err := f.patch(ctx, asReport, f.advisoryPath(do.Ref), change); err != nil {
		return err
	}
	if a, err = f.advisory(ctx, do.Ref); err != nil {
		return err
	}
	if a.state() != policy.ReportPublished {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the report does not read as published yet"}
	}
	return nil
}

func addCVE(change map[string]any, a advisory, cve string) {
	if cve != "" && !strings.EqualFold(cve, a.CVE) {
		change["cve_id"] = cve
	}
}
