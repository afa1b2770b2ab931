package gitlab

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// limits remembers until when GitLab has asked for silence. Asking on during a limit prolongs it.
type limits struct {
	mu    sync.Mutex
	until time.Time
}

func (l *limits) check(now time.Time) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.until) {
		return &policy.Trouble{Kind: policy.TroubleLimited, Hint: "GitLab's rate limit is still in force", Until: l.until}
	}
	return nil
}

func (l *limits) set(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.until) {
		l.until = until
	}
}

// unnamedWait is how long to wait when GitLab names no time: its limits on single endpoints are counted by the minute.
const unnamedWait = time.Minute

// limited finds out until when a limit lasts. One that is counted for the user or the address, which GitLab tells by its
// headers, means silence for every request; one on a single endpoint means only this kind of request.
func (f *Forge) limited(resp *http.Response) (until time.Time) {
	now := f.now().UTC()
	until = now.Add(unnamedWait)
	after, retry := number(resp.Header, "Retry-After")
	reset, counted := number(resp.Header, "RateLimit-Reset")
	switch {
	case retry:
		until = now.Add(time.Duration(after) * time.Second)
	case counted:
		until = f.local(resp.Header, time.Unix(reset, 0))
	}
	if !until.After(now) { // the clocks differ, or the limit ends this very second
		until = now.Add(time.Second)
	}
	if counted {
		f.limits.set(until)
	}
	f.log.Warn("GitLab limits the rate of requests", "until", until, "all", counted)
	return until
}

// local moves an instant that GitLab names to our clock, which may differ from GitLab's: what counts is how long it is
// from the answer's own date.
func (f *Forge) local(h http.Header, at time.Time) time.Time {
	now := f.now().UTC()
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return at.UTC() // no date, so nothing better is known
	}
	return now.Add(at.Sub(date))
}

func number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	return n, err == nil && n >= 0
}
