package drill

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/liftgate/liftgate/app/forge/sandbox/cve"
	"github.com/liftgate/liftgate/app/liftgate/config"
)

// numbering is CVE Services with the project's own CNA, which has reserved all numbers that people write in a drill.
type numbering struct {
	*cve.Server
	id, key string // of the CNA, and of its user
}

const (
	cnaOrg     = "tiny"
	cnaUser    = "liftgate@tiny.example"
	cnaNumbers = 99 // from CVE-2026-10001 on
)

func openNumbering(ctx context.Context, dir string, clock *Clock, s Setting) (*numbering, error) {
	server, err := cve.Start(ctx, cve.Options{Dir: dir, Now: clock.Now, Wall: s.Wall})
	if err != nil {
		return nil, err
	}
	n := &numbering{Server: server}
	if n.id, err = n.CreateCNA(cnaOrg, 2*cnaNumbers); err != nil {
		return nil, err
	}
	if n.key, err = n.CreateUser(cnaOrg, cnaUser); err != nil {
		return nil, err
	}
	if _, err := n.CreateUser(cnaOrg, allocator); err != nil {
		return nil, err
	}
	for range cnaNumbers {
		if _, err := n.Reserve(cnaOrg, allocator, 2026); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// equip writes the key as a file, and the CNA into the server's document.
func (n *numbering) equip(data string, c *config.Server) error {
	file := filepath.Join(data, "cna.key")
	if err := os.WriteFile(file, []byte(n.key), 0o600); err != nil {
		return fmt.Errorf("write the CNA's key: %w", err)
	}
	c.CNA = config.CNA{URL: n.API() + "/", Org: cnaOrg, OrgID: n.id, User: cnaUser, KeyFile: file}
	return nil
}

// openNumbering starts CVE Services, which worlds beside each other share as they do the server.
func (w *World) openNumbering(ctx context.Context) (err error) {
	if w.Beside != nil && w.Beside.numbers != nil {
		w.numbers = w.Beside.numbers
		return nil
	}
	w.numbers, err = openNumbering(ctx, filepath.Join(w.Dir, "cve"), w.Clock, w.Setting)
	return err
}
