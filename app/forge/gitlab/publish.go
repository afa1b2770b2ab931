package gitlab

import (
	"cmp"
	"context"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// publish opens a clean public issue in the place of the confidential one, which is then closed and stays confidential. It
// is believed only when it reads so. A report that somebody has made visible is public already; only its number may lack.
func (f *Forge) publish(ctx context.Context, advisory string, do policy.PublishReport) error {
	i, err := f.reportIssue(ctx, do.Ref)
	if err != nil {
		return err
	}
	was, err := f.pointer(ctx, i)
	if err != nil {
		return err
	}
	var want pointer
	if was != nil {
		want = *was
	}
	want.advisory, want.state, want.visible = advisory, policy.ReportPublished, !i.Confidential
	want.severity, want.cve = cmp.Or(do.Severity, want.severity), cmp.Or(do.CVE, want.cve)
	if !i.Confidential {
		return f.writePointer(ctx, i.Number, was, want)
	}
	if was == nil {
		if err := f.noStranger(ctx, i.Number); err != nil {
			return err
		}
	}
	if want.published, err = f.publicIssue(ctx, advisory, i, want); err != nil {
		return err
	}
	if ok, err := f.isPublished(ctx, advisory, want.published); err != nil {
		return err
	} else if !ok {
		return &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the report does not read as published yet"}
	}
	if err := f.writePointer(ctx, i.Number, was, want); err != nil {
		return err
	}
	if !i.open() {
		return nil
	}
	return f.turnTo(ctx, f.public.issue(i.Number), "close")
}

// publishMarker is carried by the public issue of an advisory.
func publishMarker(advisory string) string { return policy.Marker("publish/" + advisory) }

// anyPublishMarker is how the marker of every advisory's public issue begins.
func anyPublishMarker() string { return strings.TrimSuffix(publishMarker(""), " -->") }

// publicIssue finds the public issue or opens it, and sees to it that it names the CVE.
func (f *Forge) publicIssue(ctx context.Context, advisory string, report issue, p pointer) (int, error) {
	public, err := f.findPublished(ctx, advisory, p.published)
	if err != nil {
		return 0, err
	}
	if public != nil && public.Confidential { // to open another would publish twice, once somebody shows this one again
		return 0, wire.Refused("somebody has made the public issue of this advisory confidential: make it visible again, or delete it to have another opened")
	}
	if public == nil {
		var made issue
		body := publicFacts(p) + "\n" + disarmed(cut(unlinked(report.Description), maxBody)) + "\n\n" + publishMarker(advisory)
		err := f.post(ctx, f.public.path()+"/issues", map[string]any{
			"title": cut(advisory+": "+unlinked(report.Title), maxTitle), "description": body, "confidential": false,
		}, &made)
		return made.Number, err
	}
	known := facts(public.Description)
	if p.cve == "" || known["CVE"] == p.cve {
		return public.Number, nil
	}
	// A number that came later goes on top. The rest stays: people may have changed it meanwhile.
	stands := publicFacts(pointer{advisory: advisory, severity: known["severity"], cve: known["CVE"]})
	body := publicFacts(p) + "\n" + strings.TrimPrefix(public.Description, stands)
	return public.Number, f.put(ctx, f.public.issue(public.Number), map[string]any{"description": body})
}

func publicFacts(p pointer) string {
	return table([][2]string{{"advisory", p.advisory}, {"severity", p.severity}, {"CVE", p.cve}})
}

// findPublished looks for the public issue of an advisory: where the pointer says, else among our own. One that somebody
// has made confidential is given only if there is no other.
func (f *Forge) findPublished(ctx context.Context, advisory string, number int) (found *issue, err error) {
	if number != 0 {
		if found, err = f.published(ctx, advisory, number); err != nil || found != nil && !found.Confidential {
			return found, err
		}
	}
	err = f.ownIssues(ctx, f.public, func(i issue) bool {
		if i.publishes(advisory) && (found == nil || found.Confidential) {
			found = &i
		}
		return found == nil || found.Confidential
	})
	return found, err
}

// publishes reports whether an issue of our own is what was published of an advisory, visible or not.
func (i issue) publishes(advisory string) bool {
	return strings.Contains(i.Description, publishMarker(advisory))
}

// published reads the public issue of an advisory by its number; nil if that is another issue, somebody else's or none.
func (f *Forge) published(ctx context.Context, advisory string, number int) (*issue, error) {
	var i issue
	err := f.get(ctx, asBot, f.public.issue(number), &i)
	if wire.Gone(err) || err == nil && !i.publishes(advisory) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if own, err := f.isSelf(ctx, i.Author); err != nil || !own {
		return nil, err
	}
	return &i, nil
}

// isPublished reads the public issue back.
func (f *Forge) isPublished(ctx context.Context, advisory string, number int) (bool, error) {
	i, err := f.published(ctx, advisory, number)
	return i != nil && !i.Confidential, err
}
