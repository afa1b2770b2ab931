package signing

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// keys makes keys with the real programs, and lets git verify with them.
type keys struct {
	*testing.T
	dir string
	env []string
}

// program skips a test that needs a program which is not here.
func program(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		t.Skipf("%s is not installed", name)
	}
}

func newKeys(t *testing.T) keys {
	t.Helper()
	dir, err := os.MkdirTemp("", "lg") // short: the agent's socket lies in it
	if err != nil {
		t.Fatal(err)
	}
	k := keys{t, dir, append(os.Environ(), "GNUPGHOME="+dir, "HOME="+dir, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C", "SSH_AUTH_SOCK=")}
	t.Cleanup(func() {
		stop := exec.Command("gpgconf", "--kill", "all")
		stop.Env = k.env
		_ = stop.Run() // where gpg was not used, or is missing, nothing runs
		_ = os.RemoveAll(dir)
	})
	if err := os.WriteFile(filepath.Join(dir, "gpg-agent.conf"), []byte("s2k-count 65536\n"), 0o600); err != nil { // in no time
		t.Fatal(err)
	}
	k.run("git", "init", "-q", "--bare", "repo")
	return k
}

func (k keys) run(name string, args ...string) string {
	k.Helper()
	out, err := k.try("", name, args...)
	if err != nil {
		k.Fatalf("%s %v: %v\n%s", name, args, err, out)
	}
	return out
}

func (k keys) try(in, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(k.Context(), name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = k.dir, k.env, strings.NewReader(in)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// ssh makes a key with ssh-keygen.
func (k keys) ssh(passphrase string, kind ...string) []byte {
	k.Helper()
	file := filepath.Join(k.dir, "id")
	_, _ = os.Remove(file), os.Remove(file+".pub") // of the case before
	k.run("ssh-keygen", append([]string{"-q", "-a", "1", "-N", passphrase, "-C", "", "-f", file, "-t"}, kind...)...)
	return k.read("id")
}

// gpg makes a key with GnuPG, on the first of January 2020.
func (k keys) gpg(passphrase string, kind ...string) []byte {
	k.Helper()
	who := strings.Join(kind, "-") + "-" + passphrase + "@example.org"
	common := []string{"--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", passphrase, "--faked-system-time", "20200101T010000"}
	k.run("gpg", append(append(common, "--quick-generate-key", who), kind...)...)
	k.run("gpg", append(common, "--armor", "--output", "key.asc", "--export-secret-keys", who)...)
	return k.read("key.asc")
}

func (k keys) read(name string) []byte {
	k.Helper()
	text, err := os.ReadFile(filepath.Join(k.dir, name))
	if err != nil {
		k.Fatal(err)
	}
	return text
}

// body is a commit of a date.
func body(when time.Time) string {
	return fmt.Sprintf("tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\nauthor A <a@b> 1 +0000\ncommitter Bot <bot@example.org> %d +0000\n\nFix\n", when.Unix())
}

// verified has git verify a commit with a signature of the key, and a changed one that must not pass.
func (k keys) verified(key *Key, when time.Time, config ...string) {
	k.Helper()
	text := body(when)
	signature, err := key.Sign([]byte(text), when)
	if err != nil {
		k.Fatal(err)
	}
	again, err := key.Sign([]byte(text), when)
	if err != nil || again != signature {
		k.Errorf("a second signature differs: %v", err)
	}
	for change, good := range map[string]bool{"Fix": true, "Fox": false} {
		head, rest, _ := strings.Cut(text, "\n\n")
		signed := head + "\ngpgsig " + strings.ReplaceAll(strings.TrimSuffix(signature, "\n"), "\n", "\n ") + "\n\n" + strings.Replace(rest, "Fix", change, 1)
		sha, err := k.try(signed, "git", "-C", "repo", "hash-object", "-t", "commit", "-w", "--stdin")
		if err != nil {
			k.Fatal(sha, err)
		}
		out, err := k.try("", "git", append(append([]string{"-C", "repo"}, config...), "verify-commit", "--raw", strings.TrimSpace(sha))...)
		if (err == nil) != good {
			k.Errorf("%s: %v\n%s", change, err, out)
		}
	}
}

func TestSSHVerifies(t *testing.T) {
	program(t, "ssh-keygen")
	k := newKeys(t)
	for _, kind := range [][]string{{"ed25519"}, {"rsa", "-b", "2048"}, {"rsa", "-b", "2048", "-m", "PEM"}} {
		key, err := Parse(k.ssh("", kind...))
		if err != nil || key.Format() != SSH {
			t.Fatal(kind, key, err)
		}
		allowed := "bot@example.org namespaces=\"git\" " + string(k.read("id.pub"))
		if err := os.WriteFile(filepath.Join(k.dir, "allowed"), []byte(allowed), 0o600); err != nil {
			t.Fatal(err)
		}
		k.verified(key, time.Unix(1_700_000_000, 0), "-c", "gpg.format=ssh", "-c", "gpg.ssh.allowedSignersFile="+filepath.Join(k.dir, "allowed"))
		if printed := k.run("ssh-keygen", "-l", "-f", "id.pub"); !strings.Contains(printed, strings.TrimPrefix(key.String(), "ssh key ")) {
			t.Errorf("%s is not in %s", key, printed)
		}
	}
}

func TestOpenPGPVerifies(t *testing.T) {
	program(t, "gpg")
	for _, kind := range [][]string{{"ed25519", "sign", "0"}, {"rsa2048", "default", "0"}} {
		t.Run(kind[0], func(t *testing.T) {
			t.Parallel()
			k := newKeys(t)
			key, err := Parse(k.gpg("", kind...))
			if err != nil || key.Format() != OpenPGP {
				t.Fatal(key, err)
			}
			k.verified(key, time.Unix(1_700_000_000, 0))
			k.verified(key, time.Unix(1_500_000_000, 0)) // older than the key
			if _, err := key.Sign(nil, time.Unix(1<<33, 0)); err == nil {
				t.Error("a date beyond OpenPGP's")
			}
		})
	}
}

// The usual key of a machine: a part of a key that itself lies elsewhere.
func TestOpenPGPPart(t *testing.T) {
	program(t, "gpg")
	k := newKeys(t)
	k.gpg("", "ed25519", "cert", "0")
	who := "ed25519-cert-0-@example.org"
	listed := k.run("gpg", "--batch", "--with-colons", "--list-keys", who)
	_, rest, _ := strings.Cut(listed, "\nfpr:::::::::")
	fingerprint, _, _ := strings.Cut(rest, ":")
	common := []string{"--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase", ""}
	k.run("gpg", append(common, "--quick-add-key", fingerprint, "rsa2048", "sign", "0")...)
	k.run("gpg", append(common, "--quick-add-key", fingerprint, "cv25519", "encr", "0")...)
	k.run("gpg", append(common, "--armor", "--output", "part.asc", "--export-secret-subkeys", who)...)
	key, err := Parse(k.read("part.asc"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(key.String(), fingerprint) {
		t.Errorf("the part that signs is not %s", key)
	}
	k.verified(key, time.Unix(1_700_000_000, 0))
}

// The signature tells the commit's date, and a key that had expired by then makes none.
func TestOpenPGPDate(t *testing.T) {
	program(t, "gpg")
	k := newKeys(t)
	key, err := Parse(k.gpg("", "ed25519", "sign", "2021-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	when := time.Date(2020, 6, 1, 0, 0, 0, 0, time.UTC)
	signature, err := key.Sign([]byte("x"), when)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := k.try(signature, "gpg", "--list-packets")
	if err != nil || !strings.Contains(packets, fmt.Sprint("created ", when.Unix(), ",")) || strings.Contains(packets, "notation") {
		t.Error(packets, err)
	}
	if _, err := key.Sign([]byte("x"), when.AddDate(1, 0, 0)); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Error(err)
	}
}

func TestRefused(t *testing.T) {
	program(t, "ssh-keygen")
	program(t, "gpg")
	k := newKeys(t)
	certifies := k.gpg("", "ed25519", "cert", "0")
	for name, c := range map[string]struct {
		text []byte
		say  string
	}{
		"nothing":         {nil, "no private key"},
		"words":           {[]byte("canarycanary"), "no private key"},
		"ecdsa":           {k.ssh("", "ecdsa"), "ECDSA"},
		"locked":          {k.ssh("canary", "ed25519"), "passphrase"},
		"small":           {k.ssh("", "rsa", "-b", "1024"), "2048"},
		"public":          {k.read("id.pub"), "no private key"},
		"cut":             {k.ssh("", "ed25519")[:120], "OpenSSH"},
		"openpgp no part": {certifies, "no part that may sign"},
		"openpgp ecdsa":   {k.gpg("", "nistp256", "sign", "0"), "ECDSA"},
		"openpgp locked":  {k.gpg("canary", "ed25519", "sign", "0"), "passphrase"},
		"openpgp public":  {[]byte(k.run("gpg", "--batch", "--armor", "--export", "ed25519-cert-0-@example.org")), "want one private"},
		"openpgp cut":     {k.gpg("", "ed25519", "sign", "0")[:200], "want one private"},
	} {
		key, err := Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.say) {
			t.Errorf("%s: %v %v", name, key, err)
			continue
		}
		for line := range strings.Lines(string(c.text)) {
			if line = strings.TrimSpace(line); len(line) > 8 && strings.Contains(err.Error(), line) {
				t.Errorf("%s: the error holds a line of the key: %v", name, err)
			}
		}
	}
}

// Whatever prints a key, or what holds one, prints none of it.
func TestKeyPrintsAsItsFingerprint(t *testing.T) {
	program(t, "ssh-keygen")
	program(t, "gpg")
	k := newKeys(t)
	bytes := regexp.MustCompile(`(?:(?:\d+|0x\w\w),? ){3}|[A-Za-z0-9+/]{44}`) // in numbers, or text
	for _, text := range [][]byte{k.ssh("", "ed25519"), k.gpg("", "ed25519", "sign", "0")} {
		key, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
			for _, value := range []any{key, *key, struct{ K *Key }{key}, struct{ k Key }{*key}} {
				if got := fmt.Sprintf(verb, value); bytes.MatchString(got) {
					t.Errorf("%s %T: %q", verb, value, got)
				}
			}
		}
	}
}
