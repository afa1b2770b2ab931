package drill

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// seedNotices gives the notices repository its first commit, as its owners do.
func (w *World) seedNotices(ctx context.Context) error {
	if !w.Publishing {
		return nil
	}
	dir := filepath.Join(w.Dir, "seed-notices")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	c := &clone{dir: dir, author: maintainer, now: w.Clock.Now}
	if err := c.write(map[string]string{"README": "The security notices of tinyserve.\n"}); err != nil {
		return err
	}
	if err := c.run(ctx, "init -q -b main", "add -A", "commit -q -m Begin"); err != nil {
		return err
	}
	return w.town.importGit(w.Notices, dir, "refs/heads/main:refs/heads/main")
}

// noticeSite is where the notices repository would be online.
const noticeSite = "https://security.example.org/"

// The words of the notice, which somebody of the team writes.
const (
	noticeDescription = "A header value that is longer than the caller's buffer is copied into it all the same."
	noticeImpact      = "Whoever can send a request can overwrite memory."
)

// writeNotice completes the draft that Liftgate has put into the mirror.
func (s *story) writeNotice(ctx context.Context) error {
	if !s.Publishing {
		return nil
	}
	ref := policy.NoticeRef(s.advisory)
	if err := s.until(ctx, "the draft of the notice", func() (bool, error) {
		found, err := tips(ctx, s.World, s.Mirror.Dir)
		return found[ref] != "", err
	}); err != nil {
		return err
	}
	c, err := s.as(maintainer).clone(ctx, s.Mirror.CloneURL)
	if err != nil {
		return err
	}
	if _, err := c.git(ctx, "switch", "-q", "--create", "notice", "origin/"+ref); err != nil {
		return err
	}
	draft, err := os.ReadFile(filepath.Join(c.dir, "notice.yml"))
	if err != nil {
		return err
	}
	var lines []string
	for line := range strings.Lines(string(draft)) {
		if !strings.HasPrefix(line, "description:") && !strings.HasPrefix(line, "impact:") {
			lines = append(lines, line)
		}
	}
	lines = append(lines, "description: "+noticeDescription+"\n", "impact: "+noticeImpact+"\n")
	if err := c.write(map[string]string{"notice.yml": strings.Join(lines, "")}); err != nil {
		return err
	}
	if _, err := c.commit(ctx, "Say what it is"); err != nil {
		return err
	}
	_, err = c.git(ctx, "push", "-q", "origin", "HEAD:refs/heads/"+ref)
	return err
}

// settleMails answers for the mails that may or may not have gone out, as somebody does who has looked at the list.
func (s *story) settleMails(ctx context.Context, a policy.Advisory) error {
	for _, m := range a.Mails {
		if m.State != policy.MailUnknown || s.answered[m] {
			continue
		}
		word := "again"
		if len(s.mails.got(m.List)) > 0 {
			word = "sent"
		}
		if err := s.as(maintainer).comment(ctx, s.desk, "/announce "+m.List+" "+word); err != nil {
			return err
		}
		if s.answered == nil {
			s.answered = map[policy.Mail]bool{}
		}
		s.answered[m] = true
	}
	return nil
}

// checkNotice reads the published notice back, in every format.
func (s *story) checkNotice(ctx context.Context, r *Report, a policy.Advisory, must func(bool, string, ...any)) {
	if !s.Publishing {
		return
	}
	first := a.Notice.Version == 1 && len(s.releases) == 0
	must(first || (a.Embargo.IsPublic() || len(s.releases) > 0) && a.Notice.Version > 1, "version %d of the notice is the last one", a.Notice.Version)
	c := &clone{dir: s.Notices.Dir, author: maintainer, now: s.Clock.Now}
	_, number, _ := strings.Cut(s.advisory, "-")
	file := strings.Replace(number, "-", "/", 1)
	for _, name := range notice.Formats() {
		if name == "openvex" && len(s.releases) == 0 { // it speaks of releases alone
			continue
		}
		path := notice.Path(name, &notice.Record{ID: number})
		text, err := c.git(ctx, "show", "main:"+path)
		must(err == nil && (strings.Contains(text, number) || strings.Contains(text, noticeImpact)), "%s of the notice is missing or says something else", path)
	}
	for name, entry := range map[string]string{
		"index.xml": file + ".xml", "index.html": file + ".html", "feed.atom": file + ".html",
		"csaf/white/csaf-feed-tlp-white.json": strings.ToLower(s.advisory) + ".json", ".well-known/csaf/provider-metadata.json": "csaf-feed-tlp-white.json",
	} {
		text, err := c.git(ctx, "show", "main:"+name)
		must(err == nil && strings.Contains(text, entry), "%s does not list the notice", name)
	}
	text, err := c.git(ctx, "show", "main:"+file+".yml")
	published, parseErr := notice.Parse([]byte(text))
	if err != nil || parseErr != nil || len(published.Products) != 1 {
		must(false, "the notice can't be read back")
		return
	}
	must(published.CVE() == r.CVE, "the notice names another CVE number")
	must(published.Version() == a.Notice.Version, "the notice calls itself version %d, and is %d", published.Version(), a.Notice.Version)
	for _, tag := range s.releases {
		must(slices.ContainsFunc(published.Products[0].Branches, func(told notice.Branch) bool { return slices.Contains(told.Fixed.Tags, tag) }),
			"the notice does not tell of the release %s", tag)
	}
	s.checkFiles(ctx, r, published, must)
	mailed := 1
	for _, revision := range published.Revisions {
		if revision.Advice {
			mailed++
		}
	}
	for _, b := range r.Branches {
		if b.State != "landed" {
			continue
		}
		must(slices.ContainsFunc(published.Products[0].Branches, func(told notice.Branch) bool {
			return told.Name == b.Name && slices.Contains(told.Fixed.Changes, b.After)
		}), "the notice does not tell that %s is fixed: %+v", b.Name, published.Products)
	}
	for _, list := range []string{"announce@lists.example.org", "devel@lists.example.org"} {
		about := slices.DeleteFunc(s.mails.got(list), func(subject string) bool { return !strings.Contains(subject, s.advisory+":") })
		must(len(about) == mailed, "%d mails about %d versions that change advice came to %s", len(about), mailed, list)
		patch := s.advisory + "-" + published.FileName(s.plot.main, "patch")
		must(s.mails.holds(list, `filename="`+patch+`"`), "no mail to %s has %s", list, patch)
	}
	record := struct {
		Containers struct {
			CNA struct{ Title string } `json:"cna"`
		}
	}{}
	err = json.Unmarshal(s.numbers.Record(r.CVE), &record)
	must(err == nil && record.Containers.CNA.Title == published.Summary, "the CVE record says %q", record.Containers.CNA.Title)
	versions := s.numbers.Versions(r.CVE)
	must(versions >= 1 && versions <= a.Notice.Version, "the CVE record was submitted %d times for %d versions of the notice", versions, a.Notice.Version)
	commits, err := c.git(ctx, "rev-list", "--count", "main")
	must(err == nil && commits == strconv.Itoa(a.Notice.Version+1), "the notices repository has %s commits for %d versions", commits, a.Notice.Version)
}
