package gitlab

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
)

// limits counts requests per caller and minute, for the headers; it never refuses by itself.
type limits struct {
	mu     sync.Mutex
	used   map[int64]int
	minute int64
}

const perMinute = 2000 // what gitlab.com allows a signed-in user

func (l *limits) take(caller int64, now time.Time) (used int, reset int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := now.Unix() / 60; minute != l.minute || l.used == nil {
		l.minute, l.used = minute, map[int64]int{}
	}
	l.used[caller]++
	return l.used[caller], (l.minute + 1) * 60
}

func (l *limits) headers(s *Server, h http.Header, cred *credential) {
	if h.Get("RateLimit-Remaining") != "" {
		return
	}
	name, caller := "throttle_unauthenticated_api", int64(0)
	if cred != nil && cred.token != nil {
		name, caller = "throttle_authenticated_api", cred.user.id
	}
	used, reset := l.take(caller, s.Wall())
	h.Set("RateLimit-Name", name)
	h.Set("RateLimit-Limit", strconv.Itoa(perMinute))
	h.Set("RateLimit-Observed", strconv.Itoa(used))
	h.Set("RateLimit-Remaining", strconv.Itoa(max(perMinute-used, 0)))
	h.Set("RateLimit-Reset", strconv.FormatInt(reset, 10))
}

// TooMany is GitLab's answer to a client that is too fast.
func TooMany(wait time.Duration, reset time.Time) sandbox.Fault {
	h := http.Header{}
	h.Set("Retry-After", strconv.Itoa(int(wait.Seconds())))
	h.Set("RateLimit-Name", "throttle_authenticated_api")
	h.Set("RateLimit-Limit", strconv.Itoa(perMinute))
	h.Set("RateLimit-Remaining", "0")
	h.Set("RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	return sandbox.Fault{Refuse: &sandbox.Refusal{Status: http.StatusTooManyRequests, Header: h, Body: "Retry later\n"}}
}
