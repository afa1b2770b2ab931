package gitlab

import (
	"fmt"
	"net/http"
	"strings"
)

// reused ends every token of a family when somebody rotates one that was rotated before: GitLab takes that for a theft.
// The caller holds the lock.
func (s *Server) reused(secret string, r *http.Request) {
	t := first(s.tokens, func(t *token) bool { return t.secret == secret })
	if t == nil || !t.revoked || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/rotate") {
		return
	}
	for _, other := range s.tokens {
		other.revoked = other.revoked || other.eldest() == t.eldest()
	}
}

// eldest is the token that a family began with.
func (t *token) eldest() *token {
	for t.before != nil {
		t = t.before
	}
	return t
}

// longestToken is for how many days a token may be made at most.
func (w *world) longestToken() int {
	if w.tokenDays > 0 {
		return w.tokenDays
	}
	return 365
}

// SetTokenLifetime bounds for how many days tokens are made from now on, as an administrator may (Ultimate).
func (s *Server) SetTokenLifetime(days int) error {
	if days < 1 || days > 365 {
		return fmt.Errorf("set the lifetime of tokens: %d days are not between 1 and 365", days)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokenDays = days
	return nil
}
