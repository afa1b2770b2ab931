// Package mail sends announcements: one text to one list, once.
//
//	m := mail.Message{Project: "app", Advisory: "LSN-2026-0007", Version: 1, From: from, List: list, Date: now, Subject: s, Body: text}
//	text, err := server.Render(m)              // the mail as it goes out, with the signatures of the server's keys
//	err = server.Hello(ctx)                    // a rehearsal: greeting, TLS and login; nothing is sent
//	receipt, err := server.Send(ctx, clearance, m)
//
// A mail is a public write that nobody can take back, so [Server.Send] takes a [policy.Clearance] and never sends twice by
// itself. Its error is a [policy.Trouble]: unknown means that the server had the whole mail and did not say what became of
// it, and then people are asked. Every other kind means that the server did not take it.
//
// What comes back later is read by [ReadBounce]: whoever may write to the address for bounces may forge one, so that it can
// make people look, and nothing else.
//
// What a list takes (a tag in the subject, attachments, signatures) follows from its kind; see [Kinds]. A message has the
// same Message-ID however often it is made, so that a mail that came twice is seen once, and later versions of an
// announcement stand in the thread of the first.
//
// Whatever the server says, it can neither hold us up for long nor have its words shown: hints are ours, with the number of
// its reply.
//
// # Lists
//
// What is known of lists, and from where; the copies that were read bear no date.
//
//   - list: GNU Mailman 3. Its default style puts "[Name] " before the subject, filters no content, and holds for a moderator
//     what has more than 40 KB, what comes from no member, and what does not name the list in To or Cc
//     (https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/rules/docs/max-size.html, .../handlers/docs/filtering.html,
//     https://pythonhosted.org/mailman/src/mailman/handlers/docs/subject-munging.html, and mailman/styles/base.py of its source).
//     So a tag of ours stands behind the list's own, and the sender has to be a member. Google Groups take 25 MB
//     (https://support.google.com/a/answer/6099642) and may add a footer (https://developers.google.com/admin-sdk/groups-settings/manage).
//   - plain: lists that take no parts. Those of ASF refuse a part in HTML, of which we write none, and some take mails from
//     apache.org alone (https://github.com/apache/struts/pull/1843). That some drop or hold every mail of several parts is
//     common and was found for none by name.
//   - oss-security: its guidelines ask for the software's name, its versions and the kind of vulnerability in the subject, for the
//     essence in the mail itself and in plain text, and for a mail of its own beside those to other lists
//     (https://oss-security.openwall.org/wiki/mailing-lists/oss-security#list-content-guidelines, as its moderators quote it). The
//     list puts "[oss-security] " before the subject. What is attached there by moderators is text/plain. The versions are in the
//     text alone: a list of them would not fit. Its bound of a mail's size was not found; 1 MB is a guess.
//
// debian-security-announce takes nothing that is not signed as it wants (http://people.debian.org/~skx/security/team.t2t): it is
// its own team's, and no kind is made for it. linux-distros takes what is not public yet; what is goes to oss-security instead
// (https://oss-security.openwall.org/wiki/mailing-lists/distros), so nothing here writes there. Reporters put "[vs]" before their
// subject (Documentation/process/security-bugs.rst of Linux).
package mail
