package config

import (
	"fmt"
	"slices"
)

// Document reads the project's document where the server keeps it, and tells whether it does.
func (p Pair) Document() (Project, bool, error) {
	if p.RulesFile == "" {
		return Project{}, false, nil
	}
	src, err := readBounded(p.RulesFile, maxSize)
	if err != nil {
		return Project{}, false, fmt.Errorf("read rules_file: %w", err)
	}
	document, err := ParseProject(p.RulesFile, src)
	return document, err == nil, err
}

// NoticeAdvice says what of a project's notices can't come out as this server is set up.
func (s Server) NoticeAdvice(p Pair, document Project) []string {
	var advice []string
	if len(document.Lists) > 0 && s.Mail.Server == "" {
		advice = append(advice, "lists are named, and this server has no mail server: rehearsals will fail; describe one in the section mail")
	}
	if len(document.Lists) > 0 && p.Notices == "" {
		advice = append(advice, "lists are named, and no notices repository: nothing is announced")
	}
	if slices.Contains(document.Notice.Formats, "cve") && document.Notice.CNA == "" && p.CVE != fromCNA {
		advice = append(advice, "notice.formats: cve is no use without the CNA that submits it; give its UUID as notice.cna")
	}
	return advice
}
