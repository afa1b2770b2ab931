// Package wire is the way from an adapter to its forge and back, whichever forge it is: how many requests are under way,
// how fast writes follow each other, until when nothing is sent, how much of an answer is read, and what becomes of a
// request that was not answered or was refused.
//
//	w, err := wire.New(wire.Options{Forge: "GitHub", API: base, Git: base, Paced: "api.github.com", Now: now})
//	err = w.Admit(req)                                 // the forge's own host, and no limit in force
//	done, err := w.Turn(ctx, wire.Writes(req.Method))  // waits until the request may be sent
//	resp, body, err := w.Exchange(req, w.Base)         // sends it and reads the whole answer
//	err = w.Unreached(req.Method, err)                 // any failure, as a trouble in fixed words
//
// What a status means at one forge, and the words for it, stay in the forge's adapter. Nothing here sends a request twice.
package wire

import (
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Options say where a forge is. Forge, API, Git and Now are needed.
type Options struct {
	Forge   string            // its name, for people
	API     string            // base of the REST API
	Git     string            // base of the git remotes
	HTTP    http.RoundTripper // empty: one of its own
	Now     func() time.Time
	Log     *slog.Logger // empty: nothing is logged
	Timeout time.Duration
	Gap     time.Duration // the least time between two writes; zero: a second at the host Paced, none elsewhere; negative: none
	Paced   string        // the host that asks for a second between writes
	Pace    *Pace         // shared with other wires; nil: one of its own
}

// Wire leads to one forge. Its methods may be called concurrently; its fields are set before the first request.
type Wire struct {
	Forge   string
	API     *url.URL // with a slash at the end
	Git     string   // likewise
	Base    http.RoundTripper
	Now     func() time.Time
	Log     *slog.Logger
	Timeout time.Duration // bounds one request
	Gap     time.Duration // between two writes

	pace *Pace
}

const (
	defaultTimeout = 30 * time.Second
	// MostUnderWay bounds the requests that are under way at once.
	MostUnderWay = 8
)

// New checks the options; it asks the forge nothing.
func New(o Options) (*Wire, error) {
	if o.Now == nil {
		return nil, errors.New("no clock was given")
	}
	api, err := url.Parse(slashed(o.API))
	if err != nil || api.Host == "" || (api.Scheme != "https" && api.Scheme != "http") {
		return nil, errors.New("the API's address is not a URL")
	}
	w := &Wire{
		Forge: o.Forge, API: api, Git: slashed(o.Git), Base: o.HTTP, Now: o.Now, Log: o.Log, Timeout: o.Timeout,
		Gap: gapFor(o.Gap, api.Host == o.Paced), pace: o.Pace,
	}
	if w.pace == nil {
		w.pace = NewPace()
	}
	if w.Base == nil {
		w.Base = newTransport()
	}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	if w.Timeout == 0 {
		w.Timeout = defaultTimeout
	}
	return w, nil
}

func slashed(address string) string { return strings.TrimRight(address, "/") + "/" }

// newTransport keeps as many connections open as there are requests under way.
func newTransport() http.RoundTripper {
	shared, ok := http.DefaultTransport.(*http.Transport)
	if !ok { // somebody has replaced it, and means it
		return http.DefaultTransport
	}
	own := shared.Clone()
	own.MaxIdleConnsPerHost = MostUnderWay
	return own
}

// Close lets go of idle connections. Requests under way go on.
func (w *Wire) Close() {
	if idle, ok := w.Base.(interface{ CloseIdleConnections() }); ok {
		idle.CloseIdleConnections()
	}
}
