package app

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// draftFile is the one file on the branch of the notice's draft.
const draftFile = "notice.yml"

// draftNotice writes what is known of a report as the first draft of its notice. A branch that somebody else has made
// meanwhile is left alone.
func (w *workshop) draftNotice(ctx context.Context, p Project, advisory string, do policy.DraftNotice) error {
	text, err := notice.Draft(firstRecord(p, advisory, do))
	if err != nil {
		return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "the draft of the notice can't be written"}
	}
	committer := w.committer
	committer.When = do.Reported
	head, err := w.store.Revise(ctx, backport.Revision{
		Files: map[string][]byte{draftFile: text}, Message: "First draft of the notice of " + advisory, Committer: committer,
	})
	if err != nil {
		return err
	}
	pushed, err := w.store.PushMirror(ctx, w.mirror, []backport.RefUpdate{{Ref: "refs/heads/" + do.Ref, New: head}})
	if err != nil {
		return err
	}
	for _, one := range pushed {
		if one.State == backport.PushRefused && one.Reason != backport.ReasonStale {
			return mirrorRefusal(one)
		}
	}
	return nil
}

func firstRecord(p Project, advisory string, do policy.DraftNotice) *notice.Record {
	r := &notice.Record{
		ID: strings.TrimPrefix(advisory, p.Prefix+"-"), CWE: do.Weaknesses,
		Lifecycle: notice.Lifecycle{Reported: notice.Day(do.Reported)},
	}
	r.Tell(do.Summary.Reveal(), do.Description.Reveal())
	for _, vector := range do.Vectors {
		r.Severity.Rate(vector)
	}
	if do.Reporter != "" {
		r.Credits = []notice.Credit{{Role: notice.Reporter, Name: do.Reporter}}
	}
	return r
}

// record puts a notice together: the words are the draft's, the numbers the advisory's, and where the bug and its fix are
// is told by the repository alone.
func (w *workshop) record(ctx context.Context, p Project, advisory string, do policy.PublishNotice) (*notice.Record, error) {
	if do.Draft == "" {
		return nil, invalidNotice("there is no draft of it")
	}
	if _, err := w.store.FetchFix(ctx, w.mirror, do.Draft); err != nil {
		return nil, err
	}
	files, err := w.store.Files(ctx, backport.SHA(do.Draft), func(path string) bool { return path == draftFile })
	if err != nil {
		return nil, err
	}
	text, found := files[draftFile]
	if !found {
		return nil, invalidNotice("its draft has no file " + draftFile)
	}
	r, err := notice.Parse(text)
	if err != nil {
		return nil, noticeTrouble(err)
	}
	switch {
	case r.ByHand == "" && len(r.Products) > 0:
		return nil, invalidNotice("products: they come from the repository; remove them from the draft, or say under versions_by_hand why they are typed")
	case r.ByHand != "" && len(r.Products) == 0:
		return nil, invalidNotice("versions_by_hand: there are no products; type them, or remove this")
	}
	if len(r.Revisions) > 0 {
		return nil, invalidNotice("revisions: they come by themselves; remove them from the draft")
	}
	if len(r.Files) > 0 {
		return nil, invalidNotice("files: they come from the repository; remove them from the draft")
	}
	if id := strings.TrimPrefix(advisory, p.Prefix+"-"); r.ID != id {
		return nil, invalidNotice("id: this is " + id)
	}
	if err := number(r, do); err != nil {
		return nil, err
	}
	r.Lifecycle = notice.Lifecycle{Reported: notice.Day(do.Reported), Published: notice.Day(do.At), Fixed: notice.Day(do.Landed)}
	fixed, err := w.landing(ctx, do.Fixed)
	if err != nil {
		return nil, err
	}
	if r.ByHand == "" {
		product, err := w.product(ctx, p, do, fixed)
		if err != nil {
			return nil, err
		}
		r.Products = []notice.Product{product}
	}
	if len(do.Fixed) == 0 {
		return r, nil
	}
	patches := names(fixed[do.Fixed[0].Branch]) // main's
	if r.ByHand == "" {
		patches = r.Products[0].Branches[0].Fixed.Changes
	}
	return r, w.creditPatchers(ctx, r, patches)
}

