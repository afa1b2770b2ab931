package config

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/liftgate/liftgate/app/notice"
)

// Project is the document of one project, .github/liftgate.yml or .gitlab/liftgate.yml on the default branch of its public
// repository: whoever may push to the mirror must not be able to give rights to himself.
type Project struct {
	Main     string       `yaml:"main" jsonschema_description:"Main branch. Empty means the repository's default branch."`
	Branches []BranchRule `yaml:"branches" jsonschema_description:"Maintained stable branches. Others are the distributors' work, after publication."`
	People   People       `yaml:"people"`
	Embargo  Embargo      `yaml:"embargo"`
	Lift     Lift         `yaml:"lift"`
	Fixes    Fixes        `yaml:"fixes"`
	Checks   Checks       `yaml:"checks"`
	CVE      CVE          `yaml:"cve"`
	Notice   Notice       `yaml:"notice"`
	Lists    []List       `yaml:"lists" jsonschema_description:"Mailing lists that announcements go to, each in a mail of its own."`
}

// BranchRule names stable branches and when they end.
type BranchRule struct {
	Name Pattern `yaml:"name" jsonschema:"required" jsonschema_description:"Name of a branch, or a glob such as stable-*."`
	EOL  Instant `yaml:"eol" jsonschema_description:"End of life: a day (00:00 UTC) or an instant. From then on the branch gets no fixes."`
}

// People are the logins that hold each role.
type People struct {
	Team            []string `yaml:"team" jsonschema_description:"Logins of the security team."`
	ReleaseManagers []string `yaml:"release_managers" jsonschema_description:"Logins that may start a lift."`
	Moderators      []string `yaml:"moderators" jsonschema_description:"Logins that approve held reports."`
	CVEAllocators   []string `yaml:"cve_allocators" jsonschema_description:"Logins that may record a CVE."`
	Vendors         []string `yaml:"vendors" jsonschema_description:"Logins of the vendors' contacts."`
}

// Embargo is how long secrecy lasts, and when it may end.
type Embargo struct {
	DefaultDays  Days      `yaml:"default_days" jsonschema:"minimum=1,maximum=14,default=14" jsonschema_description:"Length of an embargo unless people choose another."`
	LiftWeekdays []Weekday `yaml:"lift_weekdays" jsonschema_description:"Days on which a lift may fall. An empty list means every day. Default: tue, wed, thu."`
	LiftTime     Clock     `yaml:"lift_time" jsonschema_description:"Time of day of a lift, in UTC. Default: 14:00."`
	Holidays     []Holiday `yaml:"holidays" jsonschema_description:"Days without a lift: single days, or from and to."`
}

// Days is a length in days.
type Days int64

// Lift is who starts it, and what a public branch that moved meanwhile does to it.
type Lift struct {
	By    LiftBy `yaml:"by" jsonschema:"enum=clock,enum=button,default=clock" jsonschema_description:"clock: by itself at the end of the embargo; button: when a release manager presses it at or after the end."`
	Drift Drift  `yaml:"drift" jsonschema:"enum=rebuild,enum=hold,default=rebuild" jsonschema_description:"When a public branch moves at lift time: rebuild and go if all is well, or hold and page."`
}

// Fixes is what a fix needs before it counts.
type Fixes struct {
	Approvals         int  `yaml:"approvals" jsonschema:"minimum=0,maximum=10,default=1" jsonschema_description:"Approvals that the fix of the main branch needs."`
	BackportApprovals int  `yaml:"backport_approvals" jsonschema:"minimum=0,maximum=10,default=1" jsonschema_description:"Approvals that each backport needs."`
	CopyLabels        bool `yaml:"copy_labels" jsonschema:"default=true" jsonschema_description:"Copy the main fix's labels and reviewers to the backports."`
}

// Checks is what proves a candidate.
type Checks struct {
	Required []string `yaml:"required" jsonschema_description:"Names of checks that must be green. Empty: at least one, and all that there are."`
	None     bool     `yaml:"none" jsonschema:"default=false" jsonschema_description:"There is no CI in the mirror: candidates count as proved without a check."`
}

// CVE is what a missing CVE number does at lift time.
type CVE struct {
	Missing MissingCVE `yaml:"missing" jsonschema:"enum=block,enum=warn,default=block" jsonschema_description:"Whether an advisory without a CVE number blocks the lift."`
}

// Notice is how the published notices look.
type Notice struct {
	Title   string   `yaml:"title" jsonschema_description:"The project's name in titles. Empty means the public repository's."`
	Product string   `yaml:"product" jsonschema_description:"What is affected, as the world calls it. Empty means the public repository's name."`
	Site    string   `yaml:"site" jsonschema_description:"URL where the notices repository is published. Empty means its pages at the forge."`
	CNA     string   `yaml:"cna" jsonschema_description:"UUID of the organization that submits CVE records."`
	Formats []string `yaml:"formats" jsonschema_description:"Machine-readable forms beside libvirt's XML, text and HTML. Default: osv."`
	Files   []string `yaml:"files" jsonschema_description:"Files of the fix that are published beside a notice, for each branch: patch, bundle. Patches go with mails to lists that take attachments. Default: none."`
	Branch  string   `yaml:"branch" jsonschema:"default=main" jsonschema_description:"Branch of the notices repository."`
	Tags    string   `yaml:"tags" jsonschema_description:"Pattern of the public repository's tags that are releases, such as v*. Empty: all but pre-releases."`

	Packages []Package `yaml:"packages" jsonschema_description:"What registries have of the products: their versions are told in OSV."`
}

