package backport

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/liftgate/liftgate/backport/signing"
	"github.com/liftgate/liftgate/backport/signing/signingtest"
)

// notary is a committer that signs with a key of ssh-keygen's, and what git needs to verify that.
type notary struct {
	Identity
	t       *testing.T
	allowed string
}

func newNotary(t *testing.T) notary {
	t.Helper()
	key, allowed := signingtest.Key(t, bot().Email)
	id := bot()
	id.Signer, id.SignOff = key, true
	return notary{id, t, allowed}
}

// signed reports whether git finds the notary's good signature, and that a signed commit has one sign-off.
func (n notary) signed(e *Embargoed, sha SHA) bool {
	n.t.Helper()
	git := &work{t: n.t, dir: e.dir}
	out, err := git.try("-c", "gpg.ssh.allowedSignersFile="+n.allowed, "verify-commit", string(sha))
	if err == nil && !strings.Contains(out, "Good \"git\" signature for "+bot().Email) {
		n.t.Errorf("git says %q", out)
	}
	c, readErr := e.Commit(n.t.Context(), sha)
	if readErr != nil {
		n.t.Fatal(readErr)
	}
	if got := strings.Count(c.Message.Reveal(), "Signed-off-by: Liftgate <bot@example.org>\n"); err == nil && got != 1 {
		n.t.Errorf("signed off %d times: %q", got, c.Message.Reveal())
	}
	return err == nil
}

// What is made is signed and signed off, the same each time; what people made is neither.
func TestSigned(t *testing.T) {
	w := twoBranches(t)
	stable, tip := w.sha("stable"), w.sha("main")
	w.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := w.commit("Fix\n")
	e, n := testStore(t, w), newNotary(t)
	p := Plan{Main: []SHA{fix}, Onto: stable, Message: Message{Record: true}, Committer: n.Identity}
	planned, err := e.Plan(t.Context(), p)
	if err != nil || planned.Result.Picked == nil {
		t.Fatal(planned, err)
	}
	made := planned.Result.Picked.Head
	if again, err := e.Plan(t.Context(), p); err != nil || again.Result.Picked.Head != made {
		t.Error("the same plan gave another commit", err)
	}
	if !n.signed(e, made) {
		t.Error("the backport is not signed")
	}
	candidate := func(c Candidate) SHA {
		t.Helper()
		c.Committer = n.Identity
		r, err := e.Candidate(t.Context(), c)
		if err != nil || r.Picked == nil {
			t.Fatal(r, err)
		}
		return r.Picked.Head
	}
	if got := candidate(Candidate{Commits: []SHA{fix}, Onto: tip}); got != fix {
		t.Error("a person's commit that can stay was remade")
	}
	if got := candidate(Candidate{Commits: []SHA{made}, Onto: stable}); got != made {
		t.Error("a backport that can stay was remade")
	}
	w.git("switch", "--quiet", "-c", "moved", string(stable))
	w.write("z.c", "z\n")
	moved := w.commit("meanwhile")
	if _, err := e.FetchFix(t.Context(), w.remote(), "refs/heads/moved"); err != nil {
		t.Fatal(err)
	}
	if got := candidate(Candidate{Commits: []SHA{made}, Onto: moved}); got == made || !n.signed(e, got) {
		t.Error("a remade candidate is not signed")
	}
}

