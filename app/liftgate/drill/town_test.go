package drill

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// evidence is what the tests read off a town beyond what a story needs.
type evidence interface {
	town
	asksForToken(c sandbox.Call) bool                        // Liftgate asks for a credential
	rehearses(c sandbox.Call) (branch string, ok bool)       // Liftgate reads the rules of a public branch
	moves(c sandbox.Call) bool                               // with a credential that can move public branches
	report(r sandbox.Request, body []byte, c *incident) bool // a public write publishes this report
	tellsWords(r sandbox.Request) bool                       // a public write that holds the report's words, as it must
	readsDesk(r sandbox.Request, desk int) bool              // Liftgate reads what was said at a desk
	nameOf(reference string) string                          // how a report is written where it is spoken of
	fork() error                                             // the mirror is a fork of the public repository
	dropHoldRule() error                                     // the mirror takes merges without the hold
	unguard(branch string) (guard func() error, err error)   // a public branch, as far as its owner can't overwrite it
	openPlaces() []string                                    // addresses that strangers read
	deliveries() []sandbox.Delivery                          // webhooks that were sent
	Idle(ctx context.Context) error                          // waits until none is under way
	DumpObjects(repo string, w io.Writer) error              // all that lies in a repository, unpacked
}

func (w *World) evidence() evidence { return w.town.(evidence) }

// delivered counts the webhooks that a server has taken, and refused those that it has not.
func (w *World) delivered() (taken, refused int) {
	for _, d := range w.evidence().deliveries() {
		switch d.Status / 100 {
		case 2:
			taken++
		case 4:
			refused++
		}
	}
	return taken, refused
}

// mischief is what people do in the tests beyond what a story needs.
type mischief interface {
	deeds
	object(ctx context.Context, number int, head, words string) error
	setOpen(ctx context.Context, number int, open bool) error
	mergeBy(ctx context.Context, number int, way string) (refused bool, err error) // merge, squash or rebase
	overwriteHold(ctx context.Context, sha string) error                           // says that a held commit is fine
	dress(ctx context.Context, number int, labels, reviewers []string) error
	dressed(ctx context.Context, number int) (labels, reviewers []string, err error)
	deskOpen(ctx context.Context, desk int) (bool, error)
	moveReport(ctx context.Context, reference string, to policy.ReportState) error
	reportCVE(ctx context.Context, reference string) (string, error)
}

func (w *World) mischief(login string) mischief { return w.town.hands(login).(mischief) }

// describedBy holds every exchange to the forge's own description of itself.
func describedBy(t *testing.T, forge string) Watch {
	t.Helper()
	if forge == onGitHub {
		return describedByGitHub(t)
	}
	return describedByGitLab(t)
}

// held is the same in the usual run and above it: it costs half as much again. By default the crash cases stand for the
// rest.
func held(t *testing.T, forge string) Watch {
	t.Helper()
	if !usual() {
		return Watch{}
	}
	return describedBy(t, forge)
}

// onMost plays something on GitHub, and in the usual run and above it on the other forges.
func onMost(t *testing.T, play func(t *testing.T, forge string)) {
	t.Helper()
	on(t, affordable(t, usual(), "usual"), play)
}

// onEach plays something on each forge.
func onEach(t *testing.T, play func(t *testing.T, forge string)) {
	t.Helper()
	if rest() {
		t.Skip("a default run plays it on each forge")
	}
	on(t, Forges(), play)
}

// affordable are the forges that something is played on: all of them in the cases named, GitHub alone below that.
func affordable(t *testing.T, every bool, cases string) []string {
	t.Helper()
	leisurely := atLeisure(t)
	switch {
	case rest() && !leisurely && !every:
		t.Skip("a default run plays it")
	case rest() && !leisurely:
		return slices.DeleteFunc(Forges(), func(forge string) bool { return forge == onGitHub })
	case every:
		return Forges()
	}
	t.Logf("1 of %d forges: LIFTGATE_CASES=%s plays it on each", len(Forges()), cases)
	return []string{onGitHub}
}

// atLeisure reports whether a test is one that a default run has no time for. Each of them plays in depth what another one
// touches. LIFTGATE_CASES=usual plays them, and so does rest.
func atLeisure(t *testing.T) bool {
	t.Helper()
	name, _, _ := strings.Cut(t.Name(), "/")
	leisurely := slices.Contains([]string{
		"TestPublicBranchTrouble", "TestRealRepository", "TestSIGKILL", "TestTwoEngines",
		"TestVariantAmended", "TestVariantAutoMerge", "TestVariantButton", "TestVariantDeskMistreated", "TestVariantDriftHolds",
		"TestVariantEarlyMerge", "TestVariantEmbargo", "TestVariantLiftNow", "TestVariantLiftSaid", "TestVariantManyBranches",
		"TestVariantMarkers", "TestVariantPublicMidway", "TestVariantRejected", "TestVariantReportClosedByHand",
		"TestVariantReportEdited", "TestVariantReportPublishedByHand", "TestVariantSeries", "TestVariantTwoAdvisories",
		"TestVariantUpdatedBranch",
	}, name)
	if leisurely && !usual() {
		t.Skip("LIFTGATE_CASES=usual plays it")
	}
	return leisurely
}

func on(t *testing.T, forges []string, play func(t *testing.T, forge string)) {
	t.Helper()
	for _, forge := range forges {
		t.Run(forge, func(t *testing.T) {
			t.Parallel()
			play(t, forge)
		})
	}
}

// hubTown and hubHands are for what only GitHub has.
func (w *World) hubTown() *hubTown { return w.town.(*hubTown) }

func (w *World) hubHands(login string) *hubHands { return w.town.hands(login).(*hubHands) }
