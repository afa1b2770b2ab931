package backport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// RefUpdate moves one ref of a remote. Old is what the caller judged: the ref must be there when the push arrives.
type RefUpdate struct {
	Ref string // full name
	Old SHA    // "" means that the ref must not exist
	New SHA    // "" deletes it
}

// Reason says why a remote did not move a ref.
type Reason string

// The reasons. Everything a server says is reduced to one of them.
const (
	ReasonNone           Reason = ""
	ReasonStale          Reason = "ref is not where it was"       // somebody else moved it: judge again
	ReasonNotFastForward Reason = "not a fast-forward"            // as ReasonStale, found by git itself
	ReasonProtected      Reason = "refused by a rule of the repo" // protection, ruleset, hook
	ReasonWorkflows      Reason = "credential may not change workflow files"
	ReasonAuth           Reason = "not authorised"
	ReasonNetwork        Reason = "network trouble"
	ReasonTimeout        Reason = "time ran out"
	ReasonAtomic         Reason = "another ref of the push was refused"
	ReasonOther          Reason = "refused"
)

type pushMode int

const (
	pushPlain  pushMode = iota // fast-forwards, each ref on its own
	pushLease                  // compare-and-set, each ref on its own
	pushAtomic                 // fast-forwards, all or none
)

// push runs one git push and gives the answer for each ref that git reported. The error is set when git failed; the
// answers may still say which refs moved.
func (r *Repo) push(ctx context.Context, remote Remote, refs []RefUpdate, mode pushMode) (map[string]Reason, error) {
	config, err := remote.config(ctx)
	if err != nil {
		return nil, err
	}
	args := []string{"push", "--porcelain", "--no-verify", "--no-follow-tags", "--no-signed", "--recurse-submodules=no"}
	if remote.Silent {
		args = append(args, "--receive-pack="+receiver)
	}
	if mode == pushAtomic {
		args = append(args, "--atomic")
	}
	if mode == pushLease {
		for _, u := range refs {
			args = append(args, "--force-with-lease="+u.Ref+":"+string(u.Old))
		}
	}
	args = append(args, "--", remote.URL)
	for _, u := range refs {
		args = append(args, string(u.New)+":"+u.Ref)
	}
	out, _, err := r.git.run(ctx, call{args: args, dir: r.dir, config: config, remote: true})
	answers := parsePush(string(out))
	if err != nil && KindOf(err) == ErrGit && len(answers) > 0 {
		err = &Error{Op: "push", Kind: ErrGit, Exit: 1} // a refusal; the answers tell more
	}
	return answers, err
}

// parsePush reads git push --porcelain: flag, "from:to", summary (reason), separated by tabs.
func parsePush(out string) map[string]Reason {
	answers := map[string]Reason{}
	for line := range strings.Lines(out) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 3)
		if len(f) != 3 || len(f[0]) != 1 {
			continue
		}
		_, ref, ok := strings.Cut(f[1], ":")
		if !ok {
			continue
		}
		if f[0] == "!" {
			answers[ref] = refusal(f[2])
		} else {
			answers[ref] = ReasonNone
		}
	}
	return answers
}

// refusal reduces what a server said about one ref to a reason.
func refusal(summary string) Reason {
	s := strings.ToLower(summary)
	for _, r := range []struct {
		reason Reason
		words  []string
	}{
		{ReasonAtomic, []string{"atomic push fail", "atomic transaction failed"}},
		{ReasonWorkflows, []string{"workflow"}},
		{ReasonStale, []string{"stale info", "cannot lock ref", "failed to update ref", "incorrect old value", "failed to lock", "reference already exists"}},
		{ReasonNotFastForward, []string{"fetch first", "non-fast-forward", "needs force"}},
		{ReasonAuth, []string{"permission denied", "not allowed to push code"}},
		{ReasonProtected, []string{"declined", "gh006", "gh013", "protected", "rule violation", "prohibited", "not allowed", "denied", "deny"}},
	} {
		for _, w := range r.words {
			if strings.Contains(s, w) {
				return r.reason
			}
		}
	}
	return ReasonOther
}