// What shows a conflict is signed as all that is made here: a mirror may refuse what is not. Joined with its resolution it is
// signed anew, by a committer whom the signature names.
func TestSignedResolution(t *testing.T) {
	w := threeBranches(t)
	older := w.sha("older")
	fix := w.fixed("main", "20", "fixed 20")
	e, n := testStore(t, w), newNotary(t)
	r, err := e.Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: older, OntoName: "older", Committer: n.Identity})
	if err != nil || r.Conflict == nil {
		t.Fatal(r, err)
	}
	if !n.signed(e, r.Conflict.Head) {
		t.Error("a conflict is not signed")
	}
	if _, err := e.PushMirror(t.Context(), w.remote(), []RefUpdate{{Ref: "refs/heads/fix-older", New: r.Conflict.Head}}); err != nil {
		t.Fatal(err)
	}
	resolution := w.fixed("fix-older", "20", "fixed otherwise")
	if _, err := e.FetchFix(t.Context(), w.remote(), "refs/heads/fix-older"); err != nil {
		t.Fatal(err)
	}
	for name, by := range map[string]Identity{"Liftgate": n.Identity, "Carl Committer": bot()} {
		list, err := e.Resolved(t.Context(), older, []SHA{r.Conflict.Head, resolution}, by)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		c, err := e.Commit(t.Context(), list[0])
		if err != nil || !strings.HasPrefix(c.Committer.Reveal(), name+" <") {
			t.Error("committed by", c.Committer.Reveal(), err)
		}
		if n.signed(e, list[0]) != (by.Signer != nil) {
			t.Errorf("%s: signed or not, and should be the other", name)
		}
	}
}

// A commit of many, made where people merged the branch into their fix, is signed too.
func TestSignedSquash(t *testing.T) {
	w := twoBranches(t)
	tip := w.sha("main")
	w.git("switch", "--quiet", "-c", "fix", string(tip)+"^")
	w.write("b.c", "fixed\n")
	one := w.commit("Fix")
	w.git("merge", "--quiet", "--no-commit", "main")
	w.write("settled.c", "by hand\n")
	head := w.commit("Update")
	e, n := testStore(t, w), newNotary(t)
	r, err := e.Candidate(t.Context(), Candidate{Commits: []SHA{one}, Onto: tip, Head: head, Committer: n.Identity})
	if err != nil || r.Picked == nil || !r.Picked.Squashed {
		t.Fatal(r, err)
	}
	if !n.signed(e, r.Picked.Head) {
		t.Error("the squashed fix is not signed")
	}
}

func TestSignedOff(t *testing.T) {
	id := Identity{Name: "X.", Email: "x@y"}
	for off, cases := range map[bool]map[string]string{
		false: {"T": "T"},
		true: {
			"T":                             "T\n\nSigned-off-by: X <x@y>\n",
			"T\n\nSigned-off-by: X <x@y>\n": "T\n\nSigned-off-by: X <x@y>\n",
			"T\n\nSigned-off-by: X <x@y>\nReviewed-by: Z <z@y>\n":    "T\n\nSigned-off-by: X <x@y>\nReviewed-by: Z <z@y>\n",
			"T\n\nReviewed-by: Z <z@y>\n":                            "T\n\nReviewed-by: Z <z@y>\nSigned-off-by: X <x@y>\n",
			"T\n\nNot Signed-off-by: X <x@y>\n":                      "T\n\nNot Signed-off-by: X <x@y>\n\nSigned-off-by: X <x@y>\n",
			"Signed-off-by: is a line\n\nA trailer without an end\n": "Signed-off-by: is a line\n\nA trailer without an end\n\nSigned-off-by: X <x@y>\n",
		},
	} {
		id.SignOff = off
		for in, want := range cases {
			if got, err := id.signedOff(in); got != want || err != nil {
				t.Errorf("%q: %q %v, want %q", in, got, err, want)
			}
		}
	}
}

// A signer that can't sign makes no commit, and says so in words that may be shown.
func TestUnsigned(t *testing.T) {
	owner, err := openpgp.NewEntity("Liftgate", "", bot().Email, &packet.Config{Algorithm: packet.PubKeyAlgoEdDSA})
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	w, err := armor.Encode(&text, openpgp.PrivateKeyType, nil)
	if err == nil {
		err = errors.Join(owner.SerializePrivate(w, nil), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	key, err := signing.Parse(text.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	repo := twoBranches(t)
	repo.write("a.c", lines(40, "2", "main changed 2", "20", "fixed"))
	fix := repo.commit("Fix")
	id := bot()
	id.Signer, id.When = key, time.Unix(1<<33, 0) // beyond what OpenPGP can tell
	_, err = testStore(t, repo).Pick(t.Context(), Pick{Commits: []SHA{fix}, Onto: repo.sha("stable"), Committer: id})
	if KindOf(err) != ErrUnsigned {
		t.Error(err)
	}
}
