package notice

import (
	"iter"
	"maps"
)

// roles are the parts that people have in a disclosure, and the word that OSV has for each.
var roles = map[string]string{
	Reporter: "REPORTER", Patcher: "REMEDIATION_DEVELOPER", "finder": "FINDER", "analyst": "ANALYST",
	"coordinator": "COORDINATOR", "reviewer": "REMEDIATION_REVIEWER", "verifier": "REMEDIATION_VERIFIER", "tool": "TOOL",
	"sponsor": "SPONSOR", "other": "OTHER",
}

func roleNames() iter.Seq[string] { return maps.Keys(roles) }
