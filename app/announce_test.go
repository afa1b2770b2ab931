package app

import (
	"bytes"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	announcing "github.com/liftgate/liftgate/app/mail"
	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/policy"
)

// TestRehearsedMail: a mail is rehearsed as of the lift, so that a key that ends before it is found out at once.
func TestRehearsedMail(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	server, err := announcing.New(announcing.Options{
		Host: "127.0.0.1", Port: 1, TLS: announcing.InClear, Sign: signerUntil(t, now, 3*policy.Day), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	e := &Engine{Options: Options{Mail: server, Sender: mail.Address{Address: "security@example.org"}, Now: func() time.Time { return now }}}
	r, err := notice.Parse([]byte(draftWords))
	if err != nil {
		t.Fatal(err)
	}
	p := tiny
	p.Forge = linked{}
	for lift, words := range map[time.Duration]string{2 * policy.Day: "could not be reached", 4 * policy.Day: "no part of the key may sign at the date of the mail"} {
		do := policy.PublishNotice{Version: 1, At: now.Add(lift), Lists: []policy.List{{Address: "announce@example.org"}}}
		if err := e.rehearseMail(t.Context(), p, noticeID, do, r, nil); !strings.Contains(policy.AsTrouble(err).Hint, words) {
			t.Errorf("a lift after %v: %v", lift, err)
		}
	}
}

// signerUntil makes an OpenPGP key that ends after some time.
func signerUntil(t *testing.T, from time.Time, lasts time.Duration) *announcing.Signer {
	t.Helper()
	config := &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return from }, KeyLifetimeSecs: uint32(lasts.Seconds())}
	owner, err := openpgp.NewEntity("Security", "", "security@example.org", config)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PrivateKeyType, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.SerializePrivate(w, config); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	signer, err := announcing.OpenPGP(b.Bytes(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}
