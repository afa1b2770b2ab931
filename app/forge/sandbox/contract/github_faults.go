package contract

// faults of GitHub's description are forgiven, each by name. The first three were known beforehand; the fourth was found by
// the tests.
func (*spec) faults() []fault {
	return []fault{
		{"update_vvrs", "PATCH /repos/{owner}/{repo}/security-advisories/{ghsa_id} request", "value must be an object",
			"the example of this body is an array of vulnerabilities, not a body"},
		{"team-without-type", "hook repository-advisory-", `property "type" is missing`,
			"the description demands a team's type; its own example of a collaborating team has none"},
		{"app-permissions", "POST /app/installations/{installation_id}/access_tokens", `property "repository_advisories" is unsupported`,
			"the list of App permissions lacks repository_advisories, which GitHub grants and documents"},
		{"installation-account", "GET /app/installations response 200", `account": doesn't match schema`,
			"the account is said to be a user and an enterprise at once; a single installation says any of the two"},
	}
}
