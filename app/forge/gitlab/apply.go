package gitlab

import (
	"context"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Apply performs one private effect that is not work on repositories. Again says that an earlier try has an unknown
// outcome, so that what it may have made is looked for first. The outcome carries the same trouble as the error.
func (f *Forge) Apply(ctx context.Context, e policy.Effect, again bool) (policy.Outcome, error) {
	out := policy.Outcome{Effect: e}
	verb, err := f.apply(ctx, e, again, &out)
	return f.ended(out, verb, err)
}

// ApplyPublic performs an effect that the public can see. It does nothing without a clearance for the effect's advisory.
func (f *Forge) ApplyPublic(ctx context.Context, c policy.Clearance, e policy.Effect, _ bool) (policy.Outcome, error) {
	out := policy.Outcome{Effect: e}
	if c.For(e.Advisory) != nil {
		return f.ended(out, "write in public", wire.Refused("there is no clearance for a public write"))
	}
	switch do := e.Do.(type) {
	case policy.PublishReport:
		return f.ended(out, "publish the report", f.publish(ctx, e.Advisory, do))
	case policy.StartChecks:
		if do.Public {
			return f.ended(out, "start public checks", f.startChecks(ctx, do))
		}
	}
	return f.ended(out, "write in public", wire.Refused("this is not an effect that the adapter performs in public"))
}

func (f *Forge) ended(out policy.Outcome, verb string, err error) (policy.Outcome, error) {
	out.At = f.now().UTC()
	out.Trouble = policy.AsTrouble(err)
	return out, wire.Told(verb, err)
}

func (f *Forge) apply(ctx context.Context, e policy.Effect, again bool, out *policy.Outcome) (verb string, err error) {
	marker := policy.Marker(e.Key)
	switch do := e.Do.(type) {
	case policy.OpenDesk:
		out.Number, err = f.openDesk(ctx, do, marker)
		return "open the desk", err
	case policy.WriteStatus:
		out.Number, err = f.keepNote(ctx, f.mirror.issue(do.Desk), do.Comment, do.Body, marker)
		return "write the status comment", err
	case policy.Say:
		out.Number, err = f.say(ctx, f.mirror.issue(do.Desk), do.Body, marker, again)
		return "comment at the desk", err
	case policy.CloseDesk:
		return "close the desk", f.closeDesk(ctx, do)
	case policy.UpdateReport:
		return "update the report", f.updateReport(ctx, e.Advisory, do)
	case policy.OpenFix:
		out.Number, err = f.openFix(ctx, do, marker)
		return "open the fix", err
	case policy.ReadyFix:
		return "end the draft", f.readyFix(ctx, do)
	case policy.SetHold:
		return "set the hold", f.setHold(ctx, do)
	case policy.ExplainFix:
		out.Number, err = f.keepNote(ctx, f.mirror.mergeRequest(do.Fix), do.Comment, do.Body, marker)
		return "explain the fix", err
	case policy.CloseFix:
		return "close the fix", f.closeFix(ctx, do, marker)
	case policy.StartChecks:
		if !do.Public {
			return "start checks", f.startChecks(ctx, do)
		}
	case policy.Probe:
		out.Probe, err = f.probe(ctx, do)
		return "rehearse", err
	}
	return "perform the effect", wire.Refused("this is not an effect that the adapter performs in private")
}
