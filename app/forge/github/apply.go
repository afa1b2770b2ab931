package github

import (
	"context"
	"net/http"
	"unicode/utf8"

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
func (f *Forge) ApplyPublic(ctx context.Context, c policy.Clearance, e policy.Effect, again bool) (policy.Outcome, error) {
	out := policy.Outcome{Effect: e}
	if c.For(e.Advisory) != nil {
		return f.ended(out, "publish", wire.Refused("there is no clearance for a public write"))
	}
	switch do := e.Do.(type) {
	case policy.PublishReport:
		return f.ended(out, "publish the report", f.publish(ctx, do))
	case policy.StartChecks: // GitHub starts them for every branch of a push
		return f.ended(out, "start checks", nil)
	}
	return f.ended(out, "publish", wire.Refused("this is not an effect that the adapter performs in public"))
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
		out.Number, err = f.keepComment(ctx, do.Desk, do.Comment, do.Body, marker)
		return "write the status comment", err
	case policy.Say:
		out.Number, err = f.say(ctx, do.Desk, do.Body, marker, again)
		return "comment at the desk", err
	case policy.CloseDesk:
		return "close the desk", f.closeDesk(ctx, do)
	case policy.UpdateReport:
		return "update the report", f.updateReport(ctx, do)
	case policy.RequestCVE:
		return "ask for a CVE number", f.requestCVE(ctx, do, again)
	case policy.OpenFix:
		out.Number, err = f.openFix(ctx, do, marker)
		return "open the fix", err
	case policy.ReadyFix: // openFix makes none, so this one is somebody's
		return "end the draft", wire.Refused("GitHub has only people end a draft: press \"Ready for review\"")
	case policy.SetHold:
		return "set the hold", f.setHold(ctx, do, e.Key)
	case policy.ExplainFix:
		out.Number, err = f.keepComment(ctx, do.Fix, do.Comment, do.Body, marker)
		return "explain the fix", err
	case policy.CloseFix:
		return "close the fix", f.closeFix(ctx, do, marker)
	case policy.StartChecks: // GitHub starts them for every branch of a push
		return "start checks", nil
	case policy.Probe:
		out.Probe, err = f.probe(ctx, do)
		return "rehearse", err
	}
	return "perform the effect", wire.Refused("this is not an effect that the adapter performs in private")
}

// maxBody is a little less than the most that GitHub takes in one text, in characters.
const maxBody = 65000

// marked is a text as it goes out: cut to what GitHub takes, with its marker at the end.
func marked(body policy.Text, marker string) string {
	return cut(body.Reveal(), maxBody) + "\n\n" + marker
}

// cut shortens a text at a character, and says so.
func cut(text string, most int) string {
	if utf8.RuneCountInString(text) <= most {
		return text
	}
	return string([]rune(text)[:most-1]) + "…"
}

func (f *Forge) post(ctx context.Context, path string, body, into any) error {
	_, err := f.call(ctx, asDesk, http.MethodPost, path, body, into)
	return err
}

func (f *Forge) patch(ctx context.Context, as purpose, path string, body any) error {
	_, err := f.call(ctx, as, http.MethodPatch, path, body, nil)
	return err
}
