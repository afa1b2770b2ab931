package gitlab

import (
	"context"

	"github.com/liftgate/liftgate/app/forge/reading"
)

// pushRules are what a project asks of every commit that is pushed. Only paid GitLabs have them.
type pushRules struct {
	Signed        bool   `json:"reject_unsigned_commits"`
	SignedOff     bool   `json:"reject_non_dco_commits"`
	Committer     bool   `json:"commit_committer_check"`
	CommitterName bool   `json:"commit_committer_name_check"`
	Members       bool   `json:"member_check"`
	Secrets       bool   `json:"prevent_secrets"`
	Message       string `json:"commit_message_regex"`
	NoMessage     string `json:"commit_message_negative_regex"`
	Author        string `json:"author_email_regex"`
	File          string `json:"file_name_regex"`
	Size          int    `json:"max_file_size"`
}

// probePushRules names the rules that refuse commits as Liftgate makes them, and says of the others that only the push will
// tell. A GitLab that has none, or does not show them, says "not found".
func (f *Forge) probePushRules(ctx context.Context, as purpose, r *reading.Findings) error {
	r.Check("the public project's push rules")
	var rules *pushRules
	err := f.get(ctx, as, f.public.path()+"/push_rule", &rules)
	if hidden, err := unread(err); hidden || err != nil || rules == nil {
		return err
	}
	for _, one := range []struct {
		on    bool
		words string
	}{
		{rules.Signed, "unsigned commits"},
		{rules.SignedOff, "commits without a sign-off, which backports need not have"},
		{rules.Committer || rules.CommitterName, "commits of another committer than the one who pushes"},
		{rules.Members, "commits of authors who have no account"},
	} {
		if one.on {
			r.Problem("a push rule of the public project refuses %s: take it off for the time of the lift", one.words)
		}
	}
	if rules.Secrets || rules.Size > 0 || rules.Message+rules.NoMessage+rules.Author+rules.File != "" {
		r.Risk("push rules about messages, addresses or files are not judged: a person should compare them with the candidates")
	}
	return nil
}
