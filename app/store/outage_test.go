package store

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/liftgate/liftgate/app/store/storetest"
	"github.com/liftgate/liftgate/policy"
)

// PostgreSQL goes away in the middle and comes back: calls fail meanwhile, without a word of what they carried, nothing that
// was acknowledged is lost, and the executor goes on.
func TestPostgresGoesAwayAndComesBack(t *testing.T) {
	server, err := storetest.StartOwn()
	if err != nil {
		t.Skipf("no PostgreSQL to stop and start: %v", err)
	}
	t.Cleanup(server.Close)
	s := openWith(t, server.Database(t), testKeys(t))()
	id := begin(t, s, "GHSA-1").ID
	commit(t, s, id, asks(say(id, "say/1")))
	turned := make(chan string, 1000)
	x := start(t, s, Work{Turn: func(_ context.Context, advisory string) error { turned <- advisory; return nil }}, ExecutorOptions{Tick: time.Second})
	receive(t, turned, "a turn before")

	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	secret := policy.Doorbell{Forge: "github", Delivery: "d1", At: testStart, Object: policy.Object{Kind: policy.ObjectBranch, Name: canary}}
	if err := s.Ring(t.Context(), secret); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("ring without a server = %v", err)
	}
	if _, err := s.Load(t.Context(), id); err == nil {
		t.Error("load without a server succeeded")
	}
	if err := x.Wake(t.Context(), id); err == nil {
		t.Error("wake without a server succeeded")
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := s.Ring(t.Context(), secret); err != nil {
		t.Fatalf("ring after the server came back: %v", err)
	}
	if l := load(t, s, id); fmt.Sprint(l.Pending) != "[say/1]" {
		t.Errorf("pending = %v", l.Pending)
	}
	for len(turned) > 0 {
		<-turned
	}
	if err := x.Wake(t.Context(), id); err != nil {
		t.Fatalf("wake after the server came back: %v", err)
	}
	receive(t, turned, "a turn after")
}
