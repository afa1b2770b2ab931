package drill

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/app/liftgate/config"
)

// Repo is a repository at the forge, and where it lies on this machine.
type Repo struct {
	FullName string
	Dir      string // bare
	CloneURL string
}

// Watch is who looks at what the forge is asked and what it answers. Each part may be missing.
type Watch struct {
	Exchange    func(http.Handler) http.Handler      // wraps the API
	Hook        func(event string, body []byte)      // every webhook as it is sent
	PublicWrite func(r sandbox.Request, body []byte) // every byte that reached a public place
	HookTimeout time.Duration                        // how long the forge waits for a server; zero: as long as the real one
}

// town is where a drill takes place: one forge's stand-in with a project and its people. All that differs from forge to
// forge stands behind it.
type town interface {
	// The project as its owners set it up.
	repos() (public, mirror, notices Repo)
	token(login string) string
	protect(branches []string) error                            // the public branches against everybody but Liftgate and the owners
	wantHold(branches []string) error                           // no merge into these of the mirror's without the hold
	freeze(branches ...string) (thaw func() error, err error)   // public branches, against Liftgate too
	expose(public bool) error                                   // the mirror to everybody, or hides it again
	importGit(repo Repo, from string, refspecs ...string) error // by hand, past every rule

	// The server's part.
	equip(data string, c *config.Server) error // writes secrets into the folder and names them
	document(c config.Server) string           // the same as an operator would write it
	hookTo(url string) error                   // sends webhooks to an address
	introduce(out io.Writer, c config.Server) error

	// What can be seen, and spoilt.
	requests() []sandbox.Request
	fail(plan func(sandbox.Call) sandbox.Fault)
	failHooks(plan func(sandbox.Delivery) sandbox.HookFault)
	ours(by sandbox.TokenScope) bool          // a request of Liftgate's
	publishes(r sandbox.Request) bool         // a request that publishes a report
	limited(wait time.Duration) sandbox.Fault // the forge's word for: not so fast
	close() error

	// cite is how people name a report, and its GHSA number if it has one.
	cite(reference string) (report string, ghsa *string)

	// hands are somebody's who works there.
	hands(login string) deeds
}

// deeds are what people do through the forge's own API, each with a token of their own.
type deeds interface {
	report(ctx context.Context, summary, description string) (reference string, err error)
	reportState(ctx context.Context, reference, advisory string) (string, error) // triage, draft, published or closed

	desks(ctx context.Context) (numbers []int, titles []string, err error)
	comment(ctx context.Context, desk int, words string) error
	comments(ctx context.Context, desk int) ([]comment, error)
	label(ctx context.Context, desk int, label string) error

	openFix(ctx context.Context, title, ref, base string) (number int, err error)
	fixes(ctx context.Context) ([]fix, error)
	remarks(ctx context.Context, number int) ([]comment, error) // at a fix
	approve(ctx context.Context, number int, head string) error
	merge(ctx context.Context, number int) (refused bool, err error)

	prove(ctx context.Context, sha string, passed bool) error // CI's word on a commit of the mirror
	held(ctx context.Context, sha string) (bool, error)       // whether the hold is on a commit
}

// fix is what people see of a pull or merge request in the mirror.
type fix struct {
	Number          int
	Open, Merged    bool
	Ref, Head, Base string
}

// comment is something said at a desk or a fix.
type comment struct {
	Body string
	Ours bool // by Liftgate
}
