package gitlab

import (
	"net/http"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// carrier carries every request of one purpose to GitLab. The package's documentation says what it adds.
type carrier struct {
	f  *Forge
	as purpose
}

// RoundTrip implements [http.RoundTripper]. Any answer but a success or a redirect becomes an error.
func (c carrier) RoundTrip(req *http.Request) (*http.Response, error) {
	f := c.f
	if err := f.wire.Admit(req); err != nil {
		return nil, err
	}
	secret, err := f.secret(c.as)
	if err != nil {
		return nil, err
	}
	ctx := req.Context()
	done, err := f.wire.Turn(ctx, wire.Writes(req.Method))
	if err != nil {
		return nil, err
	}
	defer done()
	req = req.Clone(ctx) // a transport must not change the caller's request
	req.Header.Set("PRIVATE-TOKEN", secret)
	resp, body, err := f.wire.Exchange(req, f.wire.Base)
	switch {
	case err != nil:
		return nil, err
	case resp.StatusCode == http.StatusUnauthorized && f.replaced(c.as, secret):
		return nil, &policy.Trouble{Kind: policy.TroubleAway, Hint: "the token was replaced meanwhile"}
	case resp.StatusCode >= http.StatusBadRequest:
		return nil, f.refusal(c.as, req, resp, body)
	}
	return resp, nil
}
