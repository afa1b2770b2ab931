package backport

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// namesake is a commit as its words tell it: people who adapt a fix change the patch, and mostly keep these.
type namesake struct {
	sha      SHA
	author   string
	authored int64
	message  string
}

// minWords is how long a subject must be to tell a commit from others of its author: not "Update notes".
const minWords = 4

const namesakeFormat = "--format=%H%n%an <%ae>%n%at%n%B"

// namesakes reads the words of the commits that a git log lists. Nothing is searched by git itself: a pattern would show in
// a process list.
func (r *Repo) namesakes(ctx context.Context, revs ...string) ([]namesake, error) {
	args := append([]string{"log", "-z", "--no-color", "--encoding=UTF-8", namesakeFormat}, revs...)
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir})
	if err != nil {
		return nil, err
	}
	var list []namesake
	for one := range strings.SplitSeq(string(out), "\x00") {
		f := strings.SplitN(one, "\n", 4)
		if len(f) < 4 {
			continue
		}
		when, _ := strconv.ParseInt(f[2], 10, 64) // a broken date is no evidence
		list = append(list, namesake{SHA(f[0]), f[1], when, f[3]})
	}
	return list, nil
}

// appliedByName finds a commit of onto that has the subject of another one and either its author and author's date, or the
// id of an advisory that both name. With suspect, its subject and author are enough.
func (r *Repo) appliedByName(ctx context.Context, sha, onto SHA, suspect bool) (*Applied, error) {
	own, err := r.namesakes(ctx, "--no-walk", "--end-of-options", string(sha))
	if err != nil || len(own) != 1 {
		return nil, wrap("read words", err)
	}
	c, err := r.Commit(ctx, sha)
	if err != nil {
		return nil, err
	}
	revs := []string{"--no-merges", "--end-of-options", string(onto)}
	for _, p := range c.Parents {
		revs = append(revs, "^"+string(p))
	}
	others, err := r.namesakes(ctx, revs...)
	if KindOf(err) == ErrTooLarge {
		return nil, nil // a history too large to read: the trees decide alone
	}
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	for _, other := range others {
		how := own[0].likens(other)
		if how == "" || how == HowName && !suspect || other.sha == sha {
			continue
		}
		gone, err := r.undone(ctx, other.sha, onto)
		if err != nil {
			return nil, err
		}
		if !gone {
			return &Applied{By: []SHA{other.sha}, How: how, Words: subject(other.message)}, nil
		}
	}
	return nil, nil
}

// likens says by what words another commit is the same change, "" if by none.
func (n namesake) likens(other namesake) How {
	if bare := bareSubject(n.message); bare == "" || bare != bareSubject(other.message) {
		return ""
	}
	if n.author == other.author && n.authored != 0 && n.authored == other.authored {
		return HowAuthor
	}
	ids := advisoryIDs(n.message)
	if slices.ContainsFunc(advisoryIDs(other.message), func(id string) bool { return slices.Contains(ids, id) }) {
		return HowAdvisory
	}
	if n.author == other.author && len(strings.Fields(bareSubject(n.message))) >= minWords {
		return HowName
	}
	return ""
}

// bareSubject is the first line without what projects put before it on a branch: "[release/1.2] ", "[backport 7.0] ".
func bareSubject(message string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	if !strings.HasPrefix(first, "[") {
		return strings.TrimSpace(first)
	}
	return strings.TrimSpace(regexp.MustCompile(`^(?:\[[^\]]{1,40}\]\s*)+`).ReplaceAllString(first, ""))
}

// advisoryIDs are the ids of advisories in a message, in upper case.
func advisoryIDs(message string) []string {
	ids := regexp.MustCompile(`(?i)\b(?:CVE-\d{4}-\d{4,9}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|XSA-\d{1,5})\b`).FindAllString(message, 64)
	for i := range ids {
		ids[i] = strings.ToUpper(ids[i])
	}
	return ids
}
