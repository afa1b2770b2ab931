package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// noticeKey is how the keys of the notice's versions begin.
const noticeKey = "notice"

// landedReason is why a notice that came before the fixes gets another version.
const landedReason = "the fixes have landed"

// wantsNotice reports whether the project publishes notices.
func (t *turn) wantsNotice() bool { return t.in.Project.Notices != "" }

// blind reports whether nobody knows how a notice looks and whom it is mailed to. What is owed then waits.
func (t *turn) blind() bool { return t.wantsNotice() && t.in.Seen.RulesProblem != "" }

// noticeDraft is the commit of the notice's draft, or "". Once the lift has begun, one that somebody deletes still counts.
func (t *turn) noticeDraft() string {
	tip, _ := Tip(t.in.Seen.Mirror.Branches, NoticeRef(t.a.ID))
	if tip == "" && t.a.Lift.Gate != GateHeld {
		return t.a.Notice.Draft
	}
	return tip
}

// seeNotice remembers the draft.
func (t *turn) seeNotice() {
	if t.wantsNotice() {
		t.a.Notice.Draft = t.noticeDraft()
	}
}

// planDraft puts a first draft of the notice where people can go on from it. One that somebody deletes is made anew. A mirror
// that is still empty has to follow first: forges take the first branch that is pushed for the default one.
func (t *turn) planDraft() {
	r := t.in.Seen.Report
	if _, follows := Tip(t.in.Seen.Mirror.Branches, t.in.Seen.Rules.Main); !follows {
		return
	}
	if !t.wantsNotice() || t.a.Lift.Gate != GateHeld || t.noticeDraft() != "" || r.Ref == "" {
		return
	}
	do := DraftNotice{
		Ref: NoticeRef(t.a.ID), Summary: r.Summary, Vectors: r.Vectors, Weaknesses: r.Weaknesses, Reporter: t.a.Reporter, Reported: t.reported(),
	}
	if r.Verbatim {
		do.Description = r.Description
	}
	t.ask("draft-notice", do)
}

// reported is when the report came in, as the forge tells it.
func (t *turn) reported() (at time.Time) {
	if at = t.in.Seen.Report.CreatedAt; at.IsZero() {
		at = t.a.Opened
	}
	return at.UTC()
}

// rehearsing names what a rehearsal is about: the candidates, and the notice's draft where there is one to publish.
func (t *turn) rehearsing(moves []Move) string {
	if tags := t.tagsToCome(); len(tags) > 0 {
		moves = append(slices.Clone(moves), Move{Branch: "tags", New: strings.Join(tags, " ")})
	}
	if t.wantsNotice() {
		moves = append(slices.Clone(moves), Move{Branch: NoticeRef(t.a.ID), New: t.noticeDraft()})
	}
	return digest(moves)
}

// noticeToCome is the next version, as far as it is known before its time; none where no notice is published.
func (t *turn) noticeToCome() PublishNotice {
	if !t.wantsNotice() {
		return PublishNotice{}
	}
	do := PublishNotice{
		Version: t.a.Notice.Version + 1, Reason: "first version", Draft: t.noticeDraft(), CVE: t.a.CVE, Report: t.a.Report,
		Reported: t.reported(), At: t.a.Embargo.End, Landed: t.a.Lift.Landed, Lists: t.in.Seen.Rules.Lists,
		Facts: t.a.Facts(t.in.Seen.Rules, t.in.Seen.Public, t.now),
	}
	if do.Version > 1 {
		do.Reason = landedReason
	}
	return do
}

// planNotice publishes the notice: once the public refs were read back, and before the fixes where the matter is public
// already. What is published is the newest draft: a mistake in the rehearsed one can still be mended.
func (t *turn) planNotice() {
	if !t.owesNotice() || t.blind() || t.pending(noticeKey) || len(t.untagged()) > 0 { // it tells of the tags
		return
	}
	do := t.noticeToCome()
	do.At, do.Lists = t.publicSince(), nil
	t.ask(fmt.Sprintf("%s/%d/%s", noticeKey, do.Version, short(do.Draft)), do)
}

// publicSince is the instant that a notice calls its publication. It stays the same however often the notice is tried.
func (t *turn) publicSince() time.Time {
	if !t.a.Notice.Published.IsZero() {
		return t.a.Notice.Published
	}
	if !t.a.Lift.Landed.IsZero() {
		return t.a.Lift.Landed
	}
	return t.a.Embargo.ExitedAt
}

// owesNotice reports whether a version of the notice is due that is not public yet.
func (t *turn) owesNotice() bool {
	if !t.wantsNotice() || t.noticeDraft() == "" {
		return false
	}
	return t.a.Notice.Version == 0 || !t.a.Notice.Landed && !t.a.Lift.Landed.IsZero()
}

func (t *turn) publishedNotice(do PublishNotice, result NoticeResult) {
	if do.Version <= t.a.Notice.Version {
		return
	}
	t.a.Notice = Notice{
		Version: do.Version, Commit: result.Commit, Draft: do.Draft, CVE: do.CVE, Landed: !do.Landed.IsZero(), Recorded: t.a.Notice.Recorded, Published: do.At,
		Printed: do.Version, Told: do.Version, Heard: t.a.Notice.Heard,
	}
	if do.Version > 1 {
		t.a.Notice.ToldWhy = do.Reason
	}
	t.line(By, "published the notice", fmt.Sprintf("version %d: %s", do.Version, do.Reason))
}

// noticeWords tell where the notice is.
func (t *turn) noticeWords() string {
	switch {
	case t.a.Notice.Version > 0:
		return fmt.Sprintf("version %d is public, as %s of %s", t.a.Notice.Version, short(t.a.Notice.Commit), t.in.Project.Notices)
	case t.noticeDraft() != "":
		return "draft on the branch " + NoticeRef(t.a.ID)
	}
	return "no draft yet"
}
