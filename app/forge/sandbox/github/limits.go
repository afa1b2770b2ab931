package github

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// SecondaryLimit is GitHub's answer to a client that is too fast.
func SecondaryLimit(wait time.Duration) sandbox.Fault {
	h := http.Header{}
	h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	return sandbox.Fault{Refuse: &sandbox.Refusal{Status: http.StatusForbidden, Header: h,
		Body: `{"message":"You have exceeded a secondary rate limit. Please wait a few minutes before you try again.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`}}
}

// PrimaryLimit is GitHub's answer to a token that spent its hour.
func PrimaryLimit(reset time.Time) sandbox.Fault {
	h := http.Header{}
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", "0")
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return sandbox.Fault{Refuse: &sandbox.Refusal{Status: http.StatusForbidden, Header: h,
		Body: `{"message":"API rate limit exceeded for installation.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"}`}}
}

// Instead is the answer that a fault plan gives instead of the sandbox's.
func (c *call) Instead(r sandbox.Refusal) reply {
	return r.Reply(failure(r.Status, http.StatusText(r.Status)))
}

// limits counts requests per token and hour, for the headers; it never refuses by itself.
type limits struct {
	mu   sync.Mutex
	used map[string]int
	hour int64
}

func (l *limits) take(key string, now time.Time, free bool) (used int, reset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if hour := now.Unix() / 3600; hour != l.hour || l.used == nil {
		l.hour, l.used = hour, map[string]int{}
	}
	if !free {
		l.used[key]++
	}
	return l.used[key], (l.hour + 1) * 3600
}

func (l *limits) headers(s *Server, h http.Header, cred *credential, status int) {
	if cred == nil || h.Get("X-RateLimit-Remaining") != "" {
		return
	}
	const limit = 5000
	used, reset := l.take(cred.key, s.Wall(), status == http.StatusNotModified)
	h.Set("X-RateLimit-Limit", strconv.Itoa(limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(limit-used, 0)))
	h.Set("X-RateLimit-Used", strconv.Itoa(used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset, 10))
	h.Set("X-RateLimit-Resource", "core")
}