// landing is the commits that the lift brings to each branch.
func (w *workshop) landing(ctx context.Context, moves []policy.Move) (map[string][]backport.SHA, error) {
	fixed := map[string][]backport.SHA{}
	for _, move := range moves {
		if err := w.knowFix(ctx, move); err != nil {
			return nil, err
		}
		fix, err := w.store.Commits(ctx, backport.SHA(move.Old), backport.SHA(move.New))
		if err != nil {
			return nil, err
		}
		for _, c := range fix.Commits {
			fixed[move.Branch] = append(fixed[move.Branch], c.SHA)
		}
	}
	return fixed, nil
}

// creditPatchers thanks whoever wrote main's fix, unless the team has said whom to thank. Their names are public with the
// fix.
func (w *workshop) creditPatchers(ctx context.Context, r *notice.Record, patches []string) error {
	if len(r.Credited(notice.Patcher)) > 0 {
		return nil
	}
	for _, sha := range patches {
		c, err := w.store.Commit(ctx, backport.SHA(sha))
		if err != nil {
			return err
		}
		name, address, _ := strings.Cut(c.Author.Reveal(), "<")
		who := notice.Credit{Role: notice.Patcher, Name: strings.TrimSpace(name), Email: strings.TrimSuffix(address, ">")}
		if !slices.Contains(r.Credits, who) {
			r.Credits = append(r.Credits, who)
		}
	}
	return nil
}

// advisoryNumber is a reference such as GHSA-xxxx-xxxx-xxxx, and no number of an issue.
var advisoryNumber = regexp.MustCompile(`^([A-Z]{2,10})-([A-Za-z0-9-]{4,40})$`)

// number gives the record the advisory's numbers. Another CVE number than the one that was given for it is refused.
func number(r *notice.Record, do policy.PublishNotice) error {
	for _, name := range []string{do.CVE, do.Report} {
		parts := advisoryNumber.FindStringSubmatch(name)
		if parts == nil {
			continue
		}
		if own := (notice.Advisory{Type: parts[1], ID: parts[2]}); !slices.Contains(r.References.Advisories, own) {
			r.References.Advisories = append(r.References.Advisories, own)
		}
	}
	for _, a := range r.References.Advisories {
		if a.Type == "CVE" && a.String() != do.CVE {
			return invalidNotice("references.advisories: it names another CVE than the desk; use /cve there, or name it under links")
		}
	}
	return nil
}

// product is where the bug is and where it is fixed. Before the landing it is told as far as people know it; from then on the
// repository alone tells it.
func (w *workshop) product(ctx context.Context, p Project, do policy.PublishNotice, fixed map[string][]backport.SHA) (notice.Product, error) {
	product := notice.Product{Name: productName(p, do.Look), Repository: p.Public}
	found, err := w.ranges(ctx, do, fixed)
	if err != nil {
		return product, err
	}
	for _, name := range do.Branches { // main first
		b := unlooked(do.Facts, name, fixed[name])
		for _, told := range found {
			if told.Name == name {
				looked(&b, told)
			}
		}
		product.Branches = append(product.Branches, b)
	}
	return product, nil
}

// productName is what is affected, as the world calls it.
func productName(p Project, rules policy.NoticeRules) string {
	return cmp.Or(rules.Product, path.Base(p.Public))
}

// unlooked is a branch as far as people know it.
func unlooked(facts policy.Facts, name string, fixed []backport.SHA) notice.Branch {
	b := notice.Branch{Name: name, Vulnerable: notice.Marks{Changes: facts.Introduced}, Fixed: notice.Marks{Changes: names(fixed)}}
	for _, rule := range facts.Ended {
		if rule.Name == name {
			b.Ended = notice.Day(rule.EOL)
		}
	}
	return b
}

// looked adds what the repository tells of a branch.
func looked(b *notice.Branch, told ranges.Branch) {
	b.Vulnerable.Tags, b.Fixed.Tags = told.Vulnerable.Tags, told.Fixed.Tags
	if changes := names(told.Vulnerable.Changes); len(changes) > 0 {
		b.Vulnerable.Changes = changes
	}
	switch {
	case told.State != ranges.Fixed: // what has landed was taken back
		b.Fixed.Changes = nil
	case len(b.Fixed.Changes) == 0 || redone(*b, told): // else all that has landed is the fix, whatever part of it another branch has too
		b.Fixed.Changes = names(told.Fixed.Changes)
	}
}

