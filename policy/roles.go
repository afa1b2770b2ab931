package policy

import (
	"slices"
	"strings"
)

// Role is what a person is to an advisory.
type Role string

// The roles.
const (
	RoleTeam           Role = "team member"
	RoleReleaseManager Role = "release manager"
	RoleModerator      Role = "moderator"
	RoleCVEAllocator   Role = "CVE allocator"
	RoleVendor         Role = "vendor contact"
	RoleReporter       Role = "reporter"
)

// permissions says who may ask for what. It is the whole truth about rights at the desk; a person with none of the roles
// is refused.
var permissions = []struct {
	verb Verb
	may  []Role
}{
	{VerbAccept, []Role{RoleTeam}},
	{VerbReject, []Role{RoleTeam}},
	{VerbPublic, []Role{RoleTeam, RoleReleaseManager}},
	{VerbRate, []Role{RoleTeam}},
	{VerbAffects, []Role{RoleTeam, RoleVendor}},
	{VerbNotAffected, []Role{RoleTeam}},
	{VerbWaive, []Role{RoleReleaseManager}},
	{VerbEmbargo, []Role{RoleTeam}},
	{VerbAgree, []Role{RoleTeam, RoleVendor, RoleReporter}},
	{VerbDecline, []Role{RoleTeam, RoleVendor, RoleReporter}},
	{VerbCVE, []Role{RoleCVEAllocator}},
	{VerbFix, []Role{RoleTeam}},
	{VerbBackport, []Role{RoleTeam}},
	{VerbIntroduced, []Role{RoleTeam}},
	{VerbRehearse, []Role{RoleTeam, RoleReleaseManager}},
	{VerbLift, []Role{RoleReleaseManager}},
	{VerbHold, []Role{RoleTeam, RoleReleaseManager}},
	{VerbResume, []Role{RoleReleaseManager}},
	{VerbRelease, []Role{RoleReleaseManager}},
	{VerbAnnounce, []Role{RoleTeam, RoleReleaseManager}},
	{VerbSettle, []Role{RoleTeam, RoleReleaseManager}},
	{VerbHelp, []Role{RoleTeam, RoleReleaseManager, RoleModerator, RoleCVEAllocator, RoleVendor, RoleReporter}},
}

// Roles tells what a person is. Lists in the rules decide; a list that is empty falls back on the forge's permission in
// the mirror: writers are the team, maintainers are release managers and moderators, and the team allocates CVE numbers.
func (r Rules) Roles(login, reporter string, seen []Permission) []Role {
	level := levelOf(login, seen)
	writes := level == "write" || level == "maintain" || level == "admin"
	maintains := level == "maintain" || level == "admin"
	team := listed(r.People.Team, login, writes)
	var roles []Role
	add := func(role Role, is bool) {
		if is {
			roles = append(roles, role)
		}
	}
	add(RoleTeam, team)
	add(RoleReleaseManager, listed(r.People.ReleaseManagers, login, maintains))
	add(RoleModerator, listed(r.People.Moderators, login, maintains))
	add(RoleCVEAllocator, listed(r.People.CVEAllocators, login, team))
	add(RoleVendor, listed(r.People.Vendors, login, false))
	add(RoleReporter, reporter != "" && strings.EqualFold(login, reporter))
	return roles
}

func listed(names []string, login string, fallback bool) bool {
	if len(names) == 0 {
		return fallback
	}
	return slices.ContainsFunc(names, func(name string) bool { return strings.EqualFold(name, login) })
}

func levelOf(login string, seen []Permission) string {
	for _, p := range seen {
		if strings.EqualFold(p.Login, login) {
			return p.Level
		}
	}
	return "none"
}

// mayAsk tells whether one of the roles may use the verb, and otherwise which roles may.
func mayAsk(verb Verb, roles []Role) (ok bool, may []Role) {
	for _, p := range permissions {
		if p.verb != verb {
			continue
		}
		for _, role := range p.may {
			if slices.Contains(roles, role) {
				return true, nil
			}
		}
		return false, p.may
	}
	return false, nil
}

func joinRoles(roles []Role) string {
	words := make([]string, len(roles))
	for i, r := range roles {
		words[i] = string(r)
	}
	return strings.Join(words, " or ")
}
