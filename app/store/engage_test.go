package store

import (
	"errors"
	"testing"
	"time"
)

// A SQLite file has one server, and what a killed one had claimed is claimed again soon.
func TestEngageTakesOverFromTheDead(t *testing.T) {
	open := openWith(t, sqliteURL(t), testKeys(t))
	s := open()
	id := begin(t, s, "GHSA-1").ID
	commit(t, s, id, asks(say(id, "say/1")))
	release, err := s.Engage(t.Context(), testStart)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := s.Claim(t.Context(), id, "first", testStart, time.Hour); !ok || err != nil {
		t.Fatal("claim:", ok, err)
	}
	second := open()
	if _, err := second.Engage(t.Context(), testStart); !errors.Is(err, ErrInUse) {
		t.Errorf("a second server: %v", err)
	}
	if _, ok, err := second.Claim(t.Context(), id, "second", testStart, time.Hour); ok || err != nil {
		t.Error("the refused server took a claim:", ok, err)
	}
	if err := release(); err != nil { // as the end of the process does
		t.Fatal(err)
	}
	release, err = second.Engage(t.Context(), testStart)
	if err != nil {
		t.Fatal("after the first has gone:", err)
	}
	defer func() { _ = release() }()
	if _, ok, err := second.Claim(t.Context(), id, "second", testStart, time.Hour); ok || err != nil {
		t.Error("what the dead one sent may still be on its way:", ok, err)
	}
	c, ok, err := second.Claim(t.Context(), id, "second", testStart.Add(onItsWay), time.Hour)
	if err != nil || !ok || !c.Again || c.Attempt != 2 {
		t.Errorf("claim = %+v, %v, %v; want the second attempt, which looks first", c, ok, err)
	}
}

// Replicas on PostgreSQL are no danger to each other, and leave each other's claims alone.
func TestEngageLeavesReplicasAlone(t *testing.T) {
	open := openWith(t, postgresURL(t), testKeys(t))
	first, second := open(), open()
	id := begin(t, first, "GHSA-1").ID
	commit(t, first, id, asks(say(id, "say/1")))
	for _, s := range []*Store{first, second} {
		if _, err := s.Engage(t.Context(), testStart); err != nil {
			t.Fatal(err)
		}
		if _, ok, err := s.Claim(t.Context(), id, "it", testStart, time.Hour); err != nil || ok != (s == first) {
			t.Error("claim:", ok, err)
		}
	}
}
