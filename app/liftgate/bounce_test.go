package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

const bouncedList = "devel@lists.example.org"

// returned is a report of delivery as it comes by mail, about the mail with the id.
func returned(id, action string) string {
	return "From: MAILER-DAEMON\nContent-Type: multipart/report; report-type=delivery-status; boundary=B\n\n--B\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; " + bouncedList + "\nAction: " + action + "\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 " + canary + "\n" +
		"\n--B\nContent-Type: text/rfc822-headers\n\nSubject: " + canary + "\nMessage-ID: " + id + "\n\n--B--\n"
}

// mailed is a configuration and a database with an advisory whose announcements went out, the second of them perhaps.
func mailed(t *testing.T) (file string) {
	t.Helper()
	dir := t.TempDir()
	if err := writeSettings(dir); err != nil {
		t.Fatal(err)
	}
	if err := seedDatabase(dir); err != nil {
		t.Fatal(err)
	}
	file = filepath.Join(dir, "liftgate.yml")
	edit(t, file, func(a *policy.Advisory) {
		a.Mails = []policy.Mail{{List: bouncedList, Version: 1, State: policy.MailSent}, {List: "Announce@example.org", Version: 1, State: policy.MailUnknown}}
	})
	return file
}

// edit changes the advisory of the tests, and gives it back with what waits for it.
func edit(t *testing.T, file string, change func(*policy.Advisory), effects ...policy.Effect) (l store.Loaded) {
	t.Helper()
	c, _, _ := captured(timeOfView)
	err := c.withStore(t.Context(), file, func(s *store.Store) (err error) {
		if l, err = s.Load(t.Context(), "LSN-2026-0002"); err != nil || change == nil {
			return err
		}
		change(&l.Advisory)
		return s.Commit(t.Context(), store.Turn{
			Before: l.Version, Decision: policy.Decision{Advisory: l.Advisory, Effects: effects}, Doorbells: l.Bells, Now: viewTime,
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestMailBounce(t *testing.T) {
	file := mailed(t)
	first, second := mail.MessageID("demo", "LSN-2026-0002", 1, bouncedList), mail.MessageID("demo", "LSN-2026-0002", 1, "announce@example.org")
	for _, test := range []struct {
		what, in   string
		code, bell int // how many wait then
		errs       string
	}{
		{"nothing", "", exitRefused, 0, "no report of a mail"},
		{"a holiday", "Subject: away\n\n" + first + "\n", exitRefused, 0, "no report of a mail"},
		{"another's mail", returned("<x@example.org>", "failed"), exitRefused, 0, "no announcement of ours"},
		{"an advisory without mails", returned("<LSN-2026-0001.1.ab@lists.example.org>", "failed"), exitRefused, 0, "no announcement of ours"},
		{"another version", returned(mail.MessageID("demo", "LSN-2026-0002", 2, bouncedList), "failed"), exitRefused, 0, "no announcement of ours"},
		{"a guess", returned("<LSN-2026-0002.1.00000000000000000000@lists.example.org>", "failed"), exitRefused, 0, "no announcement of ours"},
		{"a bounce", returned(first, "failed"), 0, 1, ""},
		{"the same again", returned(first, "failed"), 0, 1, ""},
		{"other words", strings.Replace(returned(first, "failed"), "550", "551", 1), 0, 1, ""},
		{"a delay", returned(first, "delayed"), 0, 2, ""},
		{"of a mail that perhaps went out", returned(second, "failed"), 0, 3, ""},
		{"a large one", returned(second, "failed") + strings.Repeat("x", 1<<20), 0, 3, ""},
	} {
		c, out, errs := captured(timeOfView)
		c.in = strings.NewReader(test.in)
		code := run(t.Context(), c, []string{"mail", "bounce", "--config", file})
		if code != test.code || !strings.Contains(errs.String(), test.errs) || strings.Contains(out.String()+errs.String(), canary) {
			t.Errorf("%s: exit code %d\n%s%s", test.what, code, out, errs)
		}
		if l := edit(t, file, nil); len(l.Bounces) != test.bell || len(l.Bells) != test.bell {
			t.Errorf("%s: %+v", test.what, l.Bounces)
		}
	}
	want := policy.Bounce{List: bouncedList, Version: 1, Why: "5.1.1 550 " + canary}
	if l := edit(t, file, nil); !slices.Contains(l.Bounces, want) {
		t.Errorf("%+v", l.Bounces)
	}
}

// TestMailBounceLater: what can't be judged yet is brought again by the mail server.
func TestMailBounceLater(t *testing.T) {
	file := mailed(t)
	id := mail.MessageID("demo", "LSN-2026-0002", 2, bouncedList)
	try := func(file string) int {
		c, _, _ := captured(timeOfView)
		c.in = strings.NewReader(returned(id, "failed"))
		return run(context.Background(), c, []string{"mail", "bounce", "--config", file})
	}
	edit(t, file, func(*policy.Advisory) {}, policy.Effect{Key: "mail/2/ab/0", Advisory: "LSN-2026-0002", Do: policy.Announce{Version: 2}})
	if code := try(file); code != exitLater {
		t.Errorf("while the mail is under way: exit code %d", code)
	}
	if code := try(filepath.Join(t.TempDir(), "absent.yml")); code != exitLater {
		t.Errorf("without a configuration: exit code %d", code)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "data", "identity.txt"), []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := try(file); code != exitLater {
		t.Errorf("without the keys: exit code %d", code)
	}
}
