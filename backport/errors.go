package backport

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind says in one word what went wrong, so that a caller can decide without reading git's own words, which may carry
// embargoed names and are therefore never passed on. A Kind is an error itself: errors.Is(err, ErrAuth).
type Kind string

// Error is the kind in words that may be shown anywhere.
func (k Kind) Error() string { return string(k) }

// What can go wrong.
const (
	ErrInvalid     Kind = "invalid argument"                            // the caller's mistake: a bad name, SHA or URL; repeating won't help
	ErrNoObject    Kind = "object not in the store"                     // fetch it first
	ErrNotFound    Kind = "not found at the remote"                     // repository, ref or commit, or it is hidden from this credential
	ErrAuth        Kind = "not authorised"                              // wrong or expired credential, or one without the right
	ErrNetwork     Kind = "network trouble"                             // unreachable, cut off, or the server's own failure: try later
	ErrTimeout     Kind = "time ran out"                                // the outcome of a write is unknown
	ErrTooLarge    Kind = "too large"                                   // output or input beyond its bound
	ErrBusy        Kind = "store is busy"                               // another process holds a lock of git
	ErrCorrupt     Kind = "store is damaged"                            // destroy the store, it is only a cache
	ErrUnsupported Kind = "not supported"                               // for example a repository with SHA-256 names
	ErrOldGit      Kind = "needs git 2.38 or newer: install it in PATH" // merge-tree --write-tree
	ErrGit         Kind = "git failed"                                  // anything else
	ErrHalfLanded  Kind = "some branches moved and others did not"      // the one thing that must never happen: wake people
	ErrUnknown     Kind = "outcome unknown: the remote can not be read" // after a push; look again before anything else
	ErrUnsigned    Kind = "no signature: look at the committer's key"   // it may have expired; the cause says more
	ErrNoClearance Kind = "no clearance for a public write"
)

// Error is a failed call of git. It names the subcommand and the kind, nothing that git printed.
type Error struct {
	Op   string // git's subcommand
	Kind Kind
	Exit int // exit status, -1 when it was killed or never ran

	cause error // context error, if any
}

func (e *Error) Error() string {
	return fmt.Sprintf("git %s: %s (exit %d)", e.Op, string(e.Kind), e.Exit)
}

// Unwrap makes errors.Is find the kind, and the context's error where that ended the call.
func (e *Error) Unwrap() []error {
	if e.cause != nil {
		return []error{e.Kind, e.cause}
	}
	return []error{e.Kind}
}

// invalid is an ErrInvalid with a reason that holds nothing of the argument itself.
func invalid(why string) error { return fmt.Errorf("%w: %s", ErrInvalid, why) }

// phrases maps what git 2.38 to 2.55 and the forges say, in lower case, to a kind. The first match wins.
func phrases() []struct {
	kind  Kind
	words []string
} {
	return []struct {
		kind  Kind
		words []string
	}{
		{ErrUnsupported, []string{"mismatched algorithms", "unknown repository extension", "transport '"}},
		{ErrCorrupt, []string{"is corrupt", "corrupt loose object", "inflate", "bad object header", "garbage at end of loose", "unable to read tree", "unable to unpack"}},
		{ErrBusy, []string{".lock': file exists", "another git process seems"}},
		{ErrAuth, []string{"could not read username", "could not read password", "authentication failed", "returned error: 401", "returned error: 403",
			"write access to repository not granted", "permission to ", "invalid credentials", "access denied"}},
		{ErrNotFound, []string{"couldn't find remote ref", "not our ref", "unadvertised object", "repository not found", "returned error: 404",
			"does not appear to be a git repository", "' not found", "returned error: 30", "url base from redirection", "does not exist"}},
		{ErrNetwork, []string{"could not resolve", "failed to connect", "couldn't connect", "connection refused", "connection reset", "timed out", "hung up", "early eof",
			"rpc failed", "operation too slow", "returned error: 5", "returned error: 429", "ssl", "tls", "empty reply", "unexpected disconnect", "broken pipe", "unable to access"}},
		{ErrNoObject, []string{"bad object", "not a valid", "unknown revision", "bad revision", "could not get object info", "not a commit",
			"not a tree", "could not parse", "unable to read", "could not read", "not something we can merge"}},
	}
}

// classify turns what git said on standard error into a kind. The words themselves go no further.
func classify(stderr string) Kind {
	s := strings.ToLower(stderr)
	for _, p := range phrases() {
		for _, w := range p.words {
			if strings.Contains(s, w) {
				return p.kind
			}
		}
	}
	return ErrGit
}

// KindOf is the kind of an error of this package, "" for others.
func KindOf(err error) Kind {
	var k Kind
	if errors.As(err, &k) {
		return k
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	return ""
}
