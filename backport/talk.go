package backport

import (
	"bufio"
	"context"
	"io"
	"os/exec"
)

// talk is a process of git that answers one question after the other. It is used by one goroutine, and ends with its context
// or after localLimit.
type talk struct {
	cmd   *exec.Cmd
	ctx   context.Context
	stop  context.CancelFunc
	in    io.WriteCloser
	out   *bufio.Reader
	fresh bool // has answered nothing yet
}

func (g *git) talk(ctx context.Context, c call) (*talk, error) {
	ctx, stop := context.WithTimeout(ctx, localLimit)
	t := &talk{cmd: g.command(ctx, c), ctx: ctx, stop: stop, fresh: true}
	in, err := t.cmd.StdinPipe()
	if err != nil {
		stop()
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		stop()
		return nil, err
	}
	t.in, t.out = in, bufio.NewReaderSize(out, 64<<10)
	if err := t.cmd.Start(); err != nil {
		stop()
		return nil, err
	}
	return t, nil
}

// end ends the process. How it ended doesn't matter: every answer was read and checked.
func (t *talk) end() {
	_ = t.in.Close()
	t.stop()
	_ = t.cmd.Wait()
}
