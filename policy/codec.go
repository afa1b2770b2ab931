package policy

import (
	"bytes"
	"encoding/gob"
	"fmt"
)

// EncodeAdvisory turns the state into bytes that hold embargoed text in the clear: encrypt them before they rest.
func EncodeAdvisory(a Advisory) ([]byte, error) { return encode(a) }

// DecodeAdvisory is the reverse of [EncodeAdvisory].
func DecodeAdvisory(b []byte) (Advisory, error) {
	var a Advisory
	err := decode(b, &a)
	return a, err
}

// EncodeAction turns an action into its kind and bytes that hold embargoed text in the clear: encrypt them before they
// rest.
func EncodeAction(do Action) (kind string, b []byte, err error) {
	b, err = encode(do)
	return do.kind(), b, err
}

// DecodeAction is the reverse of [EncodeAction]. An unknown kind is an error: a newer version wrote it.
func DecodeAction(kind string, b []byte) (Action, error) {
	switch kind {
	case OpenDesk{}.kind():
		return decodeAs[OpenDesk](b)
	case WriteStatus{}.kind():
		return decodeAs[WriteStatus](b)
	case Say{}.kind():
		return decodeAs[Say](b)
	case CloseDesk{}.kind():
		return decodeAs[CloseDesk](b)
	case UpdateReport{}.kind():
		return decodeAs[UpdateReport](b)
	case PublishReport{}.kind():
		return decodeAs[PublishReport](b)
	case OpenFix{}.kind():
		return decodeAs[OpenFix](b)
	case ReadyFix{}.kind():
		return decodeAs[ReadyFix](b)
	case SetHold{}.kind():
		return decodeAs[SetHold](b)
	case CloseFix{}.kind():
		return decodeAs[CloseFix](b)
	case ExplainFix{}.kind():
		return decodeAs[ExplainFix](b)
	case PlanBackports{}.kind():
		return decodeAs[PlanBackports](b)
	case BuildCandidates{}.kind():
		return decodeAs[BuildCandidates](b)
	case Land{}.kind():
		return decodeAs[Land](b)
	case ResetMirror{}.kind():
		return decodeAs[ResetMirror](b)
	case DropRefs{}.kind():
		return decodeAs[DropRefs](b)
	case StartChecks{}.kind():
		return decodeAs[StartChecks](b)
	case Probe{}.kind():
		return decodeAs[Probe](b)
	case DraftNotice{}.kind():
		return decodeAs[DraftNotice](b)
	case PublishNotice{}.kind():
		return decodeAs[PublishNotice](b)
	case ReviseNotice{}.kind():
		return decodeAs[ReviseNotice](b)
	case TagReleases{}.kind():
		return decodeAs[TagReleases](b)
	case Announce{}.kind():
		return decodeAs[Announce](b)
	case SubmitRecord{}.kind():
		return decodeAs[SubmitRecord](b)
	case RejectRecord{}.kind():
		return decodeAs[RejectRecord](b)
	case ReserveCVE{}.kind():
		return decodeAs[ReserveCVE](b)
	case RequestCVE{}.kind():
		return decodeAs[RequestCVE](b)
	case FollowRecord{}.kind():
		return decodeAs[FollowRecord](b)
	}
	return nil, fmt.Errorf("decode effect: unknown kind %q", kind)
}

// outcomeRecord is an Outcome without its effect, which the store keeps beside it.
type outcomeRecord struct {
	Outcome Outcome
}

// EncodeOutcome turns an outcome, without its effect, into bytes to encrypt.
func EncodeOutcome(o Outcome) ([]byte, error) {
	o.Effect = Effect{}
	return encode(outcomeRecord{o})
}

// DecodeOutcome is the reverse of [EncodeOutcome]; the caller sets the effect.
func DecodeOutcome(b []byte) (Outcome, error) {
	var r outcomeRecord
	err := decode(b, &r)
	return r.Outcome, err
}

func decodeAs[T Action](b []byte) (Action, error) {
	var do T
	err := decode(b, &do)
	return do, err
}

func encode(v any) ([]byte, error) {
	var buf bytes.Buffer
	err := gob.NewEncoder(&buf).Encode(v)
	return buf.Bytes(), err
}

func decode(b []byte, v any) error { return gob.NewDecoder(bytes.NewReader(b)).Decode(v) }
