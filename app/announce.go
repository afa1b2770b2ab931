package app

import (
	"context"
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// announce mails the published notice to one list. What an earlier try did can't be seen anywhere, so there is no second one
// but by people's word.
func (e *Engine) announce(ctx context.Context, p Project, clearance policy.Clearance, do policy.Announce, again bool) (policy.Outcome, error) {
	var o policy.Outcome
	if again {
		return o, &policy.Trouble{Kind: policy.TroubleUnknown, Hint: "the mail may have gone out"}
	}
	if e.Mail == nil {
		return o, noMailServer()
	}
	r, files, err := e.publishedNotice(ctx, p, clearance.Advisory(), do.Look)
	if err != nil {
		return o, beforeMail(err)
	}
	message, err := e.message(p, clearance.Advisory(), do, r, files)
	if err != nil {
		return o, err
	}
	receipt, err := e.Mail.Send(ctx, clearance, message)
	o.Mailed = receipt.MessageID
	return o, err
}

// publishedNotice reads a notice and what lies beside it back from the notices repository, as everybody can.
func (e *Engine) publishedNotice(ctx context.Context, p Project, advisory string, rules policy.NoticeRules) (*notice.Record, map[string][]byte, error) {
	url, _, _, err := p.Forge.NoticesGit(ctx, policy.Clearance{})
	if err != nil {
		return nil, nil, err
	}
	shelf, err := openShelf(ctx, e.Stores, p.Notices, remote(url, "", ""), rules.Branch)
	if err != nil {
		return nil, nil, sortGit(err)
	}
	r := shelf.records[strings.TrimPrefix(advisory, p.Prefix+"-")]
	if r == nil {
		return nil, nil, invalidNotice("it is no longer in " + p.Notices)
	}
	files, err := shelf.filesOf(ctx, r)
	return r, files, sortGit(err)
}

// beforeMail says of a trouble that it came before anything was sent.
func beforeMail(err error) error {
	trouble := *policy.AsTrouble(err)
	if trouble.Kind == policy.TroubleUnknown {
		trouble.Kind = policy.TroubleAway
	}
	return &trouble
}

func noMailServer() error {
	return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "mail: lists are named, and the server's configuration has no mail server"}
}

// message is the announcement of a notice: its words as they stand in the notices repository, and the patches for lists that
// take them.
func (e *Engine) message(p Project, advisory string, do policy.Announce, r *notice.Record, files map[string][]byte) (mail.Message, error) {
	look := e.look(p, do.Look)
	body, err := notice.Render("mail", r, look)
	if err != nil {
		return mail.Message{}, noticeTrouble(err)
	}
	if do.Reason != "" {
		body = append(fmt.Appendf(nil, "This is version %d of the notice: %s.\n\n", do.Version, do.Reason), body...)
	}
	subject := look.Name(r) + ": " + strings.Join(strings.Fields(r.Summary), " ")
	if cve := r.CVE(); cve != "" {
		subject += " (" + cve + ")"
	}
	date := e.Now()
	if do.At.After(date) { // a rehearsal: a key that has ended by then signs nothing
		date = do.At
	}
	return mail.Message{
		Project: p.Name, Advisory: advisory, Version: do.Version, From: e.Sender, List: mail.List(do.List), Date: date.UTC(),
		Subject: subject, Body: string(body), Attachments: attachments(look, r, files),
	}, nil
}

// rehearseMail writes the announcements as they would go out, and greets the mail server. Nothing is sent.
func (e *Engine) rehearseMail(ctx context.Context, p Project, advisory string, do policy.PublishNotice, r *notice.Record, files map[string][]byte) error {
	if len(do.Lists) == 0 {
		return nil
	}
	if e.Mail == nil {
		return noMailServer()
	}
	for _, list := range do.Lists {
		message, err := e.message(p, advisory, policy.Announce{List: list, Version: do.Version, At: do.At, Look: do.Look}, r, files)
		if err != nil {
			return err
		}
		if _, err := e.Mail.Render(message); err != nil {
			return &policy.Trouble{Kind: policy.TroubleInvalid, Hint: "mail to " + list.Address + ": " + strings.ReplaceAll(err.Error(), "\n", "; ")}
		}
	}
	return e.Mail.Hello(ctx)
}
