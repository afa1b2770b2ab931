// Package webhooks is the inbound edge: it bounds, verifies and acknowledges what a forge sends, and reduces it to a
// [policy.Doorbell].
//
// A request goes through one fixed order, and each step can only end it or pass it on:
//
//	bound      POST only, at most [MaxBody] bytes, refused unread where its length says so      405, 413
//	verify     HMAC-SHA256 over the raw body with any of the secrets, in constant time          401
//	reduce     name what changed: a repository, a number, a branch, a commit; nothing else
//	ring       hand the doorbell to the [Ringer], which returns when it is stored durably       500 if it could not
//	answer     202
//
// Nothing is parsed before it is verified, and no work is done here: whoever listens to the doorbell reads the object
// again from the forge. So a lost, late, repeated or reordered delivery is harmless, an event that this package does not
// know is acknowledged and dropped, and a body that makes no sense is acknowledged and logged (without its content).
//
// To teach it an event of GitHub, add a line to the table in github.go. A second forge gets a file of its own beside it.
package webhooks
