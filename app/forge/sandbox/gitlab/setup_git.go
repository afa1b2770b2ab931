package gitlab

import (
	"fmt"
	"os"
	"os/exec"
)

func (s *Server) initRepo(p *project) error {
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return fmt.Errorf("make repository: %w", err)
	}
	cmd := exec.CommandContext(s.ctx, "git", "init", "--quiet", "--bare", "--template=", "--initial-branch="+p.defaultBranch, p.dir)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("make repository: %w", err)
	}
	return nil
}
