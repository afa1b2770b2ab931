package github

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// updateReport changes only what differs. It never publishes: that is another effect, with a clearance.
func (f *Forge) updateReport(ctx context.Context, do policy.UpdateReport) error {
	if do.State != "" && do.State != policy.ReportDraft && do.State != policy.ReportClosed {
		return wire.Refused("a report can be made a draft or closed, and nothing else")
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
	if do.Severity != "" && a.report().Severity == "" {
		change["severity"] = do.Severity
	}
	addCVE(change, a, do.CVE)
	if len(change) == 0 {
		return nil
	}
	return f.patch(ctx, asReport, f.advisoryPath(do.Ref), change)
}

// publish makes the report public, and believes it only when it reads so. Arrays are left alone, since GitHub replaces them
// whole and what people wrote there is right: only a single product that nobody has named a patched version of gets those of
// the lift.
func (f *Forge) publish(ctx context.Context, do policy.PublishReport) error {
	a, err := f.advisory(ctx, do.Ref)
	if err != nil {
		return err
	}
	if a.state() == policy.ReportTriage { // nobody knows that GitHub would publish what was never accepted
		if err := f.patch(ctx, asReport, f.advisoryPath(do.Ref), map[string]any{"state": "draft"}); err != nil {
			return err
		}
	}
	change := map[string]any{}
	if a.state() != policy.ReportPublished {
		change["state"] = "published"
	}
	addCVE(change, a, do.CVE)
	addPatched(change, a, do.Releases)
	if len(change) == 0 {
		return nil
	}
	if err := f.patch(ctx, asReport, f.advisoryPath(do.Ref), change); err != nil {
		return unpublishable(err, a)
	}
	if a, err = f.advisory(ctx, do.Ref); err != nil {
		return err
	}
	if a.state() != policy.ReportPublished {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the report does not read as published yet"}
	}
	return nil
}

// unpublishable says what a report that GitHub does not publish may lack.
func unpublishable(err error, a advisory) error {
	t := policy.AsTrouble(err)
	if t.Kind != policy.TroubleInvalid {
		return err
	}
	hint := "GitHub does not publish the report as it is"
	switch missing := a.missing(); {
	case len(missing) > 0:
		hint += ": it lacks " + strings.Join(missing, ", ")
	case a.Fork != nil:
		hint += ": every pull request in its temporary private fork must be closed first"
	}
	return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: hint}
}

// requestCVE asks GitHub, which is a CNA, for a number. Nothing shows whether a request is there, so an unknown outcome stays unknown.
func (f *Forge) requestCVE(ctx context.Context, do policy.RequestCVE, again bool) error {
	if again {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the request may have reached GitHub"}
	}
	a, err := f.advisory(ctx, do.Ref)
	if err != nil || a.CVE != "" {
		return err
	}
	_, err = f.call(ctx, asReport, http.MethodPost, f.advisoryPath(do.Ref)+"/cve", nil, nil)
	return err
}

func addCVE(change map[string]any, a advisory, cve string) {
	if cve != "" && !strings.EqualFold(cve, a.CVE) {
		change["cve_id"] = cve
	}
}

// addPatched names the releases as versions: without the v that many tags begin with.
func addPatched(change map[string]any, a advisory, releases []string) {
	if len(releases) == 0 || len(a.Vulnerabilities) != 1 || a.Vulnerabilities[0].Package == nil {
		return
	}
	if patched := a.Vulnerabilities[0].Patched; patched != nil && strings.TrimSpace(*patched) != "" {
		return
	}
	versions := make([]string, len(releases))
	for i, tag := range releases {
		versions[i] = versionTag.ReplaceAllString(tag, "$1")
	}
	words := strings.Join(versions, ", ")
	one := a.Vulnerabilities[0]
	one.Patched, one.Functions = &words, append([]string{}, one.Functions...)
	change["vulnerabilities"] = []product{one}
}

var versionTag = regexp.MustCompile(`^v([0-9])`)
