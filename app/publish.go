package app

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/policy"
)

// rehearse adds to a forge's rehearsal what is the engine's part of a lift.
func (e *Engine) rehearse(ctx context.Context, p Project, advisory string, probe policy.Probe, result *policy.ProbeResult) error {
	if err := e.rehearseTags(ctx, p, probe.Tags, result); err != nil {
		return err
	}
	if probe.Notice.Version == 0 {
		return nil
	}
	return e.rehearseNotice(ctx, p, advisory, probe, result)
}

// rehearseNotice makes the notice as it would be published, and says what stands in its way. Nothing public changes.
func (e *Engine) rehearseNotice(ctx context.Context, p Project, advisory string, probe policy.Probe, result *policy.ProbeResult) error {
	do := probe.Notice
	if do.At.IsZero() { // no end is agreed on
		do.At = do.Reported
	}
	do.Fixed = slices.DeleteFunc(slices.Clone(probe.Moves), func(m policy.Move) bool { return m.New == "" })
	risks, err := e.tryNotice(ctx, p, advisory, do)
	if err != nil {
		trouble := policy.AsTrouble(sortGit(err))
		if trouble.Kind == policy.TroubleAway || trouble.Kind == policy.TroubleUnknown || trouble.Kind == policy.TroubleLimited {
			return trouble
		}
		result.Problems = append(result.Problems, trouble.Hint)
		return nil
	}
	result.Risks = append(result.Risks, risks...)
	result.Checked = append(result.Checked, "the notice is written in every format and fits among the published ones")
	if len(do.Lists) > 0 {
		result.Checked = append(result.Checked, "the announcements are written, and the mail server greets")
	}
	return nil
}

// tryNotice gives what people should know, though it stands in nothing's way.
func (e *Engine) tryNotice(ctx context.Context, p Project, advisory string, do policy.PublishNotice) (risks []string, err error) {
	w, err := e.workshop(ctx, p, advisory)
	if err != nil {
		return nil, err
	}
	r, err := w.record(ctx, p, advisory, do)
	if err != nil {
		return nil, err
	}
	url, _, _, err := p.Forge.NoticesGit(ctx, policy.Clearance{})
	if err != nil {
		return nil, err
	}
	shelf, err := openShelf(ctx, e.Stores, p.Notices, remote(url, "", ""), do.Look.Branch)
	if err != nil {
		return nil, err
	}
	shelf.version(r, do)
	files, left, err := shelf.attach(ctx, &w.store.Repo, r, do.Look.Files, do.Fixed)
	if err != nil {
		return nil, err
	}
	for _, file := range left {
		risks = append(risks, "the "+file+" is too large to be published with the notice, and is left out")
	}
	look := e.look(p, do.Look)
	if _, err = shelf.with(r, look, do.Look.Formats); err != nil {
		return nil, err
	}
	doubts, err := e.doubts(ctx, p, w, r, do)
	if err != nil {
		return nil, err
	}
	risks = append(risks, doubts...)
	if err = e.rehearseRecord(p, look, r); err != nil {
		return nil, err
	}
	return risks, e.rehearseMail(ctx, p, advisory, do, r, files)
}

// publishNotice commits one version of a notice to the notices repository, in every format, with the index and the feed that
// follow from it. Doing it again changes nothing.
func (e *Engine) publishNotice(ctx context.Context, p Project, clearance policy.Clearance, do policy.PublishNotice) (policy.Outcome, error) {
	var o policy.Outcome
	advisory := clearance.Advisory()
	w, err := e.workshop(ctx, p, advisory)
	if err != nil {
		return o, sortGit(err)
	}
	r, err := w.record(ctx, p, advisory, do)
	if err != nil {
		return o, sortGit(err)
	}
	url, user, secret, err := p.Forge.NoticesGit(ctx, clearance)
	if err != nil {
		return o, err
	}
	shelf, err := openShelf(ctx, e.Stores, p.Notices, remote(url, user, secret), do.Look.Branch)
	if err != nil {
		return o, sortGit(err)
	}
	shelf.version(r, do)
	var fix map[string][]byte
	if !do.Landed.IsZero() { // else it is not public yet
		if fix, _, err = shelf.attach(ctx, &w.store.Repo, r, do.Look.Files, do.Fixed); err != nil {
			return o, sortGit(err)
		}
	}
	files, err := shelf.with(r, e.look(p, do.Look), do.Look.Formats)
	if err != nil {
		return o, err
	}
	maps.Copy(files, fix)
	o.Notice.Commit, err = shelf.put(ctx, clearance, e.noticeVersion(advisory, files, do.Reason, versionTime(do)))
	return o, sortGit(err)
}

