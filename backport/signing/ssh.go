package signing

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// A signature by OpenSSH's PROTOCOL.sshsig, as git asks ssh-keygen for one.
const (
	sshMagic     = "SSHSIG"
	sshNamespace = "git"
	sshHash      = "sha512"
	sshWidth     = 70 // of an armored line
)

func parseSSH(text []byte) (*Key, error) {
	private, err := ssh.ParseRawPrivateKey(text)
	if _, locked := errors.AsType[*ssh.PassphraseMissingError](err); locked {
		return nil, errors.New("the key has a passphrase that nobody is there to type; " +
			"make a key for this server alone with ssh-keygen -N '', in a file that only the server can read")
	}
	if err != nil { // the parser's error may quote the key
		return nil, errors.New("this is no private key in OpenSSH's form that can be read; make one with ssh-keygen -t ed25519 -N ''")
	}
	switch k := private.(type) {
	case *ed25519.PrivateKey, ed25519.PrivateKey:
	case *rsa.PrivateKey:
		if k.N.BitLen() < minRSA {
			return nil, errKind
		}
	case *ecdsa.PrivateKey:
		return nil, errECDSA
	default:
		return nil, errKind
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		return nil, errKind
	}
	k := &Key{format: SSH, fingerprint: ssh.FingerprintSHA256(signer.PublicKey())}
	k.sign = func(commit []byte, _ time.Time) ([]byte, error) { return signSSH(signer, commit) }
	return k, nil
}

func signSSH(signer ssh.Signer, commit []byte) ([]byte, error) {
	algorithm := signer.PublicKey().Type()
	if algorithm == ssh.KeyAlgoRSA {
		algorithm = ssh.KeyAlgoRSASHA512 // by default it would be SHA-1, which nobody takes any more
	}
	by, able := signer.(ssh.AlgorithmSigner)
	if !able {
		return nil, errKind
	}
	digest := sha512.Sum512(commit)
	signed := ssh.Marshal(struct{ Namespace, Reserved, Hash, Digest string }{sshNamespace, "", sshHash, string(digest[:])})
	signature, err := by.SignWithAlgorithm(rand.Reader, append([]byte(sshMagic), signed...), algorithm)
	if err != nil {
		return nil, err
	}
	blob := ssh.Marshal(struct {
		Version                                      uint32
		PublicKey, Namespace, Reserved, Hash, Signed string
	}{1, string(signer.PublicKey().Marshal()), sshNamespace, "", sshHash, string(ssh.Marshal(signature))})
	return armorSSH(append([]byte(sshMagic), blob...)), nil
}

func armorSSH(blob []byte) []byte {
	var b strings.Builder
	b.WriteString("-----BEGIN SSH SIGNATURE-----\n")
	for text := base64.StdEncoding.EncodeToString(blob); text != ""; {
		n := min(sshWidth, len(text))
		b.WriteString(text[:n] + "\n")
		text = text[n:]
	}
	b.WriteString("-----END SSH SIGNATURE-----\n")
	return []byte(b.String())
}
