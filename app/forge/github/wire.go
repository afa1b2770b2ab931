package github

import (
	"context"
	"net/http"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/liftgate/liftgate/app/forge/wire"
)

// carrier carries every request of one purpose to GitHub. The package's documentation says what it adds.
type carrier struct {
	f  *Forge
	as purpose
}

// RoundTrip implements [http.RoundTripper]. Any answer but a success, a redirect or a 202 becomes an error.
func (c carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := c.f.wire.Admit(req); err != nil {
		return nil, err
	}
	ctx := req.Context()
	req = req.Clone(ctx) // a transport must not change the caller's request
	// The token comes first: minting it is a request of its own, which must not wait for this one's turn.
	send, err := c.authorized(ctx, req)
	if err != nil {
		return nil, err
	}
	// A token is nothing that anybody sees: minting one neither waits for the writes nor delays them.
	done, err := c.f.wire.Turn(ctx, wire.Writes(req.Method) && !c.as.signed())
	if err != nil {
		return nil, err
	}
	defer done()
	return c.exchange(req, send)
}

// authorized puts the purpose's token on the request, or gives the transport that signs it as the App. That transport is
// made for each use: ghinstallation writes to it when it is shared.
func (c carrier) authorized(ctx context.Context, req *http.Request) (http.RoundTripper, error) {
	if app, ok := c.f.signer(c.as); ok {
		return ghinstallation.NewAppsTransportFromPrivateKey(c.f.wire.Base, app.id, app.key), nil
	}
	token, err := c.f.tokenFor(ctx, c.as)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token.secret)
	return c.f.wire.Base, nil
}

// exchange sends the request. An answer that is known and has not changed is given again.
func (c carrier) exchange(req *http.Request, send http.RoundTripper) (*http.Response, error) {
	f := c.f
	key := string(c.as) + " " + req.URL.String()
	var known *kept
	if req.Method == http.MethodGet {
		if known = f.seen.find(key); known != nil {
			req.Header.Set("If-None-Match", known.tag)
		}
	}
	resp, body, err := f.wire.Exchange(req, send)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusUnauthorized {
		f.forget(c.as)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, f.refusal(c.as, req, resp, body)
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
	return resp, nil
}
