package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/liftgate/liftgate/policy"
)

// maxAnswer bounds what is read of one answer: a page of a hundred requests to merge is about 3 MiB.
const maxAnswer = 32 << 20

// Writes reports whether a method changes anything.
func Writes(method string) bool { return method != http.MethodGet && method != http.MethodHead }

// Admit refuses a request to anybody but the forge, and any while a limit lasts.
func (w *Wire) Admit(req *http.Request) error {
	if req.URL.Host != w.API.Host || req.URL.Scheme != w.API.Scheme {
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: w.Forge + " pointed to another host; no token is sent there"}
	}
	return w.silent()
}

// Exchange sends a request and reads the whole answer, whose body can be read again. The time for it starts here: waiting
// for one's turn is not the forge's fault.
func (w *Wire) Exchange(req *http.Request, send http.RoundTripper) (*http.Response, []byte, error) {
	ctx, cancel := context.WithTimeout(req.Context(), w.Timeout)
	defer cancel()
	resp, err := send.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, nil, w.Unreached(req.Method, err)
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, nil, w.Unreached(req.Method, err)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, body, nil
}

func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }() // everything that matters was read, or failed to be
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("too large")
	}
	return body, err
}

// FollowReads follows a few redirects of a read. A write is never sent a second time: what has moved must be named anew by
// its operator, and moved says so.
func (w *Wire) FollowReads(moved string) func(*http.Request, []*http.Request) error {
	return func(_ *http.Request, via []*http.Request) error {
		if Writes(via[0].Method) {
			return &policy.Trouble{Kind: policy.TroubleRefused, Hint: moved}
		}
		if len(via) > 3 {
			return &policy.Trouble{Kind: policy.TroubleAway, Hint: w.Forge + " redirects in circles"}
		}
		return nil
	}
}
