package config

import (
	"time"

	"github.com/liftgate/liftgate/policy"
)

// DefaultProject is the project of an empty document. Its values are those of [policy.DefaultRules], so that there is one
// place that says what the libvirt project's security process says.
func DefaultProject() Project {
	rules := policy.DefaultRules()
	p := Project{
		Embargo: Embargo{
			DefaultDays: Days(rules.Terms.Usual / policy.Day),
			LiftTime:    Clock{rules.Calendar.Hour, rules.Calendar.Minute},
		},
		Lift:   Lift{By: "clock", Drift: "rebuild"},
		Fixes:  Fixes(rules.Fixes),
		Checks: Checks(rules.Checks),
		CVE:    CVE{Missing: "warn"},
		Notice: Notice{Formats: rules.Notice.Formats, Branch: rules.Notice.Branch},
	}
	for _, day := range rules.Calendar.Weekdays {
		p.Embargo.LiftWeekdays = append(p.Embargo.LiftWeekdays, Weekday(day))
	}
	if rules.Lift.ByButton {
		p.Lift.By = "button"
	}
	if rules.Lift.HoldOnDrift {
		p.Lift.Drift = "hold"
	}
	if rules.CVERequired {
		p.CVE.Missing = "block"
	}
	return p
}

// Rules are the project's document in the words of package policy.
func (p Project) Rules() policy.Rules {
	rules := policy.DefaultRules()
	rules.Main = p.Main
	for _, branch := range p.Branches {
		rules.Branches = append(rules.Branches, policy.BranchRule{Name: string(branch.Name), EOL: branch.EOL.Time})
	}
	rules.People = policy.People(p.People)
	rules.Calendar = p.Embargo.calendar()
	rules.Terms.Usual = time.Duration(p.Embargo.DefaultDays) * policy.Day
	rules.Lift = policy.LiftRules{ByButton: p.Lift.By == "button", HoldOnDrift: p.Lift.Drift == "hold"}
	rules.Fixes = policy.FixRules(p.Fixes)
	rules.Checks = policy.CheckRules(p.Checks)
	for _, list := range p.MailLists() {
		rules.Lists = append(rules.Lists, policy.List(list))
	}
	rules.Notice = p.Notice.rules()
	rules.CVERequired = p.CVE.Missing == "block"
	return rules
}

func (n Notice) rules() policy.NoticeRules {
	rules := policy.NoticeRules{
		Title: n.Title, Product: n.Product, Site: n.Site, CNA: n.CNA, Formats: n.Formats, Files: n.Files, Branch: n.Branch, Tags: n.Tags,
	}
	for _, as := range n.Packages {
		rules.Packages = append(rules.Packages, policy.Package(as))
	}
	return rules
}

func (e Embargo) calendar() policy.Calendar {
	c := policy.Calendar{Hour: e.LiftTime.Hour, Minute: e.LiftTime.Minute}
	for _, day := range e.LiftWeekdays {
		c.Weekdays = append(c.Weekdays, time.Weekday(day))
	}
	for _, holiday := range e.Holidays {
		c.Holidays = append(c.Holidays, policy.Period{From: holiday.From.Time, To: holiday.To.Time})
	}
	return c
}