// reasonOf is the reason when git gave no answer for a ref.
func reasonOf(err error) Reason {
	switch KindOf(err) {
	case ErrAuth, ErrNotFound: // forges answer 404 to a credential without the right
		return ReasonAuth
	case ErrNetwork:
		return ReasonNetwork
	case ErrTimeout:
		return ReasonTimeout
	}
	return ReasonOther
}

// PushedState is what became of one ref of a private push.
type PushedState string

// The states of a pushed ref.
const (
	PushMoved   PushedState = "moved"
	PushNothing PushedState = "already there"
	PushRefused PushedState = "refused"
)

// Pushed is the result for one ref.
type Pushed struct {
	RefUpdate
	State  PushedState
	Reason Reason // when refused
	Now    SHA    // where the remote's ref was before the push
}

// ownRefs is the namespace in the mirror that is the server's own. Only there a ref may go back or away.
const ownRefs = "refs/heads/liftgate/"

// PushMirror moves refs of the private mirror, each only from its expected old value. It is safe to repeat: a ref that is
// where it should be counts as done. Outside refs/heads/liftgate/ only fast-forwards and new branches are possible. A
// ref that was refused does not stop the others; the error is for trouble that concerns them all.
func (e *Embargoed) PushMirror(ctx context.Context, remote Remote, refs []RefUpdate) ([]Pushed, error) {
	if err := checkMirrorRefs(refs); err != nil {
		return nil, fmt.Errorf("push to mirror: %w", err)
	}
	patterns := make([]string, 0, len(refs))
	for _, u := range refs {
		patterns = append(patterns, u.Ref)
	}
	if len(refs) == 0 {
		return nil, nil
	}
	tips, err := e.git.tips(ctx, remote, patterns...)
	if err != nil {
		return nil, fmt.Errorf("push to mirror: %w", err)
	}
	list := make([]Pushed, len(refs))
	var lease, plain []RefUpdate
	for i, u := range refs {
		list[i] = Pushed{RefUpdate: u, Now: tips.Branches[strings.TrimPrefix(u.Ref, "refs/heads/")]}
		switch {
		case list[i].Now == u.New:
			list[i].State = PushNothing
		case list[i].Now != u.Old:
			list[i].State, list[i].Reason = PushRefused, ReasonStale
		case strings.HasPrefix(u.Ref, ownRefs):
			lease = append(lease, u)
		default:
			plain = append(plain, u)
		}
	}
	answers := map[string]Reason{}
	var trouble error
	for _, part := range []struct {
		refs []RefUpdate
		mode pushMode
	}{{lease, pushLease}, {plain, pushPlain}} {
		if len(part.refs) == 0 {
			continue
		}
		got, err := e.push(ctx, remote, part.refs, part.mode)
		maps.Copy(answers, got)
		if err != nil && len(got) == 0 {
			trouble = errors.Join(trouble, err)
		}
	}
	for i := range list {
		if list[i].State != "" {
			continue
		}
		list[i].State = PushMoved
		if reason, ok := answers[list[i].Ref]; !ok {
			list[i].State, list[i].Reason = PushRefused, reasonOf(trouble)
		} else if reason != ReasonNone {
			list[i].State, list[i].Reason = PushRefused, reason
		}
	}
	return list, wrap("push to mirror", trouble)
}

func checkMirrorRefs(refs []RefUpdate) error {
	for i, u := range refs {
		switch {
		case !validBranchRef(u.Ref):
			return invalid("not a branch")
		case slices.ContainsFunc(refs[:i], func(v RefUpdate) bool { return v.Ref == u.Ref }):
			return invalid("a branch is named twice")
		case u.Old != "" && !u.Old.Valid(), u.New != "" && !u.New.Valid():
			return invalid("not a full SHA")
		case u.New == "" && !strings.HasPrefix(u.Ref, ownRefs):
			return invalid("only the server's own branches can be deleted")
		}
	}
	return nil
}
