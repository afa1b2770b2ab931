package contract

// statusChecks are the operations on external status checks, which the reference has (api/status_checks.md) and the OpenAPI
// description lacks, with their parameters as the reference lists them.
func statusChecks() map[string]operation {
	const all = " /api/v4/projects/{id}/external_status_checks"
	const merge = " /api/v4/projects/{id}/merge_requests/{merge_request_iid}"
	path := func(ids ...string) map[string]param {
		params := map[string]param{"id": {Type: "string|integer", Required: true}}
		for _, id := range ids {
			params[id] = param{Type: "integer", Required: true}
		}
		return params
	}
	with := func(params, more map[string]param) operation {
		for name, p := range more {
			params[name] = p
		}
		return operation{Params: params}
	}
	paged := map[string]param{"page": {Type: "integer"}, "per_page": {Type: "integer"}}
	return map[string]operation{
		"GET" + all: with(path(), paged),
		"POST" + all: with(path(), map[string]param{
			"name": {Type: "string", Required: true}, "external_url": {Type: "string", Required: true}, "shared_secret": {Type: "string"},
			"protected_branch_ids": {Type: "array", Items: &param{Type: "integer"}},
		}),
		"DELETE" + all + "/{check_id}":   with(path("check_id"), nil),
		"GET" + merge + "/status_checks": with(path("merge_request_iid"), paged),
		"POST" + merge + "/status_check_responses": with(path("merge_request_iid"), map[string]param{
			"sha": {Type: "string", Required: true}, "external_status_check_id": {Type: "integer", Required: true},
			"status": {Type: "string", Enum: []any{"pending", "passed", "failed"}},
		}),
		"POST" + merge + "/status_checks/{external_status_check_id}/retry": with(path("merge_request_iid", "external_status_check_id"), nil),
	}
}
