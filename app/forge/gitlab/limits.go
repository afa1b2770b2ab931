package gitlab

import (
	"net/http"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// limited finds out until when a limit lasts. One that is counted for the user or the address, which GitLab tells by its
// headers, means silence for every request; one on a single endpoint, counted by the minute, means only this kind of
// request.
func (f *Forge) limited(resp *http.Response) (until time.Time) {
	const reset = "RateLimit-Reset"
	until = f.wire.LimitEnds(resp.Header, reset)
	_, counted := wire.Number(resp.Header, reset)
	if counted {
		f.wire.Silence(until)
	}
	f.wire.Log.Warn("GitLab limits the rate of requests", "until", until, "all", counted)
	return until
}
