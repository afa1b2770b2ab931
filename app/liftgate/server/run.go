package server

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/liftgate/liftgate/app/store"
	"github.com/liftgate/liftgate/policy"
)

// stopLimit is how long a stop waits for work under way. What is cut off then is looked for at the next start.
const stopLimit = 30 * time.Second

// Run serves until the context ends, and then stops in order: no new requests, no new work, what is running is finished.
// Listening is the caller's, so that it can know the address before anything happens.
func (s *Server) Run(ctx context.Context, listener net.Listener) (err error) {
	handler, err := s.handler()
	if err != nil {
		return err
	}
	release, err := s.Store.Engage(ctx, s.options.Now())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	options := s.options.Executor
	options.Failed = func(kind, subject string, err error) {
		s.options.Log.Warn("work is repeated", "kind", kind, "subject", subject, "error", err.Error())
	}
	s.executor, err = store.NewExecutor(ctx, s.Store, store.Work{
		Turn: s.Engine.Turn, Sweep: s.Engine.Sweep, Answer: s.Engine.Route,
	}, options)
	if err != nil {
		return err
	}
	s.tendAside(ctx)
	s.tended(ctx, firstLook) // before anybody needs them
	if err := s.executor.Start(ctx); err != nil {
		s.tended(ctx, stopLimit)
		return err
	}
	web := &http.Server{
		Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- web.Serve(listener) }()
	ticking, stopTicking := context.WithCancel(ctx)
	ticked := make(chan struct{})
	go func() {
		defer close(ticked)
		s.options.Rhythm.Run(ticking, s.tick, s.sweep)
	}()
	select {
	case <-ctx.Done():
		err = nil
	case err = <-failed:
	}
	stopTicking()
	<-ticked
	return errors.Join(err, s.stop(ctx, web))
}

func (s *Server) stop(ctx context.Context, web *http.Server) error {
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopLimit)
	defer cancel()
	err := web.Shutdown(last)
	err = errors.Join(err, s.executor.Stop(last))
	s.tended(last, stopLimit)
	return err
}

// tick and sweep have nobody to return an error to: they log it, and the next one meets it again.
func (s *Server) tick(ctx context.Context) {
	if err := s.executor.Tick(ctx); err != nil && ctx.Err() == nil {
		s.options.Log.Warn("tick is repeated", "error", err.Error())
	}
}

func (s *Server) sweep(ctx context.Context) {
	s.tendAside(ctx)
	if err := s.Engine.RingAll(ctx); err != nil && ctx.Err() == nil {
		s.options.Log.Warn("sweep is repeated", "error", err.Error())
	}
}

// ring stores a doorbell and wakes somebody to answer it. A wake that fails is no reason to refuse the delivery: the row
// is there, and the next tick finds it.
func (s *Server) ring(ctx context.Context, bell policy.Doorbell) error {
	if err := s.Store.Ring(ctx, bell); err != nil {
		return err
	}
	if s.executor != nil {
		if err := s.executor.WakeAnswer(ctx); err != nil {
			s.options.Log.Warn("wake is left to the next tick", "error", err.Error())
		}
	}
	return nil
}
