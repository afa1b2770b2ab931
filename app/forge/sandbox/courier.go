package sandbox

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"
)

// Letter is one webhook to be delivered.
type Letter struct {
	Delivery // as the fault plan is shown it; its Body is posted

	// Address is asked at each attempt where the letter goes and with which headers; without a URL nobody is there.
	Address func(at time.Time) (url string, header http.Header)
	// Log is told of each attempt.
	Log func(Attempt)

	asked bool // the fault plan has spoken
}

// Attempt is how one posting of a letter went.
type Attempt struct {
	Took              time.Duration
	Status            int    // the receiver's; 0 when there was no answer
	Message           string // the status in words, or why there is none
	Request, Response http.Header
	Answer            string
}

// Courier delivers one letter after another, as long as no fault plan says otherwise. It does not try again by itself.
type Courier struct {
	faults  *Faults
	ctx     context.Context
	wall    func() time.Time
	timeout time.Duration
	client  *http.Client
	all     sync.WaitGroup

	mu      sync.Mutex
	wake    *sync.Cond
	waiting []*Letter
	held    []*Letter // reordered: sent after the next one
	idlers  int       // calls of Idle that wait; they let go what nothing follows
	flying  int       // taken from the queue and not finished
	closed  bool
}

// NewCourier starts a courier who waits so long for an answer. It is ended by [Courier.Stop].
func NewCourier(ctx context.Context, faults *Faults, wall func() time.Time, timeout time.Duration) *Courier {
	q := &Courier{faults: faults, ctx: ctx, wall: wall, timeout: timeout, client: &http.Client{
		Transport:     &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: 10 * time.Second},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	q.wake = sync.NewCond(&q.mu)
	q.all.Go(q.loop)
	return q
}

// Stop lets everything fall that is not delivered yet, and waits for what is under way; the end of the context cuts that
// short.
func (q *Courier) Stop() {
	q.mu.Lock()
	q.closed = true
	q.wake.Broadcast()
	q.mu.Unlock()
	q.all.Wait()
	q.client.CloseIdleConnections()
}

// Send puts a letter into the queue.
func (q *Courier) Send(l Letter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.waiting = append(q.waiting, &l)
		q.wake.Broadcast()
	}
}

// Idle waits until no letter is waiting, held back or in flight. What a fault holds back for reordering goes out when
// nothing else is left.
func (q *Courier) Idle(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { q.mu.Lock(); q.wake.Broadcast(); q.mu.Unlock() })()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.idlers++
	defer func() { q.idlers-- }()
	q.wake.Broadcast()
	for len(q.waiting)+len(q.held)+q.flying > 0 && !q.closed {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for webhooks: %w", err)
		}
		q.wake.Wait()
	}
	return nil
}

func (q *Courier) loop() {
	for batch := q.next(); batch != nil; batch = q.next() {
		for _, l := range batch {
			q.deliver(l)
		}
		q.finish()
	}
}

// next waits for something to deliver; nothing is the end.
func (q *Courier) next() (batch []*Letter) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.waiting) == 0 && (len(q.held) == 0 || q.idlers == 0) && !q.closed {
		q.wake.Wait()
	}
	if q.closed {
		return nil
	}
	if len(q.waiting) > 0 {
		batch, q.waiting = q.waiting[:1:1], q.waiting[1:]
	} else {
		batch, q.held = q.held, nil // nothing came after them
	}
	q.flying++
	return batch
}

func (q *Courier) finish() {
	q.mu.Lock()
	q.flying--
	q.wake.Broadcast()
	q.mu.Unlock()
}

// deliver asks the fault plan once for each letter and then does as it says.
func (q *Courier) deliver(l *Letter) {
	if l.asked {
		q.attempt(l, false)
		return
	}
	l.asked = true
	f := q.faults.ConsultHook(l.Delivery)
	switch {
	case f.Lose:
		return
	case f.Reorder:
		q.mu.Lock()
		q.held = append(q.held, l)
		q.mu.Unlock()
		return
	case f.Delay > 0:
		q.mu.Lock()
		q.flying++
		q.mu.Unlock()
		q.all.Go(func() {
			defer q.finish()
			Pause(q.ctx, f.Delay)
			q.attempt(l, f.Drop)
		})
		return
	}
	q.attempt(l, f.Drop)
	if f.Duplicate {
		q.attempt(l, false)
	}
	q.mu.Lock()
	held := q.held
	q.held = nil
	q.mu.Unlock()
	for _, h := range held {
		q.attempt(h, false)
	}
}

// attempt posts a letter once and has it written down.
func (q *Courier) attempt(l *Letter, drop bool) {
	began := q.wall()
	a := Attempt{Message: "failed to connect to host"}
	if url, header := l.Address(began); url != "" && !drop {
		a = q.post(url, header, l.Body)
	}
	a.Took = q.wall().Sub(began)
	l.Log(a)
}

func (q *Courier) post(url string, header http.Header, body []byte) Attempt {
	ctx, cancel := context.WithTimeout(q.ctx, q.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Attempt{Message: "invalid url"}
	}
	req.Header = header
	a := Attempt{Request: header.Clone()}
	resp, err := q.client.Do(req)
	if err != nil {
		a.Message = "failed to connect to host"
		if ctx.Err() != nil {
			a.Message = "timed out"
		}
		return a
	}
	defer resp.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10)) // a cut answer still shows its status
	a.Status, a.Message, a.Response, a.Answer = resp.StatusCode, http.StatusText(resp.StatusCode), resp.Header, string(answer)
	if resp.StatusCode < 300 {
		a.Message = "OK"
	}
	return a
}
