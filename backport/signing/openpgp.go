package signing

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

func parseOpenPGP(text []byte) (*Key, error) {
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(text))
	if err != nil || len(ring) != 1 || ring[0].PrivateKey == nil {
		return nil, errors.New("want one private OpenPGP key, as gpg --export-secret-keys --armor writes it")
	}
	owner := ring[0]
	since := born(owner)
	key, found := owner.SigningKey(since)
	if !found || key.PrivateKey == nil || key.PrivateKey.Dummy() {
		return nil, errors.New("the OpenPGP key has no part that may sign: none was exported with it, or it is revoked")
	}
	if key.PrivateKey.Encrypted {
		return nil, errors.New("the OpenPGP key has a passphrase that nobody is there to type; " +
			"export a key for this server alone, without one, into a file that only the server can read")
	}
	if err := judgeOpenPGP(key.PublicKey); err != nil {
		return nil, err
	}
	k := &Key{format: OpenPGP, fingerprint: strings.ToUpper(fmt.Sprintf("%x", key.PublicKey.Fingerprint))}
	k.sign = func(commit []byte, when time.Time) ([]byte, error) {
		if when.Before(since) { // nobody believes a signature that is older than its key
			when = since
		}
		return signOpenPGP(owner, key.PublicKey.KeyId, commit, when)
	}
	return k, nil
}

// judgeOpenPGP refuses keys whose signatures hold chance. Those of version 6 are salted.
func judgeOpenPGP(key *packet.PublicKey) error {
	if key.Version != 4 {
		return fmt.Errorf("an OpenPGP key of version %d signs differently each time, or is too old for the forges; want version 4", key.Version)
	}
	switch key.PubKeyAlgo {
	case packet.PubKeyAlgoEdDSA, packet.PubKeyAlgoEd25519:
		return nil
	case packet.PubKeyAlgoRSA, packet.PubKeyAlgoRSASignOnly:
		if bits, err := key.BitLength(); err == nil && bits >= minRSA {
			return nil
		}
	case packet.PubKeyAlgoECDSA:
		return errECDSA
	}
	return errKind
}

// born is when the key was whole: itself, its user ids and its parts.
func born(owner *openpgp.Entity) time.Time {
	at := owner.PrimaryKey.CreationTime
	later := func(t time.Time) {
		if t.After(at) {
			at = t
		}
	}
	for _, id := range owner.Identities {
		if id.SelfSignature != nil {
			later(id.SelfSignature.CreationTime)
		}
	}
	for _, part := range owner.Subkeys {
		later(part.PublicKey.CreationTime)
		later(part.Sig.CreationTime)
	}
	return at
}

func signOpenPGP(owner *openpgp.Entity, part uint64, commit []byte, when time.Time) ([]byte, error) {
	if when.Unix() > math.MaxUint32 {
		return nil, errors.New("the commit's date is later than OpenPGP can tell")
	}
	if _, valid := owner.SigningKeyById(when, part); !valid {
		return nil, fmt.Errorf("the key had expired when the commit was made; extend it and export it again")
	}
	salted := false // by a notation, at random, if it were left to the package
	var b bytes.Buffer
	err := openpgp.ArmoredDetachSign(&b, owner, bytes.NewReader(commit), &packet.Config{
		DefaultHash: crypto.SHA512, Time: func() time.Time { return when }, SigningKeyId: part,
		NonDeterministicSignaturesViaNotation: &salted,
	})
	if err != nil { // the package's error may say anything
		return nil, errors.New("OpenPGP made no signature")
	}
	return b.Bytes(), nil
}
