package gitlab

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"

	"github.com/liftgate/liftgate/policy"
)

// wire carries every request of one purpose to GitLab. The package's documentation says what it adds.
type wire struct {
	f  *Forge
	as purpose
}

// maxAnswer bounds what is read of one answer: a page of a hundred merge requests is about 3 MiB.
const maxAnswer = 32 << 20

// RoundTrip implements [http.RoundTripper]. Any answer but a success or a redirect becomes an error.
func (w wire) RoundTrip(req *http.Request) (*http.Response, error) {
	f := w.f
	if req.URL.Host != f.api.Host || req.URL.Scheme != f.api.Scheme {
		return nil, &policy.Trouble{Kind: policy.TroubleRefused, Hint: "GitLab pointed to another host; no token is sent there"}
	}
	if err := f.limits.check(f.now()); err != nil {
		return nil, err
	}
	secret, err := f.secret(w.as)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	release, err := f.turn(ctx, req.Method)
	if err != nil {
		return nil, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, f.timeout) // from here on: waiting for one's turn is not GitLab's fault
	defer cancel()
	req = req.Clone(ctx) // a transport must not change the caller's request
	req.Header.Set("PRIVATE-TOKEN", secret)
	resp, err := w.exchange(req)
	if statusOf(err) == http.StatusUnauthorized && f.replaced(w.as, secret) {
		return nil, &policy.Trouble{Kind: policy.TroubleAway, Hint: "the token was replaced meanwhile"}
	}
	return resp, err
}

// turn waits until the request may be sent.
func (f *Forge) turn(ctx context.Context, method string) (release func(), err error) {
	written := func() {}
	if isWrite(method) {
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
func (w wire) exchange(req *http.Request) (*http.Response, error) {
	resp, err := w.f.base.RoundTrip(req)
	if err != nil {
		return nil, unreached(req.Method, err)
	}
	body, err := readAll(resp)
	if err != nil {
		return nil, unreached(req.Method, err)
	}
	if resp.StatusCode >= http.StatusBadRequest {
		return nil, w.f.refusal(w.as, req, resp, body)
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

// followReads follows a few redirects of a read. A write is never sent a second time: a project that moved must be named
// anew by its operator.
func followReads(_ *http.Request, via []*http.Request) error {
	if via[0].Method != http.MethodGet {
		return &policy.Trouble{Kind: policy.TroubleRefused, Hint: "the project has moved or was renamed: correct its path in the configuration"}
	}
	if len(via) > 3 {
		return &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitLab redirects in circles"}
	}
	return nil
}

func isWrite(method string) bool { return method != http.MethodGet && method != http.MethodHead }
