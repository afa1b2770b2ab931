package sandbox

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

type advisory struct {
	ghsa, cve             string
	summary, description  string
	severity, vector      string
	state                 string // triage, draft, published, closed
	author, publisher     *account
	reported              bool // came through private reporting
	accepted              bool
	cveRequested          bool
	vulnerabilities       []vulnerability
	cwes                  []string
	credits               []credit
	collaborators         []*account
	created, updated      time.Time
	publishedAt, closedAt time.Time
}

type vulnerability struct {
	Package struct {
		Ecosystem string  `json:"ecosystem"`
		Name      *string `json:"name"`
	} `json:"package"`
	Range     *string  `json:"vulnerable_version_range"`
	Patched   *string  `json:"patched_versions"`
	Functions []string `json:"vulnerable_functions"`
}

type credit struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

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

var (
	ecosystems  = strings.Fields("rubygems npm pip maven nuget composer go rust erlang actions pub other swift")
	creditTypes = strings.Fields("analyst finder reporter coordinator remediation_developer remediation_reviewer remediation_verifier tool sponsor other")
	severities  = strings.Fields("critical high medium low")
	cveShape    = regexp.MustCompile(`^CVE-\d{4}-\d{4,}$`)
	cweShape    = regexp.MustCompile(`^CWE-\d+$`)
)

// transitions are the changes of state that the API makes. What GitHub's documents do not promise is refused.
var transitions = map[string][]string{
	"triage": {"draft", "closed"}, "draft": {"published", "closed"}, "published": nil, "closed": nil,
}

// sees tells who may know of an unpublished advisory.
func (c *call) sees(a *advisory) bool {
	if a.state == "published" {
		return true
	}
	switch c.cred.kind {
	case "installation":
		return c.cred.covers(c.repo) && c.cred.holds("repository_advisories:read")
	case "user":
		return c.repo.managesSecurity(c.cred.user) || slices.Contains(a.collaborators, c.cred.user) || a.reported && a.author == c.cred.user
	}
	return false
}

// manages tells who may change one. A collaborator edits but does not publish or close.
func (c *call) manages() bool {
	return c.cred.kind == "installation" || c.cred.kind == "user" && c.repo.managesSecurity(c.cred.user)
}

func (c *call) theAdvisory() *advisory {
	for _, a := range c.repo.advisories {
		if strings.EqualFold(a.ghsa, c.params["ghsa_id"]) && c.sees(a) {
			return a
		}
	}
	return nil
}

// listAdvisories pages by an opaque cursor in both directions; there are no page numbers here.
func (c *call) listAdvisories() reply {
	q := c.r.URL.Query()
	var list []*advisory
	for _, a := range c.repo.advisories {
		if want := q.Get("state"); c.sees(a) && (want == "" || a.state == want) {
			list = append(list, a)
		}
	}
	key := func(a *advisory) time.Time { return a.created }
	switch q.Get("sort") {
	case "updated":
		key = func(a *advisory) time.Time { return a.updated }
	case "published":
		key = func(a *advisory) time.Time { return a.publishedAt }
	}
	slices.SortStableFunc(list, func(a, b *advisory) int { return key(a).Compare(key(b)) })
	if q.Get("direction") != "asc" {
		slices.Reverse(list)
	}
	per := min(max(atoi(q.Get("per_page"), 30), 1), 100)
	at := func(cursor string) int {
		return slices.IndexFunc(list, func(a *advisory) bool { return cursor == cursorOf(a) })
	}
	from := 0
	if after := q.Get("after"); after != "" {
		n := at(after)
		if n < 0 {
			return failure(http.StatusBadRequest, "Invalid cursor")
		}
		from = n + 1
	} else if before := q.Get("before"); before != "" {
		n := at(before)
		if n < 0 {
			return failure(http.StatusBadRequest, "Invalid cursor")
		}
		from = max(n-per, 0)
	}
	to := min(from+per, len(list))
	h, links := http.Header{}, []string{}
	link := func(key, cursor, rel string) {
		q.Del("after")
		q.Del("before")
		q.Set(key, cursor)
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.url, c.r.URL.Path, q.Encode(), rel))
	}
	if to < len(list) {
		link("after", cursorOf(list[to-1]), "next")
	}
	if from > 0 && from < len(list) {
		link("before", cursorOf(list[from]), "prev")
	}
	if len(links) > 0 {
		h.Set("Link", strings.Join(links, ", "))
	}
	out := []obj{}
	for _, a := range list[min(from, to):to] {
		out = append(out, c.advisoryObj(c.repo, a))
	}
	return reply{status: http.StatusOK, header: h, body: out}
}

func cursorOf(a *advisory) string { return "Y3Vyc29y" + strings.ReplaceAll(a.ghsa, "-", "") }