// noticeVersion is the commit of one version of a notice.
func (e *Engine) noticeVersion(advisory string, files map[string][]byte, why string, at time.Time) backport.Revision {
	committer := e.Committer
	committer.When = at
	return backport.Revision{Files: files, Message: advisory + ": " + why, Committer: committer}
}

// versionTime is when a version comes out, the same however often it is tried.
func versionTime(do policy.PublishNotice) time.Time {
	if do.Landed.After(do.At) {
		return do.Landed
	}
	return do.At
}

// shelf is the notices repository as it is now.
type shelf struct {
	stores  *backport.Stores
	public  *backport.Public
	name    string
	from    backport.Remote
	branch  string
	tip     backport.SHA
	records map[string]*notice.Record // by number
}

var recordFile = regexp.MustCompile(`^[0-9]{4}/[0-9]{4,6}\.(yml|xml)$`)

func openShelf(ctx context.Context, stores *backport.Stores, name string, from backport.Remote, branch string) (*shelf, error) {
	public, err := stores.Public(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := public.Fetch(ctx, from); err != nil {
		return nil, err
	}
	branches, err := public.Branches(ctx)
	if err != nil {
		return nil, err
	}
	s := &shelf{stores: stores, public: public, name: name, from: from, branch: branch, tip: branches[branch], records: map[string]*notice.Record{}}
	if s.tip == "" {
		return nil, invalidNotice(fmt.Sprintf("%s has no branch %s; make it, with a first commit", name, branch))
	}
	files, err := public.Files(ctx, s.tip, recordFile.MatchString)
	if err != nil {
		return nil, err
	}
	for _, file := range slices.Sorted(maps.Keys(files)) { // what is in YAML comes after its XML, and holds more
		r, err := notice.Parse(files[file])
		if err != nil {
			return nil, invalidNotice(fmt.Sprintf("%s of %s can't be read", file, name))
		}
		s.records[r.ID] = r
	}
	return s, nil
}

// version makes a record the version that it will be, after those that are published.
func (s *shelf) version(r *notice.Record, do policy.PublishNotice) {
	r.Revise(s.records[r.ID], do.Version, notice.Revision{Day: notice.Day(versionTime(do)), Reason: do.Reason, Advice: do.Version > 1})
}

// with gives every file of the repository as it is with a notice added or replaced.
func (s *shelf) with(r *notice.Record, look notice.Look, formats []string) (map[string][]byte, error) {
	for _, other := range s.records {
		if other.ID != r.ID && r.CVE() != "" && other.CVE() == r.CVE() {
			return nil, invalidNotice(fmt.Sprintf("%s has its CVE number already", look.Name(other)))
		}
	}
	s.records[r.ID] = r
	site, err := notice.Site(slices.Collect(maps.Values(s.records)), look)
	if err != nil {
		return nil, noticeTrouble(err)
	}
	files := map[string][]byte{}
	for _, f := range site {
		files[f.Path] = f.Text
	}
	for _, format := range append([]string{"yaml"}, formats...) {
		if r.Silent(format) {
			continue
		}
		text, err := notice.Render(format, r, look)
		if err != nil {
			return nil, noticeTrouble(err)
		}
		files[notice.Path(format, r)] = text
	}
	return files, nil
}

// put commits and pushes a version of an advisory's notice. Somebody else's push meanwhile means another try.
func (s *shelf) put(ctx context.Context, clearance policy.Clearance, version backport.Revision) (string, error) {
	store, err := s.stores.Embargoed(ctx, s.name, clearance.Advisory())
	if err != nil {
		return "", err
	}
	version.Parent = s.tip
	head, err := store.Revise(ctx, version)
	if err != nil || head == s.tip {
		return string(head), err
	}
	landing, err := store.Land(ctx, clearance, s.from, []backport.RefUpdate{{Ref: "refs/heads/" + s.branch, Old: s.tip, New: head}})
	if err != nil {
		return "", err
	}
	if landing.Landed {
		return string(head), nil
	}
	switch landing.Reason {
	case backport.ReasonStale, backport.ReasonNotFastForward, backport.ReasonNetwork, backport.ReasonTimeout:
		return "", &policy.Trouble{Kind: policy.TroubleAway, Hint: "notices repository: " + string(landing.Reason)}
	}
	return "", &policy.Trouble{Kind: policy.TroubleRefused, Hint: "notices repository: " + refusedBranches(landing)}
}
