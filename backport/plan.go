package backport

import (
	"context"
	"fmt"
	"io"
	"slices"
)

// Plan asks for one fix on one branch, by every way there is. It is a value: the same Plan gives the same SHAs.
type Plan struct {
	Main []SHA // the fix as main has it, oldest first
	// Chain is the same fix as it was adapted for the next newer branch, oldest first; empty where there is none.
	// People's work on the newer branch is most of what the older one needs, so it is tried first.
	Chain     []SHA
	Onto      SHA
	OntoName  string // see [Pick.OntoName]
	Mainline  int    // see [Pick.Mainline]
	Message   Message
	Committer Identity
	Unseen    bool // see [Pick.Unseen]
}

// Method says how a fix for a branch was made.
type Method string

// The methods, most trusted first.
const (
	MethodChain Method = "chain" // from the next newer branch's fix
	MethodMain  Method = "main"  // from main's fix
	MethodDraft Method = "draft" // both failed; a guess for a person to review, never ready by itself
)

// Agreement says what the comparison of both ways gave. On real backports equal trees are nearly always the ones that
// people committed; different ones want a person's look.
type Agreement string

// The outcomes of the comparison.
const (
	AgreementSame   Agreement = "same"   // both ways gave one tree: confidence
	AgreementDiffer Agreement = "differ" // both ways were clean and gave different trees: the chain's is taken, marked for review
	AgreementSingle Agreement = "single" // one way alone was there, or clean
	AgreementNone   Agreement = ""       // no clean way
)

// Planned is what a plan came to.
type Planned struct {
	Result    Result
	Method    Method // of Result.Picked, or of the conflict that is shown
	Agreement Agreement
	Other     *Picked // main's pick, where both ways differ
	Draft     *Draft  // where no way was clean, if there is one
}

// Review reports whether a person must look at it before it can become ready, whatever the rules say.
func (p Planned) Review() bool { return p.Agreement == AgreementDiffer || p.Result.Conflict != nil }

// Format prints which result it is, for every verb, for the reason given at [Result.Format].
func (p Planned) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, fmt.Sprint(p.Result)+" by "+string(p.Method)) // fmt has no way to report it
}

// Plan picks by chain and by main, settles what is certain of their conflicts, compares, and where neither is clean tries a
// draft. Nothing but objects is written, and only in this store.
func (e *Embargoed) Plan(ctx context.Context, p Plan) (Planned, error) {
	main, err := e.way(ctx, p, MethodMain)
	if err != nil {
		return Planned{}, fmt.Errorf("plan: %w", err)
	}
	if main.Result.Applied != nil || len(p.Chain) == 0 || slices.Equal(p.Chain, p.Main) {
		return e.drafted(ctx, p, main)
	}
	chain, err := e.way(ctx, p, MethodChain)
	if KindOf(err) == ErrNoObject {
		return e.drafted(ctx, p, main) // the newer branch's fix was not fetched; main's is here
	}
	if err != nil {
		return Planned{}, fmt.Errorf("plan: %w", err)
	}
	planned, err := e.entered(ctx, p, chain, main)
	if err != nil {
		return Planned{}, fmt.Errorf("plan: %w", err)
	}
	return e.drafted(ctx, p, planned)
}

// by is the pick of one method.
func (p Plan) by(m Method) Pick {
	pick := Pick{Commits: p.Main, Onto: p.Onto, OntoName: p.OntoName, Mainline: p.Mainline, Message: p.Message, Committer: p.Committer, Unseen: p.Unseen, resolve: resolveAgree}
	if m == MethodChain {
		// The chain's commits say themselves where they come from; those that don't are recorded as main's.
		pick.Commits, pick.inherit, pick.Mainline = p.Chain, true, 0
		if len(p.Chain) == len(p.Main) {
			pick.Message = pick.Message.recording(p.Chain, p.Main)
		}
	}
	return pick
}

// way picks by one method alone.
func (e *Embargoed) way(ctx context.Context, p Plan, m Method) (Planned, error) {
	r, err := e.Pick(ctx, p.by(m))
	if err != nil {
		return Planned{}, err
	}
	planned := Planned{Result: r, Method: m}
	if r.Picked != nil {
		planned.Agreement = AgreementSingle
	}
	return planned, nil
}

// compare joins both ways. An adaptation that would change nothing here says nothing of main's fix, so main's stands.
func compare(chain, main Planned) Planned {
	a, b := chain.Result.Picked, main.Result.Picked
	switch {
	case a != nil && b != nil && a.Tree == b.Tree:
		chain.Agreement = AgreementSame
		return chain
	case a != nil && b != nil:
		chain.Agreement, chain.Other = AgreementDiffer, b
		return chain
	case a != nil:
		return chain
	case b != nil:
		return main
	case chain.Result.Conflict != nil:
		return chain // closer to the branch, so usually the smaller conflict
	}
	return main
}