func (c *call) getAdvisory() reply {
	if a := c.theAdvisory(); a != nil {
		return ok(c.advisoryObj(c.repo, a))
	}
	return notFound()
}

func (c *call) createAdvisory() reply {
	if !c.manages() {
		return failure(http.StatusForbidden, "You must have the repository security advisories scope and administrative/security management rights to create an advisory.")
	}
	var in advisoryInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	switch {
	case in.Summary == nil || in.Description == nil || in.Vulnerabilities == nil:
		return unprocessable("Invalid request.\n\n\"summary\", \"description\", \"vulnerabilities\" weren't supplied.")
	case in.State != nil || in.Users != nil || in.Teams != nil:
		return unprocessable("Invalid request.\n\nstate and collaborators are not permitted keys.")
	}
	a := c.newAdvisory("draft")
	if rep := c.fillAdvisory(a, in); rep != nil {
		return *rep
	}
	c.repo.advisories = append(c.repo.advisories, a)
	return created(c.advisoryObj(c.repo, a))
}

// reportAdvisory is private vulnerability reporting: anybody but the repository's own administrators.
func (c *call) reportAdvisory() reply {
	switch {
	case c.cred.kind == "none":
		return failure(http.StatusUnauthorized, "Requires authentication")
	case c.cred.kind != "user":
		return notAccessible()
	case c.repo.private || !c.repo.reporting:
		return failure(http.StatusForbidden, "Private vulnerability reporting is not enabled for this repository.")
	case c.repo.managesSecurity(c.cred.user):
		return failure(http.StatusForbidden, "Repository administrators create a draft advisory instead of reporting.")
	}
	var in advisoryInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	switch {
	case in.Summary == nil || in.Description == nil:
		return unprocessable("Invalid request.\n\n\"summary\", \"description\" weren't supplied.")
	case in.State != nil || in.Users != nil || in.Teams != nil || in.CVE != nil || in.Credits != nil:
		return unprocessable("Invalid request.\n\nNot a permitted key.")
	}
	a := c.newAdvisory("triage")
	a.reported = true
	if rep := c.fillAdvisory(a, in); rep != nil {
		return *rep
	}
	a.credits = append(a.credits, credit{Login: c.cred.user.login, Type: "reporter"})
	c.repo.advisories = append(c.repo.advisories, a)
	c.emit(c.repo, "repository_advisory", "reported", c.cred.user, obj{"repository_advisory": c.advisoryObj(c.repo, a)})
	return created(c.advisoryObj(c.repo, a))
}

func (c *call) newAdvisory(state string) *advisory {
	now := c.now()
	return &advisory{ghsa: ghsaID(c.id()), state: state, author: c.cred.actor(), created: now, updated: now}
}

