package gitlab

import (
	"fmt"
	"net/url"

	"github.com/liftgate/liftgate/policy"
)

// cveDesk is where the maintainers of a project on gitlab.com ask GitLab, which is a CVE numbering authority, for a number.
// There is no API for it.
const cveDesk = "https://gitlab.com/gitlab-org/cves/-/issues/new"

// requestLink leads to a confidential request for a CVE number, begun as GitLab's own button begins it. A URL is kept in
// histories and logs, so this one says where the report is and what else is asked for, and no word of it: people fill that in.
func (f *Forge) requestLink(i issue) policy.Text {
	if f.wire.API.Host != "gitlab.com" { // the authority is for projects hosted there
		return policy.Text{}
	}
	text := fmt.Sprintf("Project issue: `%s#%d`\n\nVendor and product:\n\nVulnerability:\n\nAffected versions:\n\nFixed versions:\n\nCWE:\n\nCVSS v3 vector:\n\nCredits:\n", f.public, i.Number)
	q := url.Values{
		"issue[confidential]": {"true"}, "issue[title]": {"CVE ID Request - " + string(f.public)}, "issue[description]": {text},
	}
	return policy.Embargoed(cveDesk + "?" + q.Encode())
}
