package drill

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
)

// The logins of the drill's people are what they do.
const (
	reporter   = "reporter"
	maintainer = "maintainer"
	developer  = "developer"
	reviewer   = "reviewer"
	manager    = "manager"
	allocator  = "allocator"
	ci         = "ci"
)

// everybody is whom a town is made with.
func everybody() []string {
	return []string{reporter, maintainer, developer, reviewer, manager, allocator, ci}
}

// Setting is what a world is made of. Dir and Wall are needed.
type Setting struct {
	Dir        string
	Forge      string // GitHub if empty
	Wall       func() time.Time
	Log        *slog.Logger
	RequestLog io.Writer
	Database   string            // as in the server's configuration; empty: SQLite in Dir
	HTTP       http.RoundTripper // from the server to the forge
	Listen     string            // of the forge
	Main       string            // the default branch; empty: master
	Rules      string            // the project's configuration, where the repository does not hold it
	Publishing bool              // there is a repository for the published notices
	Pace       Pace
	AppKey     *rsa.PrivateKey // of GitHub's App; nil: a new one, which takes a moment
	Watch      Watch
	Beside     *World // whose server looks after this project too, by the same clock; nil: a server of its own
}

func (s Setting) forge() string { return cmp.Or(s.Forge, onGitHub) }

func (s Setting) main() string { return cmp.Or(s.Main, "master") }

// The forges that a drill can be played on.
const (
	onGitHub = "github"
	onGitLab = "gitlab"
)

// Forges are the names of the forges that a drill can be played on.
func Forges() []string { return []string{onGitHub, onGitLab} }

// World is a forge with a project in it, and a server that looks after the project, and after those of the worlds beside it.
type World struct {
	Setting
	Clock  *Clock
	Public Repo
	Mirror Repo
	// Notices is empty where none are published.
	Notices Repo
	Server  *server.Server // the one that runs now
	Store   *store.Store   // its database

	town    town
	mails   *mailbox   // nil where nothing is published
	numbers *numbering // likewise
	beside  []*World
	config  config.Server
	address string // where the server listens
	stop    func() error
}

// NewWorld starts the forge and makes people and repositories. The server is started by [World.Serve].
func NewWorld(ctx context.Context, s Setting) (*World, error) {
	w := &World{Setting: s}
	if w.Log == nil {
		w.Log = slog.New(slog.DiscardHandler)
	}
	if w.Beside != nil {
		w.Clock = w.Beside.Clock
	} else {
		w.Clock = NewClock(s.Wall)
	}
	var err error
	switch s.forge() {
	case onGitHub:
		w.town, err = newHubTown(ctx, s, w.Clock)
	case onGitLab:
		w.town, err = newLabTown(ctx, s, w.Clock)
	default:
		err = unknownForge(s.Forge)
	}
	if err != nil {
		return nil, err
	}
	w.Public, w.Mirror, w.Notices = w.town.repos()
	if w.Publishing {
		if err := errors.Join(w.openMailbox(), w.openNumbering(ctx)); err != nil {
			return nil, errors.Join(err, w.Close())
		}
	}
	if w.Beside != nil {
		w.Beside.beside = append(w.Beside.beside, w)
	}
	return w, nil
}

// together is this world and those beside it.
func (w *World) together() []*World { return append([]*World{w}, w.beside...) }

// protect guards the public branches against everybody but Liftgate and the repository's owners, and the mirror's against
// merges without the hold.
func (w *World) protect(branches []string) error {
	if err := w.town.protect(branches); err != nil {
		return err
	}
	return w.town.wantHold(branches)
}

func randomSecret() string {
	var b [24]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic(err) // crypto/rand does not fail
	}
	return hex.EncodeToString(b[:])
}

// as is a person of the world.
func (w *World) as(login string) *person {
	return &person{deeds: w.town.hands(login), login: login, token: w.town.token(login), world: w}
}

// Close ends everything.
func (w *World) Close() error {
	err := errors.Join(w.Stop(), w.town.close())
	if w.mails != nil && w.Beside == nil {
		err = errors.Join(err, w.mails.close())
	}
	if w.numbers != nil && w.Beside == nil {
		err = errors.Join(err, w.numbers.Close())
	}
	return err
}

// openMailbox starts a mail server, which worlds beside each other share as they do the server.
func (w *World) openMailbox() (err error) {
	if w.Beside != nil && w.Beside.mails != nil {
		w.mails = w.Beside.mails
		return nil
	}
	w.mails, err = openMailbox(filepath.Join(w.Dir, "mailbox"))
	return err
}
