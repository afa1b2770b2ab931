package gitlab

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/forge/forgetest"
	"github.com/liftgate/liftgate/app/forge/sandbox"
	"github.com/liftgate/liftgate/policy"
)

// The environment of the process that rotates and is killed.
const (
	killedFile = "LIFTGATE_TEST_ROTATES"
	killedAPI  = "LIFTGATE_TEST_API"
	killedNow  = "LIFTGATE_TEST_NOW"
)

// TestMain is the tests, or the process that [TestRotationKilled] starts and kills.
func TestMain(m *testing.M) {
	if file := os.Getenv(killedFile); file != "" {
		fmt.Println("not killed:", rotateHere(file))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func rotateHere(file string) error {
	now, err := time.Parse(time.RFC3339, os.Getenv(killedNow))
	if err != nil {
		return err
	}
	f, err := New(Options{
		Token: func() ([]byte, error) { return os.ReadFile(file) }, API: os.Getenv(killedAPI), Project: project,
		Now:      func() time.Time { return now },
		Rotation: &Rotation{TokenFile: file, Quiet: func(context.Context) (bool, error) { return true, nil }},
	})
	if err != nil {
		return err
	}
	return f.TendTokens(context.Background())
}

// TestRotationKilled kills a real process while GitLab is at it: before it has done anything, and before it has answered.
func TestRotationKilled(t *testing.T) {
	for name, done := range map[string]bool{"before it is done": false, "before it is answered": true} {
		t.Run(name, func(t *testing.T) {
			k := newKeeper(t, year())
			old := k.token(k.file)
			k.Pass(almost)
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), killedFile+"="+string(k.file), killedAPI+"="+k.s.API(), killedNow+"="+k.Now().Format(time.RFC3339))
			started, gone := make(chan struct{}), make(chan struct{})
			kill := func() {
				<-started
				_ = cmd.Process.Kill() // what it leaves is looked at below
				_ = cmd.Wait()         // it was killed
				close(gone)
			}
			fault := sandbox.Fault{Before: kill, Refuse: &sandbox.Refusal{Status: 503}}
			if done {
				fault = sandbox.Fault{After: kill}
			}
			k.rotating(fault)
			k.Must(cmd.Start())
			close(started)
			<-gone
			k.s.Fail(nil)
			if left, err := k.file.left(); err != nil || left.of != fingerprint(old) || k.token(k.file) != old {
				t.Fatalf("left: %+v, %v", left, err)
			}
			k.start()
			err := k.tend()
			if done {
				forgetest.Trouble(t, err, policy.TroubleRefused, "its successor is lost")
				return
			}
			k.Must(err)
			k.fresh(k.file, old, 365)
		})
	}
}
