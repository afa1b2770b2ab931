package contract

// undescribed are operations that GitLab's reference pages have and its OpenAPI description lacks, with the page.
func undescribed() map[string]string {
	const p = "GET /api/v4/projects/{id}"
	return map[string]string{
		p + "/integrations":   "api/project_integrations.md",
		p + "/push_rule":      "api/project_push_rules.md",
		p + "/remote_mirrors": "api/remote_mirrors.md",
		p + "/issues/{issue_iid}/resource_label_events":                            "api/resource_label_events.md",
		p + "/issues/{issue_iid}/resource_label_events/{event_id}":                 "api/resource_label_events.md",
		p + "/merge_requests/{merge_request_iid}/resource_label_events":            "api/resource_label_events.md",
		p + "/merge_requests/{merge_request_iid}/resource_label_events/{event_id}": "api/resource_label_events.md",
		p + "/issues/{issue_iid}/resource_state_events":                            "api/resource_state_events.md",
		p + "/merge_requests/{merge_request_iid}/resource_state_events":            "api/resource_state_events.md",
	}
}

// faults of GitLab's descriptions are forgiven, each by name.
func (*manual) faults() []fault {
	return []fault{
		{"keyset", "GET /api/v4/projects/{id}/issues request", "there is no parameter pagination",
			"the description has the cursor of keyset pagination for issues and lacks the switch that the reference asks for"},
	}
}
