package github

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/bradleyfalzon/ghinstallation/v2"

	"github.com/liftgate/liftgate/policy"
)

// wire carries every request of one purpose to GitHub. The package's documentation says what it adds.
type wire struct {
	f  *Forge
	as purpose
}

// maxAnswer bounds what is read of one answer: a page of a hundred pull requests is about 3 MiB.
const maxAnswer = 32 << 20

// RoundTrip implements [http.RoundTripper]. Any answer but a success, a redirect or a 202 becomes an error.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	f := w.f
	if req.URL.Host != f.api.Host || req.URL.Scheme != f.api.Scheme {
		return nil, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "GitHub pointed to another host; no token is sent there"}
	}
	if err := f.limits.check(f.now()); err != nil {
		return nil, err
	}
	ctx := req.Context()
	req = req.Clone(ctx) // a transport must not change the caller's request
	// The token comes first: minting it is a request of its own, which must not wait for this one's turn.
	send, err := w.authorized(ctx, req)
	if err != nil {
		return nil, err
	}
	release, err := f.turn(ctx, w.as, req.Method)
	if err != nil {
		return nil, err
	}
	defer release()
	return w.exchange(req, send)
}

// authorized puts the purpose's token on the request, or gives the transport that signs it as the App. That transport is
// made for each use: ghinstallation writes to it when it is shared.
func (w wire) authorized(ctx context.Context, req *http.Request) (http.RoundTripper, error) {
	if app, ok := w.f.signer(w.as); ok {
		return ghinstallation.NewAppsTransportFromPrivateKey(w.f.base, app.id, app.key), nil
	}
	token, err := w.f.tokenFor(ctx, w.as)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.secret)
	return w.f.base, nil
}

// turn waits until the request may be sent.
func (f *Forge) turn(ctx context.Context, as purpose, method string) (release func(), err error) {
	written := func() {}
	// A token is nothing that anybody sees: minting one neither waits for the writes nor delays them.
	if isWrite(method) && !as.signed() {
		if err := f.writes.begin(ctx); err != nil {
			return nil, unsent(err)
		}
		written = f.writes.end
	}
	select {
	case f.under <- struct{}{}:
	case <-ctx.Done():
		written()
		return nil, unsent(ctx.Err())
	}
	return func() {
		<-f.under
		written()
	}, nil
}

func unsent(error) error {
	return &policy.Trouble{Kind: policy.TroubleAway, Hint: "the request was not sent in time"}
}

// exchange sends the request and reads the whole answer.
func (w wire) exchange(req *http.Request, send http.RoundTripper) (*http.Response, error) {
	f := w.f
	ctx, cancel := context.WithTimeout(req.Context(), f.timeout) // from here on: waiting for one's turn is not GitHub's fault
	defer cancel()
	req = req.WithContext(ctx)
	key := string(w.as) + " " + req.URL.String()
	var known *kept
	if req.Method == http.MethodGet {
		if known = f.seen.find(key); known != nil {
			req.Header.Set("If-None-Match", known.tag)
		}
	}
	resp, err := send.RoundTrip(req)
	if err != nil {
		return nil, unreached(req.Method, err)
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, unreached(req.Method, err)
	}
	if resp.StatusCode == http.StatusUnauthorized {
		f.forget(w.as)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, f.refusal(w.as, req, resp, body)
	}
	if resp.StatusCode == http.StatusNotModified && known != nil {
		return known.answer(req), nil
	}
	// go-github would judge limits by these with the wall clock. Here only a refusal starts a limit: see limitOf.
	resp.Header.Del("X-RateLimit-Remaining")
	resp.Header.Del("X-RateLimit-Reset")
	if tag := resp.Header.Get("ETag"); tag != "" && req.Method == http.MethodGet && resp.StatusCode == http.StatusOK {
		f.seen.keep(key, tag, resp.Header, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

func readAll(resp *http.Response) ([]byte, error) {
	defer func() { _ = resp.Body.Close() }() // everything that matters was read, or failed to be
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = errors.New("too large")
	}
	return body, err
}

// followReads follows a few redirects of a read. A write is never sent a second time: a repository that moved must be
// named anew by its operator.
func followReads(req *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet {
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the repository has moved or was renamed: correct its name in the configuration"}
	}
	if len(via) > 3 {
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitHub redirects in circles"}
	}
	return nil
}

func isWrite(method string) bool { return method != http.MethodGet && method != http.MethodHead }
