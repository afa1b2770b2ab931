package github

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
)

// delivery is one try to deliver a webhook. A redelivery has the GUID of the first try.
type delivery struct {
	ID         int64     `json:"id"`
	GUID       string    `json:"guid"`
	At         time.Time `json:"delivered_at"`
	Redelivery bool      `json:"redelivery"`
	Code       int       `json:"status_code"`
}

func (d delivery) arrived() bool { return d.Code >= 200 && d.Code < 300 }

// MissedDeliveries asks GitHub to deliver again what failed since the instant given, each once, and returns how many. GitHub
// keeps deliveries for three days and never repeats one by itself. What was missed comes in by the front door; the sweep
// finds the rest.
func (f *Forge) MissedDeliveries(ctx context.Context, since time.Time) (int, error) {
	missed, err := f.missed(ctx, since)
	if err != nil {
		return 0, wire.Told("list deliveries", err)
	}
	asked := 0
	for _, id := range missed {
		_, err := f.call(ctx, asApp, http.MethodPost, fmt.Sprintf("app/hook/deliveries/%d/attempts", id), nil, nil)
		if wire.Gone(err) {
			continue // too old meanwhile
		}
		if err != nil {
			return asked, wire.Told("ask for a delivery again", err)
		}
		asked++
	}
	return asked, nil
}

// missed lists one delivery for each event that has not arrived and has not been asked for again, oldest first.
func (f *Forge) missed(ctx context.Context, since time.Time) ([]int64, error) {
	var recent []delivery
	err := pages(ctx, f, asApp, "app/hook/deliveries", nil, func(page []delivery) bool {
		for _, d := range page { // newest first
			if d.At.Before(since) {
				return false
			}
			recent = append(recent, d)
		}
		return len(page) > 0
	})
	if err != nil {
		return nil, err
	}
	settled := map[string]bool{}
	for _, d := range recent {
		if d.arrived() || d.Redelivery {
			settled[d.GUID] = true
		}
	}
	var ids []int64
	for i := len(recent) - 1; i >= 0; i-- {
		if d := recent[i]; !settled[d.GUID] {
			settled[d.GUID] = true
			ids = append(ids, d.ID)
		}
	}
	return ids, nil
}
