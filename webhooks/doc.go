// Package webhooks is the inbound edge: it bounds, verifies and acknowledges what a forge sends, and reduces it to a
// [policy.Doorbell].
//
// A request goes through one fixed order, and each step can only end it or pass it on:
//
//	bound      POST only, at most [MaxBody] bytes, refused unread where its length says so      405, 413
//	read       the larger a body, the fewer at once; the others wait for a moment               503
//	verify     HMAC-SHA256 over the raw body with any of the secrets, or the secret itself      401
//	reduce     name what changed: a repository, a number, a branch, a commit; nothing else
//	ring       hand the doorbell to the [Ringer], which returns when it is stored durably       500 if it could not
//	answer     202
//
// Secrets are compared in constant time. Nothing is parsed before it is verified, and no work is done here: whoever listens
// to the doorbell reads the object again from the forge. So a lost, late, repeated or reordered delivery is harmless, an
// event that this package does not know is acknowledged and dropped, and a body that makes no sense is acknowledged and
// logged (without its content).
//
// # What a signature does not say
//
// GitHub signs the body and nothing else: not the delivery's id, and no time. Whoever has got hold of a signed body, such
// as from the log of a proxy, can send it again under a new id, and it counts as a new delivery. For every doorbell but a
// pressed button that is harmless, since it only has somebody look. A press is what the doorbell itself carries.
//
// A press keeps the delivery's id as its identity nevertheless. One made of the body would take two honest presses for one:
// the body names the check, the button and the person, and the check may be unchanged between a press that was refused and
// the one that is meant. A lift that a release manager asked for would then be dropped without a word. So package policy
// judges a repeated press like any other, and this is what one can do:
//
//   - "rehearse" rehearses once more.
//   - "lift" before the end of the embargo is refused, as the first one was. Nothing becomes public early.
//   - "lift" after the end repeats what that release manager asked for. Once the lift has begun it is refused.
//   - The one harm: a press that was refused before the end counts, sent again after it, as asked for. Then the lift starts
//     without a second word from that person, who is a release manager still, about a commit that is current still, after
//     the end, with nothing missing, and not if somebody has used /hold.
//
// That is accepted: whoever can read signed bodies reads what else the mirror's webhooks tell, which is worse.
// Should it have to be closed: the identifier that a check gives its button comes back signed, so that a check with a new
// identifier after each press would make every press good for once.
//
// Each forge has a file of its own, which says above its handler what its signature does not say. To teach it an event, add
// a line to the table there.
package webhooks
