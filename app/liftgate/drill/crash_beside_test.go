package drill

import (
	"github.com/emersion/go-smtp"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// The forge is not all that a case writes to: a mail to a list and a request to CVE Services are writes too, and meet the same
// mishaps, each in its own form.

// spoils has a saboteur at work wherever the case writes.
func (c *crashCase) spoils(s *saboteur) {
	s.ours = c.town.ours
	c.town.fail(s.fault)
	c.mails.fail(s.mailFault)
	c.numbers.Fail(s.recordFault)
}

// recordRefusals are the answers of CVE Services that stand for "not now", by turns. The last is none at all.
var recordRefusals = []sandbox.Fault{
	sandbox.Refused(429), sandbox.Refused(500), {Refuse: &sandbox.Refusal{}, AfterApply: &sandbox.AfterApply{Drop: true}},
}

// recordFault is a plan for CVE Services.
func (s *saboteur) recordFault(c sandbox.Call) sandbox.Fault {
	if c.Scope.Actor != cnaUser || !c.Write {
		return sandbox.Fault{}
	}
	m, nth := s.draw("CVE " + c.Route)
	return s.spoil(m, recordRefusals[nth%len(recordRefusals)])
}

// mailRefusals are a mail server's, by turns: for now and for good, at the recipient and at the end of the text.
var mailRefusals = []mailFault{
	{refuse: &smtp.SMTPError{Code: 450, Message: "greylisted"}},
	{refuse: &smtp.SMTPError{Code: 554, Message: "no"}, late: true},
	{refuse: &smtp.SMTPError{Code: 550, Message: "no"}},
	{refuse: &smtp.SMTPError{Code: 451, Message: "not now"}, late: true},
}

// mailFault is a plan for the mail server. An error after it has taken a mail is what it must not say, so that instead the
// connection breaks before: neither tells Liftgate whether the mail went out.
func (s *saboteur) mailFault(to string) mailFault {
	m, nth := s.draw("mail " + to)
	switch m {
	case "":
		return mailFault{}
	case refusedThen:
		return mailRefusals[nth%len(mailRefusals)]
	case erredThen:
		return mailFault{cut: true}
	case killedThen:
		return mailFault{taken: s.kill, lost: true}
	}
	return mailFault{lost: true}
}
