package gitlab

import (
	"fmt"
	"net/url"

	"github.com/liftgate/liftgate/policy"
)

const (
	// cveDesk is where the maintainers of a project on gitlab.com ask GitLab, which is a CVE numbering authority, for a
	// number. There is no API for it.
	cveDesk = "https://gitlab.com/gitlab-org/cves/-/issues/new"
	// maxRequest bounds the description in the link, in characters: a longer link is cut on its way.
	maxRequest = 1500
)

// requestLink leads to a confidential request for a CVE number, filled in. It holds the report's words, so it is shown at
// the desk and nowhere else.
func (f *Forge) requestLink(i issue) policy.Text {
	if f.wire.API.Host != "gitlab.com" { // the authority is for projects hosted there
		return policy.Text{}
	}
	body := fmt.Sprintf("Project issue: `%s#%d`\n\n- [ ] Publish immediately\n- [x] Wait to publish\n\n```yaml\nvulnerability:\n"+
		"  description: |\n    %s\n  cwe: \"please fill in\"\n  product:\n    gitlab_path: %q\n    vendor: \"please fill in\"\n    name: \"please fill in\"\n"+
		"    affected_versions: [\"please fill in\"]\n    fixed_versions: [\"please fill in\"]\n  impact: \"please fill in\" # CVSS v3 vector\n```\n",
		string(f.public), i.Number, indented(cut(i.Description, maxRequest)), string(f.public))
	q := url.Values{
		"issue[confidential]": {"true"}, "issue[title]": {"CVE ID Request - " + cut(i.Title, maxTitle-20)}, "issue[description]": {body},
	}
	return policy.Embargoed(cveDesk + "?" + q.Encode())
}
