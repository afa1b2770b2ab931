package config

import (
	"fmt"
	"net/mail"
	"strings"
	"unicode"

	"github.com/liftgate/liftgate/backport/signing"
)

// nowhere is the address of a committer whom nobody has given one. It is the same on every server: the same fix then gives
// the same commits, and they tell nothing about where they were made.
const nowhere = "liftgate@localhost"

// maxIdentity bounds a name and an address. Mail's own limit is 254.
const maxIdentity = 254

// Committer is whom commits name, and how commits that Liftgate makes are answered for. Those that people made stay as they
// are.
type Committer struct {
	Name    string `yaml:"name" jsonschema:"default=Liftgate" jsonschema_description:"Name."`
	Email   string `yaml:"email" jsonschema:"default=liftgate@localhost" jsonschema_description:"Mail address that people may write to."`
	SignOff bool   `yaml:"sign_off" jsonschema_description:"Add a Signed-off-by line of the committer to the commits that Liftgate makes."`
	Sign    string `yaml:"sign" jsonschema:"enum=ssh,enum=openpgp" jsonschema_description:"Sign the commits that Liftgate makes, in this format. Empty means unsigned."`
	KeyFile string `yaml:"key_file" jsonschema_description:"File of the private key that signs, Ed25519 or RSA, without a passphrase: as ssh-keygen writes it, or gpg --export-secret-keys --armor."`
}

// Key reads the key that signs commits. It is nil where they are not to be signed.
func (c Committer) Key() (*signing.Key, error) {
	if c.Sign == "" {
		return nil, nil
	}
	key, err := SigningKey(c.KeyFile)
	if err == nil && string(key.Format()) != c.Sign {
		return nil, fmt.Errorf("read signing key: the key in %s is for sign: %s, and committer.sign is %s", c.KeyFile, key.Format(), c.Sign)
	}
	return key, err
}

// SigningKey reads a file with a private key of either format.
func SigningKey(file string) (*signing.Key, error) {
	text, err := readSecret("signing key", file)
	if err != nil {
		return nil, err
	}
	key, err := signing.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read signing key: %s: %w", file, err)
	}
	return key, nil
}

// validate refuses what git would leave out of a commit, or take for the end of a name.
func (c Committer) validate(d *document) {
	// Git drops these from both ends of a name: nothing may be left but them.
	if name := strings.Trim(c.Name, " .,:;\"'\\"); name == "" || name != c.Name || len(name) > maxIdentity || strings.ContainsFunc(name, breaksIdentity) {
		d.problem("committer.name", "want a name on one line, without < and >, that begins and ends with a letter or the like")
	}
	// Of all that mail takes for an address only the plain form is one for git: no name before it, no quotes, no spaces.
	address, err := mail.ParseAddress(c.Email)
	if err != nil || address.Address != c.Email || len(c.Email) > maxIdentity || strings.ContainsAny(c.Email, " \"'\\") ||
		strings.ContainsFunc(c.Email, breaksIdentity) {
		d.problem("committer.email", "want a mail address, such as security@example.org")
	}
	c.validateKey(d)
}

func (c Committer) validateKey(d *document) {
	switch {
	case c.Sign != "" && c.Sign != string(signing.SSH) && c.Sign != string(signing.OpenPGP):
		d.problem("committer.sign", "want ssh or openpgp")
	case c.Sign != "":
		validateFile(d, "committer.key_file", c.KeyFile)
	case c.KeyFile != "":
		d.problem("committer.key_file", "say what this key signs with: sign: ssh or sign: openpgp")
	}
}

func breaksIdentity(c rune) bool {
	return c == '<' || c == '>' || c == '\u2028' || c == '\u2029' || unicode.IsControl(c) || unicode.Is(unicode.Cf, c)
}
