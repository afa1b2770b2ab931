package github

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// advisory is what is read of a repository security advisory. Everything may be null, and GitHub adds fields as it likes.
type advisory struct {
	ID          string     `json:"ghsa_id"`
	CVE         string     `json:"cve_id"`
	URL         string     `json:"html_url"`
	Summary     string     `json:"summary"`
	Description string     `json:"description"`
	Severity    string     `json:"severity"`
	State       string     `json:"state"`
	Created     *time.Time `json:"created_at"`
	Author      *person    `json:"author"`
	Submission  *struct{}  `json:"submission"` // set when it came in through private reporting
	Fork        *struct{}  `json:"private_fork"`
	Weaknesses  []string   `json:"cwe_ids"`
	Scores      struct {
		V3 vector `json:"cvss_v3"`
		V4 vector `json:"cvss_v4"`
	} `json:"cvss_severities"`
	Credits []struct {
		Login string `json:"login"`
		Type  string `json:"type"`
	} `json:"credits"`
	Vulnerabilities []product `json:"vulnerabilities"`
}

// product is one affected product of an advisory, with all that GitHub tells of it, so that it can be written back.
type product struct {
	Package *struct {
		Ecosystem string  `json:"ecosystem"`
		Name      *string `json:"name"`
	} `json:"package"`
	Range     *string  `json:"vulnerable_version_range"`
	Patched   *string  `json:"patched_versions"`
	Functions []string `json:"vulnerable_functions"`
}

type vector struct {
	Words string `json:"vector_string"`
}

// person is a GitHub account; null for one that was deleted.
type person struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

func (p *person) login() string {
	if p == nil {
		return ""
	}
	return p.Login
}

func (p *person) human() bool { return p != nil && p.Login != "" && p.Type != "Bot" }

// Reports lists the advisories that nobody has judged and those that are drafts. GitHub rings for the former only.
func (f *Forge) Reports(ctx context.Context) ([]policy.Report, error) {
	var reports []policy.Report
	for _, state := range []policy.ReportState{policy.ReportTriage, policy.ReportDraft} {
		found, err := every[advisory](ctx, f, asReport, f.public.path()+"/security-advisories", url.Values{"state": {string(state)}})
		if err != nil {
			return nil, wire.Told("list reports", err)
		}
		for _, a := range found {
			reports = append(reports, a.report())
		}
	}
	return reports, nil
}

func (f *Forge) advisoryPath(ref string) string {
	return f.public.path() + "/security-advisories/" + url.PathEscape(ref)
}

func (f *Forge) advisory(ctx context.Context, ref string) (advisory, error) {
	var a advisory
	err := f.get(ctx, asReport, f.advisoryPath(ref), &a)
	return a, err
}

func (a advisory) report() policy.Report {
	r := policy.Report{
		Ref: a.ID, State: a.state(), Reporter: a.reporter(), Summary: policy.Embargoed(a.Summary), Description: policy.Embargoed(a.Description),
		Severity: a.severity(), CVE: a.CVE, Missing: a.missing(), URL: a.URL,
		Weaknesses: a.Weaknesses, Verbatim: true, Numbered: true,
	}
	for _, v := range []vector{a.Scores.V3, a.Scores.V4} {
		if v.Words != "" {
			r.Vectors = append(r.Vectors, v.Words)
		}
	}
	if a.Created != nil {
		r.CreatedAt = a.Created.UTC()
	}
	return r
}

func (a advisory) state() policy.ReportState {
	switch a.State {
	case "triage":
		return policy.ReportTriage
	case "draft":
		return policy.ReportDraft
	case "published":
		return policy.ReportPublished
	case "closed", "withdrawn":
		return policy.ReportClosed
	}
	return "" // a state of the future; policy treats what it does not know as no news
}

// reporter is who sent the report in. A draft that a maintainer opened names its reporter among the credits.
func (a advisory) reporter() string {
	if a.Submission != nil {
		return a.Author.login()
	}
	for _, c := range a.Credits {
		if c.Type == "reporter" {
			return c.Login
		}
	}
	return a.Author.login()
}

func (a advisory) severity() string {
	switch s := strings.ToLower(a.Severity); s {
	case "low", "medium", "high", "critical":
		return s
	}
	return ""
}

// missing lists what GitHub refuses to publish an advisory without.
func (a advisory) missing() []string {
	var missing []string
	if strings.TrimSpace(a.Summary) == "" {
		missing = append(missing, "summary")
	}
	if strings.TrimSpace(a.Description) == "" {
		missing = append(missing, "description")
	}
	if a.severity() == "" {
		missing = append(missing, "severity")
	}
	product := false
	for _, v := range a.Vulnerabilities {
		product = product || v.Package != nil && v.Package.Ecosystem != ""
	}
	if !product {
		missing = append(missing, "affected product")
	}
	return missing
}