// ghsaID spreads a counter over GitHub's alphabet, which leaves out what looks alike.
func ghsaID(n int64) string {
	const alphabet = "23456789cfghjmpqrvwx"
	x := uint64(n) * 0x9E3779B97F4A7C15 // an odd factor, so different numbers stay different
	var b strings.Builder
	b.WriteString("GHSA")
	for i := range 12 {
		if i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(alphabet[x%20])
		x /= 20
	}
	return b.String()
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

func (c *call) editAdvisory() reply {
	a := c.theAdvisory()
	if a == nil {
		return notFound()
	}
	if !c.manages() && !slices.Contains(a.collaborators, c.cred.user) {
		return failure(http.StatusForbidden, "You do not have permission to update this advisory.")
	}
	var in advisoryInput
	if rep := c.read(&in); rep != nil {
		return *rep
	}
	next := a.state
	if in.State != nil {
		next = *in.State
	}
	switch {
	case in.State != nil && !slices.Contains([]string{"published", "closed", "draft"}, next):
		return unprocessable("Invalid request.\n\n" + next + " is not a member of [\"published\", \"closed\", \"draft\"].")
	case next != a.state && !slices.Contains(transitions[a.state], next):
		return unprocessable(fmt.Sprintf("Invalid state transition from `%s` to `%s`.", a.state, next))
	}
	// A collaborator writes; who else collaborates, and what becomes of it, is for those who manage.
	if !c.manages() && (next != a.state || in.Users != nil || in.Teams != nil) {
		return failure(http.StatusForbidden, "You do not have permission to update this advisory.")
	}
	// A copy is judged as it would stand after the change, so that nothing half applied is left.
	after := *a
	if rep := c.fillAdvisory(&after, in); rep != nil {
		return *rep
	}
	if next == "published" && (after.severity == "" || after.description == "" || len(after.vulnerabilities) == 0) {
		return unprocessable("Advisory must have a severity, a description and at least one vulnerability to be published.")
	}
	before := a.state
	*a = after
	a.state = next
	c.revealed = next == "published" && !c.repo.private
	if next != before {
		c.entered(a)
	}
	return ok(c.advisoryObj(c.repo, a))
}

// entered follows a change of state: times, acceptance, the one webhook there is.
func (c *call) entered(a *advisory) {
	switch a.state {
	case "draft":
		a.accepted = true
	case "closed":
		a.closedAt = c.now()
	case "published":
		a.publishedAt, a.publisher = c.now(), c.cred.actor()
		c.emit(c.repo, "repository_advisory", "published", c.cred.actor(), obj{"repository_advisory": c.advisoryObj(c.repo, a)})
	}
}

func (c *call) requestCVE() reply {
	a := c.theAdvisory()
	switch {
	case a == nil:
		return notFound()
	case !c.manages():
		return failure(http.StatusForbidden, "You do not have permission to request a CVE.")
	case c.repo.private:
		return unprocessable("CVE requests are only available for public repositories.")
	case a.cve != "" || a.cveRequested:
		return unprocessable("A CVE was already assigned or requested.")
	}
	a.cveRequested = true
	return reply{status: http.StatusAccepted, body: obj{}}
}

// AssignCVE is GitHub's review of a CVE request coming to an end. Nothing is told: clients must poll.
func (s *Server) AssignCVE(repo, ghsa, cve string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, err := s.find(repo)
	if err != nil {
		return err
	}
	for _, a := range r.advisories {
		if a.ghsa == ghsa && a.cveRequested {
			a.cve, a.cveRequested, a.updated = cve, false, s.now()
			return nil
		}
	}
	return fmt.Errorf("assign CVE: no request for %s in %s", ghsa, repo)
}

func (c *call) getReporting() reply { return ok(obj{"enabled": c.repo.reporting}) }

func (c *call) setReporting() reply {
	if c.repo.private {
		return unprocessable("Private vulnerability reporting is only available for public repositories.")
	}
	c.repo.reporting = true
	return reply{status: http.StatusNoContent}
}

func (c *call) clearReporting() reply {
	c.repo.reporting = false
	return reply{status: http.StatusNoContent}
}

func (s *Server) advisoryObj(r *repository, a *advisory) obj {
	ids := []obj{{"type": "GHSA", "value": a.ghsa}}
	if a.cve != "" {
		ids = append(ids, obj{"type": "CVE", "value": a.cve})
	}
	cwes, credits, detailed := []obj{}, []obj{}, []obj{}
	for _, id := range a.cwes {
		cwes = append(cwes, obj{"cwe_id": id, "name": "Weakness " + id})
	}
	for _, cr := range a.credits {
		credits = append(credits, obj{"login": cr.Login, "type": cr.Type})
		detailed = append(detailed, obj{"user": s.userObj(s.account(cr.Login)), "type": cr.Type, "state": "pending"})
	}
	o := obj{
		"ghsa_id": a.ghsa, "cve_id": nullable(a.cve), "url": s.api("repos/%s/security-advisories/%s", r.full(), a.ghsa),
		"html_url": s.url + "/" + r.full() + "/security/advisories/" + a.ghsa, "summary": a.summary, "description": a.description,
		"severity": nullable(a.severity), "author": s.userObj(a.author), "publisher": s.userObj(a.publisher), "identifiers": ids,
		"state": a.state, "created_at": stamp(a.created), "updated_at": stamp(a.updated), "published_at": stamp(a.publishedAt),
		"closed_at": stamp(a.closedAt), "withdrawn_at": nil, "submission": nil, "vulnerabilities": vulnerabilityObjs(a.vulnerabilities),
		"cvss": nil, "cwes": cwes, "cwe_ids": append([]string{}, a.cwes...), "credits": credits, "credits_detailed": detailed,
		"collaborating_users": s.users(a.collaborators), "collaborating_teams": []any{}, "private_fork": nil,
		"cvss_severities": obj{"cvss_v3": obj{"vector_string": nil, "score": nil}, "cvss_v4": obj{"vector_string": nil, "score": nil}},
	}
	if a.reported {
		o["submission"] = obj{"accepted": a.accepted}
	}
	if a.vector != "" {
		score, _ := cvssScore(a.vector)
		body := obj{"vector_string": a.vector, "score": score}
		o["cvss"] = body
		o["cvss_severities"].(obj)["cvss_v3"] = body
	}
	return o
}

func vulnerabilityObjs(list []vulnerability) []obj {
	out := []obj{}
	for _, v := range list {
		out = append(out, obj{
			"package": obj{"ecosystem": v.Package.Ecosystem, "name": v.Package.Name}, "vulnerable_version_range": v.Range,
			"patched_versions": v.Patched, "vulnerable_functions": append([]string{}, v.Functions...)})
	}
	return out
}
