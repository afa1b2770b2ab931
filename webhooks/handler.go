package webhooks

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// MaxBody is the largest body that is read. No forge sends a larger one.
const MaxBody = 25 << 20

// Ringer stores a doorbell and returns when it would survive a power cut. A second one with the same Delivery is no error.
// It must be safe for concurrent use.
type Ringer func(ctx context.Context, bell policy.Doorbell) error

// receiver is what the forges have in common: it bounds the request, and answers it after the doorbell is stored.
type receiver struct {
	ring Ringer
	now  func() time.Time
	log  *slog.Logger
	room *room
	// limit is MaxBody, except in tests.
	limit int64
}

// newReceiver needs every argument.
func newReceiver(ring Ringer, now func() time.Time, log *slog.Logger) (receiver, error) {
	if ring == nil || now == nil || log == nil {
		return receiver{}, errors.New("webhooks need a ringer, a clock and a logger")
	}
	return receiver{ring: ring, now: now, log: log, room: newRoom(), limit: MaxBody}, nil
}

// bounded reports whether the request is one that is worth reading, or answers 405 or 413 and returns false.
func (rc *receiver) bounded(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "webhooks are sent with POST", http.StatusMethodNotAllowed)
		return false
	}
	if r.ContentLength > rc.limit {
		rc.tooLarge(w)
		return false
	}
	return true
}

// readBody returns the body, or answers 413, 503 or 400 and returns false. However long the body is and whether or not it
// says so, no more than the limit is read. Call leave when the body is no longer needed.
func (rc *receiver) readBody(w http.ResponseWriter, r *http.Request) (body []byte, leave func(), ok bool) {
	body, leave, err := rc.room.read(r.Context(), http.MaxBytesReader(w, r.Body, rc.limit), rc.limit)
	if err == nil {
		return body, leave, true
	}
	leave()
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		rc.tooLarge(w)
		return nil, nil, false
	}
	if errors.Is(err, errNoRoom) {
		rc.busy(w)
		return nil, nil, false
	}
	rc.log.Info("webhook body ended early") // the sender went away: nothing to do, and nobody left to tell
	http.Error(w, "the body ended early", http.StatusBadRequest)
	return nil, nil, false
}

// busy answers 503. What was refused here is found by the next sweep, or sent again by the forge that is asked for what it
// could not deliver.
func (rc *receiver) busy(w http.ResponseWriter) {
	rc.log.Warn("webhook refused: too many large bodies at once")
	w.Header().Set("Connection", "close") // the rest of the body is not worth reading
	w.Header().Set("Retry-After", "60")
	http.Error(w, "too many large bodies at once, send it again later", http.StatusServiceUnavailable)
}

func (rc *receiver) tooLarge(w http.ResponseWriter) {
	rc.log.Warn("webhook body too large", "limit", rc.limit)
	w.Header().Set("Connection", "close") // the rest of the body is not worth reading
	http.Error(w, "the body is too large", http.StatusRequestEntityTooLarge)
}

// unsigned answers 401.
func (rc *receiver) unsigned(w http.ResponseWriter) {
	rc.log.Warn("webhook without a valid signature or token refused")
	http.Error(w, "the signature or token is missing or wrong", http.StatusUnauthorized)
}

// understood gives the doorbell of a verified delivery its id. What rings none, because it makes no sense or is of no
// interest, is a line in the log: the sender knows the secret, so a retry would bring the same again.
func (rc *receiver) understood(bell *policy.Doorbell, err error, delivery string) *policy.Doorbell {
	switch {
	case err != nil:
		rc.log.Warn("webhook makes no sense; is its content type application/json?", "delivery", delivery, "reason", err)
		return nil
	case bell == nil:
		rc.log.Debug("webhook of no interest", "delivery", delivery)
		return nil
	}
	bell.Delivery = delivery
	return bell
}

// answer stores the doorbell, if there is one, and answers: 202, or 500 if and only if it was not stored.
func (rc *receiver) answer(w http.ResponseWriter, r *http.Request, bell *policy.Doorbell) {
	if bell != nil {
		bell.At = rc.now().UTC()
		if err := rc.ring(r.Context(), *bell); err != nil {
			rc.log.Error("webhook not stored", "delivery", bell.Delivery, "error", err)
			http.Error(w, "the delivery could not be stored, send it again", http.StatusInternalServerError)
			return
		}
	}
	w.WriteHeader(http.StatusAccepted)
}

// deliveryID is the first of the ids that is one, or one made of the body where none is: the same body names the same
// change, so that it too can be recognised when it comes again.
func deliveryID(body []byte, ids ...string) string {
	for _, id := range ids {
		if validDelivery(id) {
			return id
		}
	}
	sum := sha256.Sum256(body)
	return "sha256-" + hex.EncodeToString(sum[:])
}