// redone reports whether what has landed was taken back, and the branch has the fix by something else.
func redone(b notice.Branch, told ranges.Branch) bool {
	return slices.ContainsFunc(told.Fix, func(s ranges.Sign) bool { return s.Undone && slices.Contains(b.Fixed.Changes, string(s.By)) })
}

// ranges asks the public repository, once it holds the fix.
func (w *workshop) ranges(ctx context.Context, do policy.PublishNotice, fixed map[string][]backport.SHA) ([]ranges.Branch, error) {
	if do.Landed.IsZero() || len(fixed) == 0 {
		return nil, w.knowIntroduced(ctx, do.Introduced) // afterwards it is too late to ask for others
	}
	if err := w.public.Fetch(ctx, w.from); err != nil {
		return nil, err
	}
	history, err := ranges.Load(ctx, &w.public.Repo, "")
	if err != nil {
		return nil, err
	}
	return find(ctx, history, do.Facts, fixed, do.Branches)
}

// find asks a history about some branches, as far as they still exist.
func find(ctx context.Context, history *ranges.History, facts policy.Facts, fixed map[string][]backport.SHA, branches []string) ([]ranges.Branch, error) {
	q := ranges.Query{Landed: fixed, Tags: releases(facts)}
	if len(facts.Branches) > 0 { // main first
		q.Fix = fixed[facts.Branches[0]]
	}
	for _, sha := range facts.Introduced {
		if history.Has(backport.SHA(sha)) { // else its branch has gone since it was named
			q.Introduced = append(q.Introduced, backport.SHA(sha))
		}
	}
	q.Branches = slices.DeleteFunc(slices.Clone(branches), func(name string) bool { return !slices.Contains(history.Branches(), name) })
	answer, err := history.Find(ctx, q)
	if err != nil {
		return nil, err
	}
	return answer.Branches, nil
}

func releases(facts policy.Facts) ranges.Tags { return ranges.Tags{Pattern: facts.Look.Tags} }

func names(commits []backport.SHA) []string {
	var list []string
	for _, sha := range commits {
		list = append(list, string(sha))
	}
	return list
}

// look says whose notice it is. What the project does not say follows from its places at the forge.
func look(p Project, rules policy.NoticeRules) notice.Look {
	links := p.Forge.Links()
	l := notice.Look{
		Project: rules.Title, Prefix: p.Prefix, Repositories: links.Repositories, Site: rules.Site, CNA: rules.CNA,
		Links: notice.Links{Branch: links.Branch, Tag: links.Tag, Change: links.Change}, Stylesheet: notice.Libvirt().Stylesheet,
	}
	if l.Project == "" {
		l.Project = path.Base(p.Public)
	}
	for _, as := range rules.Packages {
		l.Packages = append(l.Packages, notice.Package{
			Product: cmp.Or(as.Product, productName(p, rules)), Ecosystem: as.Ecosystem, Name: as.Name, Tag: as.Tag,
		})
	}
	if l.Site == "" { // the files are readable there, if not as a site
		l.Site = links.Repositories + p.Notices + links.Branch + rules.Branch + "/"
	}
	return l
}

// knowFix sees to it that both ends of a fix are here: another replica may have made it, and before the lift only the mirror
// has it.
func (w *workshop) knowFix(ctx context.Context, move policy.Move) error {
	if err := w.know(ctx, move.Old); err != nil {
		return err
	}
	public, err := w.public.Has(ctx, backport.SHA(move.New))
	if err == nil && !public {
		_, err = w.store.FetchFix(ctx, w.mirror, move.New)
	}
	return err
}

func invalidNotice(why string) error {
	return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "notice: " + why}
}

// noticeTrouble passes on what package notice found: it names fields, and never what they hold.
func noticeTrouble(err error) error {
	return invalidNotice(strings.ReplaceAll(fmt.Sprint(err), "\n", "; "))
}
