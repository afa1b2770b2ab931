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
package mail
