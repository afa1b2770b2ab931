package github

import (
	"slices"
)

type advisoryInput struct {
	Summary, Description *string
	CVE                  *string          `json:"cve_id"`
	Vulnerabilities      *[]vulnerability `json:"vulnerabilities"`
	CWEs                 *[]string        `json:"cwe_ids"`
	Credits              *[]credit        `json:"credits"`
	Severity             *string          `json:"severity"`
	Vector               *string          `json:"cvss_vector_string"`
	State                *string          `json:"state"`
	Users                *[]string        `json:"collaborating_users"`
	Teams                *[]string        `json:"collaborating_teams"`
}

// fillAdvisory checks everything before it changes anything.
func (c *call) fillAdvisory(a *advisory, in advisoryInput) *reply {
	if rep := c.checkAdvisory(a, in); rep != nil {
		return rep
	}
	set := func(to *string, from *string) {
		if from != nil {
			*to = *from
		}
	}
	set(&a.summary, in.Summary)
	set(&a.description, in.Description)
	if in.CVE != nil || c.has("cve_id") {
		a.cve = ""
		set(&a.cve, in.CVE)
	}
	if in.Severity != nil {
		a.severity = *in.Severity
	}
	if in.Vector != nil || c.has("cvss_vector_string") {
		a.vector = ""
		set(&a.vector, in.Vector)
		if a.vector != "" {
			_, a.severity = cvssScore(a.vector)
		}
	}
	if in.Vulnerabilities != nil {
		a.vulnerabilities = *in.Vulnerabilities
	}
	if in.CWEs != nil {
		a.cwes = *in.CWEs
	}
	if in.Credits != nil {
		a.credits = *in.Credits
	}
	if in.Users != nil {
		a.collaborators = nil
		for _, login := range *in.Users {
			a.collaborators = append(a.collaborators, c.account(login))
		}
	}
	a.updated = c.now()
	return nil
}

func (c *call) checkAdvisory(a *advisory, in advisoryInput) *reply {
	bad := func(message string) *reply { rep := unprocessable(message); return &rep }
	switch {
	case in.Summary != nil && (*in.Summary == "" || len([]rune(*in.Summary)) > 1024):
		return bad("Summary must be between 1 and 1024 characters.")
	case in.Description != nil && len([]rune(*in.Description)) > 65535:
		return bad("Description is too long (maximum is 65535 characters).")
	case in.CVE != nil && *in.CVE != "" && !cveShape.MatchString(*in.CVE):
		return bad("CVE ID is not valid.")
	case in.Severity != nil && in.Vector != nil && *in.Vector != "":
		return bad("Cannot specify both severity and cvss_vector_string.")
	case in.Severity != nil && !slices.Contains(severities, *in.Severity):
		return bad("Severity is not included in the list.")
	case in.Severity != nil && a.vector != "":
		return bad("Cannot update severity value when CVSS is set.")
	case in.Teams != nil && len(*in.Teams) > 0:
		return bad("Collaborating teams are not part of this sandbox.")
	case in.Vulnerabilities != nil && len(*in.Vulnerabilities) == 0 && !a.created.IsZero() && len(a.vulnerabilities) > 0:
		return bad("Advisory must have at least one vulnerability")
	}
	if in.Vector != nil && *in.Vector != "" {
		if _, word := cvssScore(*in.Vector); word == "" {
			return bad("CVSS vector string is not valid.")
		}
	}
	if in.Vulnerabilities != nil {
		for _, v := range *in.Vulnerabilities {
			if !slices.Contains(ecosystems, v.Package.Ecosystem) {
				return bad("Ecosystem is not included in the list.")
			}
		}
	}
	if in.CWEs != nil && slices.ContainsFunc(*in.CWEs, func(id string) bool { return !cweShape.MatchString(id) }) {
		return bad("CWE IDs are not valid.")
	}
	if in.Credits != nil {
		for _, cr := range *in.Credits {
			if c.account(cr.Login) == nil || !slices.Contains(creditTypes, cr.Type) {
				return bad("Credits are not valid.")
			}
		}
	}
	if in.Users != nil && slices.ContainsFunc(*in.Users, func(login string) bool { return c.account(login) == nil }) {
		return bad("Collaborating users are not valid.")
	}
	return nil
}
