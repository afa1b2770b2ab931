package webhooks

import (
	"context"
	"errors"
	"io"
	"time"
)

// Whoever sends a well-formed signature has its body read before it shows that the signature is wrong. So the larger a body
// grows, the fewer may be as large at the same time: what strangers can make this process hold has a bound. A usual
// delivery, of some ten kilobytes, never waits: neither for a flood nor for senders that stop in the middle.
const (
	smallBody   = 64 << 10 // bodies up to this: as many as there are connections
	mediumBody  = 1 << 20
	mediumMany  = 32 // bodies over smallBody at once
	largeMany   = 4  // bodies over mediumBody at once
	roomPatient = 5 * time.Second
)

// errNoRoom says that too many large bodies were being read for too long.
var errNoRoom = errors.New("too many large bodies at once")

// room is the memory for bodies. Places are taken from small to large, and given back together.
type room struct {
	medium, large chan struct{}
}

func newRoom() *room {
	return &room{medium: make(chan struct{}, mediumMany), large: make(chan struct{}, largeMany)}
}

// read reads a body to its end; the reader bounds it to most bytes. Leave gives its memory back to the others: call it,
// whatever the error, when the body is no longer needed.
func (m *room) read(ctx context.Context, r io.Reader, most int64) (body []byte, leave func(), err error) {
	var taken []<-chan struct{}
	leave = func() {
		for _, place := range taken {
			<-place
		}
	}
	for _, step := range []struct {
		upTo  int64
		place chan struct{}
	}{{min(smallBody, most), nil}, {min(mediumBody, most), m.medium}, {most, m.large}} {
		if step.place != nil {
			if err := enter(ctx, step.place); err != nil {
				return nil, leave, err
			}
			taken = append(taken, step.place)
		}
		var ended bool
		if body, ended, err = grow(body, r, int(step.upTo)); ended || err != nil {
			return body, leave, err
		}
	}
	return nil, leave, errors.New("the reader does not keep its bound")
}

// enter waits for a place. That the sender has gone away does not show while its body is unread, so the wait has a limit of
// its own, below the ten seconds that GitHub gives a delivery.
func enter(ctx context.Context, place chan<- struct{}) error {
	ctx, cancel := context.WithTimeout(ctx, roomPatient)
	defer cancel()
	select {
	case place <- struct{}{}:
		return nil
	case <-ctx.Done():
		return errNoRoom
	}
}

// grow reads on until the body ends, or has more than upTo bytes.
func grow(body []byte, r io.Reader, upTo int) (grown []byte, ended bool, err error) {
	for len(body) <= upTo {
		if len(body) == cap(body) {
			larger := upTo + 1 // at once: whoever has a place for this much may take it
			if larger <= smallBody+1 {
				larger = min(larger, max(2*cap(body), 4<<10))
			}
			body = append(make([]byte, 0, larger), body...)
		}
		n, err := r.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == io.EOF {
			return body, true, nil
		}
		if err != nil {
			return nil, true, err
		}
	}
	return body, false, nil
}
