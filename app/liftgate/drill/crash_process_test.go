package drill

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/liftgate/config"
	"github.com/liftgate/liftgate/app/liftgate/server"
	"github.com/liftgate/liftgate/app/store"
)

// A server that is to be killed in the middle of a request runs as a process of its own, so that nothing of it goes on
// afterwards. It is this test binary: the drill's clock and the rhythm have to be the world's.

const processEnv = "LIFTGATE_DRILL_SERVER"

// TestServerProcess is that process, and otherwise nothing.
func TestServerProcess(t *testing.T) {
	if file := os.Getenv(processEnv); file != "" {
		if err := serveProcess(t.Context(), file); err != nil {
			t.Fatal(err)
		}
	}
}

// processOrder is what the process is told.
type processOrder struct {
	Config config.Server
	Clock  string // file that holds how far the drill's clock is ahead
	Pace   Pace
}

func serveProcess(ctx context.Context, file string) error {
	b, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var order processOrder
	if err := json.Unmarshal(b, &order); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := server.New(ctx, server.Options{
		Config: order.Config, Now: fileClock(order.Clock), Log: log, CreateKeys: true, Owner: fmt.Sprint("process ", os.Getpid()),
		Rhythm: order.Pace.rhythm(), Executor: store.ExecutorOptions{Poll: order.Pace.poll()},
	})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("listening %s\n", listener.Addr())
	ctx, cancel := signal.NotifyContext(ctx, os.Interrupt)
	go func() { // the world that started it has died
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return errors.Join(s.Run(ctx, listener), s.Close())
}

// fileClock is the clock of another process: the wall's, and what the file says that it is ahead.
func fileClock(file string) func() time.Time {
	var mu sync.Mutex
	var last time.Duration
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		if b, err := os.ReadFile(file); err == nil {
			if ahead, err := time.ParseDuration(strings.TrimSpace(string(b))); err == nil { // not while it is being written
				last = max(last, ahead)
			}
		}
		return time.Now().Add(last).UTC().Round(0)
	}
}

// process is a world's server as a process, which can be killed at any moment and started again.
type process struct {
	w       *World
	command func() *exec.Cmd
	says    string // what stands before the address in its first line

	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.Closer
	kills int
}

func newProcess(w *World) *process {
	return &process{w: w, says: "listening ", command: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^TestServerProcess$")
		cmd.Env = append(os.Environ(), processEnv+"="+orderFile(w))
		return cmd
	}}
}

func orderFile(w *World) string { return filepath.Join(w.Dir, "order.json") }

// serveAsProcess starts the world's server in a process of its own.
func (c *crashCase) serveAsProcess(p *process) {
	c.t.Helper()
	err := c.configure()
	if err == nil {
		err = writeOrder(c.World)
	}
	if err == nil {
		err = p.begin(c.t.Context())
	}
	if err != nil {
		c.t.Fatal("start the server's process:", err)
	}
}

func writeOrder(w *World) error {
	order := processOrder{Config: w.config, Clock: filepath.Join(w.Dir, "clock"), Pace: w.Pace}
	b, err := json.Marshal(order)
	if err != nil {
		return err
	}
	w.Clock.onMove(func(ahead time.Duration) {
		// What a reader sees while this is written it takes for a clock that has not moved.
		_ = os.WriteFile(order.Clock, fmt.Appendf(nil, "%v\n", ahead), 0o600)
	})
	return os.WriteFile(orderFile(w), b, 0o600)
}

// begin starts the process for the first time, and opens the world's store beside it.
func (p *process) begin(ctx context.Context) error {
	if err := p.start(); err != nil {
		return err
	}
	var err error
	if p.w.Store, err = server.OpenStore(ctx, p.w.config, p.w.Clock.Now); err != nil {
		return errors.Join(err, p.end())
	}
	p.w.stop = func() error { return errors.Join(p.end(), p.w.Store.Close()) }
	return nil
}

// start starts the process and waits until it listens.
func (p *process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := p.command()
	log, err := os.OpenFile(filepath.Join(p.w.Dir, "server.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the process has its own
	cmd.Stderr = log
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd = cmd
	line, err := bufio.NewReader(out).ReadString('\n')
	address, found := strings.CutPrefix(strings.TrimSpace(line), p.says)
	if !found {
		return errors.Join(fmt.Errorf("the server said %q", line), err)
	}
	return p.w.hookTo(address)
}

// kill ends the process without warning, and returns when it is gone.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd != nil {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait() // it says that it was killed
		p.cmd = nil
		p.kills++
	}
}

// killAndRestart ends the process without warning and has it started again at once.
func (p *process) killAndRestart(t *testing.T) {
	p.kill()
	go func() {
		if err := p.start(); err != nil && t.Context().Err() == nil {
			t.Error("start again:", err)
		}
	}()
}

// end stops the process in good order.
func (p *process) end() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil
	}
	_ = p.cmd.Process.Signal(os.Interrupt) // one that is gone already says so below
	err := p.cmd.Wait()
	p.cmd = nil
	if err != nil {
		return fmt.Errorf("the server's process: %w", err)
	}
	return nil
}

// serverLog is what the processes logged.
func (c *crashCase) serverLog() string {
	b, err := os.ReadFile(filepath.Join(c.Dir, "server.log"))
	if err != nil {
		return err.Error()
	}
	return string(b)
}
