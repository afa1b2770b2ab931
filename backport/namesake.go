package backport

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
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

// maxPrefix is how long the name of a branch before a subject may be.
const maxPrefix = 40

const namesakeFormat = "--format=%H%n%an <%ae>%n%at%n%B"

// namesakes reads the words of the commits that a git log lists. Nothing is searched by git itself: a pattern would show in
// a process list.
func (r *Repo) namesakes(ctx context.Context, each func(namesake), revs ...string) error {
	args := append([]string{"log", "-z", "--no-color", "--encoding=UTF-8", namesakeFormat}, revs...)
	_, _, err := r.git.run(ctx, call{args: args, dir: r.dir, each: func(record []byte) {
		f := strings.SplitN(string(bytes.TrimSuffix(record, []byte{0})), "\n", 4)
		if len(f) == 4 {
			when, _ := strconv.ParseInt(f[2], 10, 64) // a broken date is no evidence
			each(namesake{SHA(f[0]), f[1], when, f[3]})
		}
	}})
	return err
}

// namesake reads the words of one commit. Git is asked where they are not plain: in another encoding, or a broken name or date.
func (r *Repo) namesake(ctx context.Context, sha SHA) (own namesake, err error) {
	rd := r.reader(ctx)
	defer rd.Close()
	c, err := rd.commit(sha)
	who, when := stamp(c.author)
	if err == nil && c.encoding == "" && !when.IsZero() && regexp.MustCompile(`^[^ <>]+( [^ <>]+)* <[^ <>]+>$`).MatchString(who) {
		return namesake{sha, who, when.Unix(), c.message}, nil
	}
	err = r.namesakes(ctx, func(n namesake) { own = n }, "--no-walk", "--end-of-options", string(sha))
	return own, wrap("read words", err)
}

// appliedByName finds a commit of onto that has the subject of another one and either its author and author's date, or the
// id of an advisory that both name. With suspect, its subject and author are enough.
func (r *Repo) appliedByName(ctx context.Context, sha, onto SHA, suspect bool) (*Applied, error) {
	if r.kept != nil && r.kept.unnamed[[2]SHA{sha, onto}] {
		return nil, nil
	}
	own, err := r.namesake(ctx, sha)
	if err != nil {
		return nil, err
	}
	c, err := r.Commit(ctx, sha)
	if err != nil {
		return nil, err
	}
	revs := []string{"--no-merges", "--end-of-options", string(onto)}
	for _, p := range c.Parents {
		revs = append(revs, "^"+string(p))
	}
	var found []Applied
	err = r.namesakes(ctx, func(other namesake) {
		if how := own.likens(other); how != "" && (how != HowName || suspect) && other.sha != sha {
			found = append(found, Applied{By: []SHA{other.sha}, How: how, Words: subject(other.message)})
		}
	}, revs...)
	if KindOf(err) == ErrTooLarge {
		return nil, nil // a message too large to read: the trees decide alone
	}
	if err != nil {
		return nil, fmt.Errorf("read words: %w", err)
	}
	for _, a := range found {
		gone, err := r.undone(ctx, a.By[0], onto)
		if err != nil {
			return nil, err
		}
		if !gone {
			return &a, nil
		}
	}
	return nil, nil
}

// likens says by what words another commit is the same change, "" if by none.
func (n namesake) likens(other namesake) How {
	bare := bareSubject(n.message)
	if bare == "" || bare != bareSubject(other.message) {
		return ""
	}
	if n.author == other.author && n.authored != 0 && n.authored == other.authored {
		return HowAuthor
	}
	ids := advisoryIDs(n.message)
	if slices.ContainsFunc(advisoryIDs(other.message), func(id string) bool { return slices.Contains(ids, id) }) {
		return HowAdvisory
	}
	if n.author == other.author && len(strings.Fields(bare)) >= minWords {
		return HowName
	}
	return ""
}

// bareSubject is the first line without what projects put before it on a branch: "[release/1.2] ", "[backport 7.0] ".
func bareSubject(message string) string {
	first, _, _ := strings.Cut(strings.TrimLeft(message, "\n"), "\n")
	for strings.HasPrefix(first, "[") {
		end := strings.IndexByte(first, ']')
		if n := utf8.RuneCountInString(first[1:max(end, 1)]); n < 1 || n > maxPrefix {
			break
		}
		first = strings.TrimLeft(first[end+1:], " \t\r\f")
	}
	return strings.TrimSpace(first)
}

// advisoryIDs are the ids of advisories in a message, in upper case.
func advisoryIDs(message string) []string {
	ids := regexp.MustCompile(`(?i)\b(?:CVE-\d{4}-\d{4,9}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3}|XSA-\d{1,5})\b`).FindAllString(message, 64)
	for i := range ids {
		ids[i] = strings.ToUpper(ids[i])
	}
	return ids
}