// Package is a product as a registry has it.
type Package struct {
	Product   string `yaml:"product" jsonschema_description:"Its name in notices. Empty means that of notice.product."`
	Ecosystem string `yaml:"ecosystem" jsonschema:"required" jsonschema_description:"The registry as OSV calls it, such as PyPI, npm or Go."`
	Name      string `yaml:"name" jsonschema:"required" jsonschema_description:"Its name there."`
	Tag       string `yaml:"tag" jsonschema_description:"What tags have before the version, such as v."`
}

// ParseProject reads a project's document. An empty one is [DefaultProject]. The name is for error messages.
func ParseProject(name string, src []byte) (Project, error) {
	d, err := parse(name, src)
	if err != nil {
		return Project{}, err
	}
	p := DefaultProject()
	if err := d.decode(&p); err != nil {
		return Project{}, err
	}
	p.validate(d)
	if err := d.err(); err != nil {
		return Project{}, err
	}
	return p, nil
}

func (p Project) validate(d *document) {
	if p.Main != "" && !branchName(p.Main) {
		d.problem("main", "want the name of one branch")
	}
	seen := map[Pattern]bool{}
	for i, branch := range p.Branches {
		at := "branches[" + strconv.Itoa(i) + "].name"
		switch {
		case branch.Name == "":
			d.problem(at, "name a branch, or a pattern of branches")
		case string(branch.Name) == p.Main:
			d.problem(at, "this is the main branch, which is always maintained")
		case seen[branch.Name]:
			d.problem(at, "this branch is here twice")
		}
		seen[branch.Name] = true
	}
	p.People.validate(d)
	if p.Embargo.DefaultDays < 1 || p.Embargo.DefaultDays > 14 {
		d.problem("embargo.default_days", "want 1 to 14 days; a longer embargo is agreed for one advisory at its desk")
	}
	if n := p.Fixes.Approvals; n < 0 || n > 10 {
		d.problem("fixes.approvals", "want 0 to 10 approvals")
	}
	if n := p.Fixes.BackportApprovals; n < 0 || n > 10 {
		d.problem("fixes.backport_approvals", "want 0 to 10 approvals")
	}
	for i, name := range p.Checks.Required {
		if strings.TrimSpace(name) == "" || len(name) > 200 {
			d.problem("checks.required["+strconv.Itoa(i)+"]", "want the name of a check")
		}
	}
	p.Notice.validate(d)
	if p.Checks.None && len(p.Checks.Required) > 0 {
		d.problem("checks.none", "there can't be both no checks and required ones")
	}
	validateLists(d, p)
}

func (n Notice) validate(d *document) {
	if !branchName(n.Branch) {
		d.problem("notice.branch", "want the name of one branch")
	}
	if _, err := path.Match(n.Tags, ""); err != nil || len(n.Tags) > 200 {
		d.problem("notice.tags", "want a pattern of tags, such as v*")
	}
	for i, format := range n.Formats {
		at := "notice.formats[" + strconv.Itoa(i) + "]"
		switch {
		case strings.HasPrefix(format, "libvirt-") || format == "yaml":
			d.problem(at, "this one is always there")
		case !slices.Contains(notice.Formats(), format):
			d.problem(at, "there is no such format; known: %s", strings.Join(notice.Formats(), ", "))
		case slices.Contains(n.Formats[:i], format):
			d.problem(at, "this format is here twice")
		}
	}
	for i, kind := range n.Files {
		at := "notice.files[" + strconv.Itoa(i) + "]"
		switch {
		case kind != "patch" && kind != "bundle":
			d.problem(at, "want patch or bundle")
		case slices.Contains(n.Files[:i], kind):
			d.problem(at, "this kind is here twice")
		}
	}
	look := notice.Libvirt()
	for _, set := range []struct {
		value string
		field *string
	}{{n.Title, &look.Project}, {n.Site, &look.Site}, {n.CNA, &look.CNA}} {
		if set.value != "" {
			*set.field = set.value
		}
	}
	for _, as := range n.Packages {
		look.Packages = append(look.Packages, notice.Package{Product: cmp.Or(as.Product, "app"), Ecosystem: as.Ecosystem, Name: as.Name, Tag: as.Tag})
	}
	if err := look.Check(); err != nil {
		d.problem("notice", "%s", strings.ReplaceAll(err.Error(), "project:", "title:"))
	}
	if len(n.Product) > 200 || strings.ContainsFunc(n.Product, unicode.IsControl) {
		d.problem("notice.product", "want a name on one line")
	}
}

func (p People) validate(d *document) {
	for _, role := range []struct {
		key    string
		logins []string
	}{
		{"team", p.Team}, {"release_managers", p.ReleaseManagers}, {"moderators", p.Moderators},
		{"cve_allocators", p.CVEAllocators}, {"vendors", p.Vendors},
	} {
		for i, name := range role.logins {
			at := "people." + role.key + "[" + strconv.Itoa(i) + "]"
			switch {
			case strings.HasPrefix(name, "team:"):
				d.problem(at, "teams of the forge are not read; list the members' logins")
			case strings.HasPrefix(name, "@"):
				d.problem(at, "write the login without the @")
			case !login.MatchString(name):
				d.problem(at, "want a login")
			}
		}
	}
}
