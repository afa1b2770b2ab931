package wire

import (
	"net/http"
	"strconv"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// unnamedWait is how long a limit lasts where the forge names no time.
const unnamedWait = time.Minute

// Silence sends nothing until an instant, because the forge asked for it. Asking on during a limit prolongs it.
func (w *Wire) Silence(until time.Time) {
	p := w.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	if until.After(p.silentTo) {
		p.silentTo = until
	}
}

func (w *Wire) silent() error {
	p := w.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	if w.Now().Before(p.silentTo) {
		return &policy.Trouble{Kind: policy.TroubleLimited, Hint: w.Forge + "'s rate limit is still in force", Until: p.silentTo}
	}
	return nil
}

// LimitEnds is until when the limit lasts that an answer speaks of: as long as Retry-After says, or until the instant in
// the header named, if the forge has sent one.
func (w *Wire) LimitEnds(h http.Header, reset string) time.Time {
	now := w.Now().UTC()
	until := now.Add(unnamedWait)
	after, retry := Number(h, "Retry-After")
	at, named := Number(h, reset)
	switch {
	case retry:
		until = now.Add(time.Duration(after) * time.Second)
	case named:
		until = w.Local(h, time.Unix(at, 0))
	}
	if !until.After(now) { // the clocks differ, or the limit ends this very second
		until = now.Add(time.Second)
	}
	return until
}

// Local moves an instant that the forge names to our clock, which may differ from the forge's: what counts is how long it
// is from the answer's own date.
func (w *Wire) Local(h http.Header, at time.Time) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return at.UTC() // no date, so nothing better is known
	}
	return w.Now().UTC().Add(at.Sub(date))
}

// Number reads a header that is a number, zero or more.
func Number(h http.Header, name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Get(name), 10, 64)
	return n, err == nil && n >= 0
}
