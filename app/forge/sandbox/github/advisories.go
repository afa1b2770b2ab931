package github

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
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, c.URL(), c.r.URL.Path, q.Encode(), rel))
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
	return reply{Status: http.StatusOK, Header: h, Body: out}
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
	return reply{Status: http.StatusAccepted, Body: obj{}}
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
	return reply{Status: http.StatusNoContent}
}

func (c *call) clearReporting() reply {
	c.repo.reporting = false
	return reply{Status: http.StatusNoContent}
}
