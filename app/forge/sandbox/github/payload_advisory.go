package github

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
		"html_url": s.URL() + "/" + r.full() + "/security/advisories/" + a.ghsa, "summary": a.summary, "description": a.description,
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
