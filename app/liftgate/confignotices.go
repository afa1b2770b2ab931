package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/backport"
)

// checkNotices judges what can be known of the projects' notices without the forge's credentials: their documents as far as the
// server keeps them, and the notices repositories, which everybody can read.
func checkNotices(ctx context.Context, s config.Server) (warnings []string, err error) {
	var mistakes []error
	for _, p := range s.Projects {
		document, known, err := p.Document()
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("project %s: %w", p.Name, err))
			continue
		}
		for _, advice := range s.NoticeAdvice(p, document) {
			warnings = append(warnings, "project "+p.Name+": "+advice)
		}
		if p.Notices == "" {
			continue
		}
		branch := ""
		if known {
			branch = document.Notice.Branch
		}
		warning, err := checkNoticesRepository(ctx, s.Git(p)+p.Notices+".git", branch)
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("project %s: notices: %s %w", p.Name, p.Notices, err))
		}
		if warning != "" {
			warnings = append(warnings, "project "+p.Name+": notices: "+p.Notices+" "+warning)
		}
	}
	return warnings, errors.Join(mistakes...)
}

// checkNoticesRepository reads the branches of a repository as everybody can. Where the project's document is in its own
// repository, the branch is not known here, and any will do.
func checkNoticesRepository(ctx context.Context, url, branch string) (warning string, err error) {
	dir, err := os.MkdirTemp("", "liftgate-check-")
	if err != nil {
		return "", fmt.Errorf("make a folder: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // leftovers in the system's temporary folder harm nobody
	stores, err := backport.Open(ctx, dir)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	tips, err := stores.Tips(ctx, backport.Remote{URL: url}, "refs/heads/*")
	switch kind := backport.KindOf(err); {
	case kind == backport.ErrAuth || kind == backport.ErrNotFound:
		return "", errors.New("can't be read by everybody: make it, or make it public")
	case err != nil:
		return "can't be looked at now: " + string(kind), nil
	case len(tips.Branches) == 0:
		return "", errors.New("has no branch: make it, with a first commit")
	case branch == "" || tips.Branches[branch] != "":
		return "", nil
	}
	return "", fmt.Errorf("has no branch %s: make it, with a first commit", branch)
}
