package policy

import (
	"fmt"
	"strings"
)

// helpText lists the commands, with who may use each, from the one table of permissions.
func helpText() string {
	var b strings.Builder
	b.WriteString("| command | what it does | who may |\n|---|---|---|\n")
	for _, p := range permissions {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", usage[p.verb].form, usage[p.verb].does, joinRoles(p.may))
	}
	return b.String()
}

// verbNames lists the commands alone.
func verbNames() []string {
	var names []string
	for _, p := range permissions {
		names = append(names, "`/"+string(p.verb)+"`")
	}
	return names
}

// usage is what the help says about each verb.
var usage = map[Verb]struct{ form, does string }{
	VerbAccept:      {"/accept", "the report is a vulnerability; sets the usual embargo"},
	VerbReject:      {"/reject <reason>", "it is none"},
	VerbPublic:      {"/public <where>", "it is known to the public: ends the embargo"},
	VerbRate:        {"/rate high", "rates the severity low, medium, high or critical"},
	VerbAffects:     {"/affects <branch>", "the branch has it"},
	VerbNotAffected: {"/not-affected <branch> <evidence>", "the branch does not have it"},
	VerbWaive:       {"/waive <branch> <reason>", "lift without a fix for the branch"},
	VerbEmbargo:     {"/embargo 2026-12-01T14:00Z [reason], /embargo restart [revision] <reason>", "sets or restarts the embargo"},
	VerbAgree:       {"/agree", "consents to the proposed end"},
	VerbDecline:     {"/decline", "refuses it"},
	VerbCVE:         {"/cve CVE-2026-12345, /cve reserve, /cve reject [CVE-2026-67890] <reason>", "records the number, asks the team's own CNA or the forge for one, or has the published record rejected, for good, for another number if one is named"},
	VerbFix:         {"/fix #12", "names the fix of the branch it is opened against"},
	VerbBackport:    {"/backport <branch>", "tries the backport again"},
	VerbIntroduced:  {"/introduced <commit>..., /introduced none", "names the commits that brought the bug, so that branches without them are found"},
	VerbRehearse:    {"/rehearse", "rehearses the lift now"},
	VerbLift:        {"/lift, /lift now <reason>", "lifts at or after the end, or ends the embargo early"},
	VerbHold:        {"/hold <reason>", "stops the lift"},
	VerbResume:      {"/resume", "lets it go on"},
	VerbRelease:     {"/release <branch> <tag>, /release <branch> none", "tags a release at what lands on the branch"},
	VerbAnnounce:    {"/announce <list> again, /announce <list> sent", "settles an announcement that may or may not have gone out, or that came back"},
	VerbSettle:      {"/settle cve <reason>, and so releases, notice, mail", "ends what is still owed after the lift and never will be met"},
	VerbHelp:        {"/help", "this table"},
}
