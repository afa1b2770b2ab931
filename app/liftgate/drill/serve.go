package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// running is one server at work, and where it listens.
type running struct {
	server  *server.Server
	address string
	stop    func() error // in good order
	stopped func() error // waits until it has stopped by itself
}

// Serve starts the real server against the sandbox: the same wiring as `liftgate serve`. Stopped, it can be started again
// on the same data.
func (w *World) Serve(ctx context.Context) error {
	r, err := w.start(ctx, "drill")
	if err != nil {
		return err
	}
	for _, one := range w.together() {
		one.Server, one.Store, one.address, one.stop = r.server, r.server.Store, r.address, w.Stop
		err = errors.Join(err, one.hookTo(r.address))
	}
	w.stop = r.stop
	return err
}

// start starts one server under a name of its own.
func (w *World) start(ctx context.Context, owner string) (*running, error) {
	if err := w.configure(); err != nil {
		return nil, err
	}
	return w.startWith(ctx, owner, w.config)
}

// startWith starts a server with a configuration that may differ from the world's: several may share a PostgreSQL.
func (w *World) startWith(ctx context.Context, owner string, c config.Server) (*running, error) {
	s, err := server.New(ctx, server.Options{
		Config: c, Now: w.Clock.Now, Log: w.Log.With("server", owner), HTTP: w.HTTP, CreateKeys: true, Owner: owner,
		Rhythm: w.Pace.rhythm(), Executor: store.ExecutorOptions{Poll: w.Pace.poll()},
	})
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- errors.Join(s.Run(ctx, listener), s.Close()) }()
	stopped := func() error { defer cancel(); return <-ended }
	return &running{
		server: s, address: listener.Addr().String(), stopped: stopped, stop: func() error { cancel(); return stopped() },
	}, nil
}

// hookTo has the forge send its webhooks to a server.
func (w *World) hookTo(address string) error {
	return w.town.hookTo("http://" + address + "/webhooks/" + w.forge())
}

// Stop stops the server in good order, which is that of the worlds beside this one too.
func (w *World) Stop() error {
	if w.stop == nil {
		return nil
	}
	err := w.stop()
	for _, one := range w.together() {
		one.stop, one.Server, one.Store = nil, nil, nil
	}
	return err
}

// configure makes the server's document and what it names.
func (w *World) configure() error {
	data := w.data()
	c := config.DefaultServer()
	c.Data, c.Database = data, cmp.Or(w.Database, "sqlite:"+filepath.Join(data, "liftgate.db"))
	for _, one := range w.together() {
		if err := one.enter(&c); err != nil {
			return err
		}
	}
	w.config = c
	return nil
}

func (w *World) data() string { return filepath.Join(w.Dir, "data") }

// enter writes the secrets as files, once, as an operator does, and the project into the server's document.
func (w *World) enter(c *config.Server) error {
	data := w.data()
	if err := os.MkdirAll(data, 0o700); err != nil {
		return err
	}
	if err := w.town.equip(data, c); err != nil {
		return err
	}
	project := config.Pair{Name: "tinyserve", Prefix: "LSN", Forge: w.forge(), Public: w.Public.FullName, Mirror: w.Mirror.FullName, Notices: w.Notices.FullName,
		CVE: policy.CVEFromForge}
	if w.Beside != nil { // names and prefixes are there once on a server
		project.Name, project.Prefix = "neighbour", "OSN"
	}
	if w.Rules != "" {
		project.RulesFile = filepath.Join(data, "liftgate.yml")
		if err := os.WriteFile(project.RulesFile, []byte(w.Rules), 0o600); err != nil {
			return fmt.Errorf("write rules: %w", err)
		}
	}
	if w.numbers != nil {
		project.CVE = policy.CVEFromCNA
		if err := w.numbers.equip(data, c); err != nil {
			return err
		}
	}
	if w.mails != nil {
		c.Mail = config.Mail{Server: "127.0.0.1", Port: int64(w.mails.port()), TLS: "none", From: mailFrom}
	}
	c.Projects = append(c.Projects, project)
	return nil
}

// mailFrom is whom announcements are from.
const mailFrom = "tinyserve Security <security@example.org>"

// projectFile is where the repository keeps the project's configuration.
func (w *World) projectFile() string { return "." + w.forge() + "/liftgate.yml" }

// Document is the configuration with which the command line looks after the project, as an operator writes it. What stands
// before names the address, the folder and the database.
func (w *World) Document(before string) string {
	var forges, projects strings.Builder
	for _, one := range w.together() {
		forges.WriteString(one.town.document(w.config))
	}
	if c := w.config.Mail; c.Server != "" {
		fmt.Fprintf(&forges, "mail: {server: %s, port: %d, tls: none, from: %q}\n", c.Server, c.Port, c.From)
	}
	if c := w.config.CNA; c.On() {
		fmt.Fprintf(&forges, "cna: {url: %s, org: %s, org_id: %s, user: %q, key_file: %s}\n", c.URL, c.Org, c.OrgID, c.User, c.KeyFile)
	}
	for _, p := range w.config.Projects {
		fmt.Fprintf(&projects, "  - {name: %s, prefix: %s, forge: %s, public: %s, mirror: %s, notices: %q, cve: %s}\n",
			p.Name, p.Prefix, p.Forge, p.Public, p.Mirror, p.Notices, p.CVE)
	}
	return before + forges.String() + "projects:\n" + projects.String()
}
