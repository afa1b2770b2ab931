package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/liftgate/liftgate/policy"
)

// written makes two advisories with a history of five lines each.
func written(t *testing.T, s *Store) (string, string) {
	t.Helper()
	var ids []string
	for _, ref := range []string{"GHSA-1", "GHSA-2"} {
		id := begin(t, s, ref).ID
		for i := range 2 {
			commit(t, s, id, func(turn *Turn) {
				turn.Decision.Lines = []policy.Line{
					{At: testStart.Add(time.Duration(i) * time.Hour), By: "tom", What: "said", Why: policy.Embargoed(fmt.Sprint("a", i))},
					{At: testStart.Add(time.Duration(i) * time.Hour), By: "mia", What: "said", Why: policy.Embargoed(fmt.Sprint("b", i))},
				}
			})
		}
		ids = append(ids, id)
	}
	return ids[0], ids[1]
}

func TestVerifyNamesTheFirstBrokenLine(t *testing.T) {
	fresh := copies(t, func(s *Store) { written(t, s) })
	for _, c := range []struct {
		name   string
		tamper []string
		want   string // "" when it must still verify
	}{
		{"nothing", nil, ""},
		{"who", []string{`UPDATE history SET by_whom = 'eve' WHERE advisory = 'LSN-2026-0001' AND seq = 3`}, "LSN-2026-0001 line 3: altered"},
		{"what", []string{`UPDATE history SET what = 'x' WHERE advisory = 'LSN-2026-0002' AND seq = 1`}, "LSN-2026-0002 line 1: altered"},
		{"when", []string{`UPDATE history SET at = at + 1 WHERE advisory = 'LSN-2026-0001' AND seq = 5`}, "LSN-2026-0001 line 5: altered"},
		{"why, from another line", []string{`UPDATE history SET why = (SELECT why FROM history WHERE advisory = 'LSN-2026-0001' AND seq = 3)
			WHERE advisory = 'LSN-2026-0001' AND seq = 2`}, "LSN-2026-0001 line 2: its words do not open"},
		{"a line removed", []string{`DELETE FROM history WHERE advisory = 'LSN-2026-0001' AND seq = 2`}, "LSN-2026-0001 line 2: missing"},
		{"a line removed and the rest moved up", []string{
			`DELETE FROM history WHERE advisory = 'LSN-2026-0001' AND seq = 4`,
			`UPDATE history SET seq = 4, prev = (SELECT hash FROM history WHERE advisory = 'LSN-2026-0001' AND seq = 3)
				WHERE advisory = 'LSN-2026-0001' AND seq = 5`}, "LSN-2026-0001 line 4: its words do not open"},
		{"the tail removed", []string{`DELETE FROM history WHERE advisory = 'LSN-2026-0001' AND seq >= 4`},
			"LSN-2026-0001 line 4: the history ends at line 3, the advisory at line 5"},
		{"the whole history removed", []string{`DELETE FROM history WHERE advisory = 'LSN-2026-0001'`},
			"LSN-2026-0001 line 1: the history ends at line 0"},
		{"two lines exchanged", []string{
			`UPDATE history SET seq = 100 WHERE advisory = 'LSN-2026-0001' AND seq = 2`,
			`UPDATE history SET seq = 2 WHERE advisory = 'LSN-2026-0001' AND seq = 3`,
			`UPDATE history SET seq = 3 WHERE advisory = 'LSN-2026-0001' AND seq = 100`}, "LSN-2026-0001 line 2: does not follow"},
		{"the mark of the end taken from another advisory", []string{
			`UPDATE advisories SET tail = (SELECT tail FROM advisories WHERE id = 'LSN-2026-0002') WHERE id = 'LSN-2026-0001'`},
			"LSN-2026-0001: the mark of its last line does not open"},
		{"an advisory removed", []string{
			`DELETE FROM history WHERE advisory = 'LSN-2026-0001'`, `DELETE FROM advisories WHERE id = 'LSN-2026-0001'`},
			"LSN-2026-0001: the advisory is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := fresh(t)
			for _, q := range c.tamper {
				if _, err := s.write.Exec(q); err != nil {
					t.Fatal(err)
				}
			}
			v, err := s.VerifyHistory(t.Context())
			broken, ok := errors.AsType[*Broken](err)
			switch {
			case c.want == "" && (err != nil || v != Verified{2, 10}):
				t.Errorf("verify = %+v, %v", v, err)
			case c.want != "" && (!ok || !strings.HasPrefix(broken.Error(), c.want)):
				t.Errorf("verify = %v, want %q", err, c.want)
			}
		})
	}
}

func TestVerifyOnBoth(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		id, _ := written(t, s)
		if v, err := s.VerifyHistory(t.Context()); err != nil || (v != Verified{2, 10}) {
			t.Fatalf("verify = %+v, %v", v, err)
		}
		if _, err := s.write.Exec(`UPDATE history SET by_whom = 'eve' WHERE advisory = $1 AND seq = 3`, id); err != nil {
			t.Fatal(err)
		}
		if _, err := s.VerifyHistory(t.Context()); err == nil || !strings.HasPrefix(err.Error(), id+" line 3:") {
			t.Errorf("verify = %v", err)
		}
	})
}

// Whoever reads the database knows everything of a line but its salt and words; a right guess must not be confirmed.
func TestHashDoesNotConfirmAGuess(t *testing.T) {
	s := openWith(t, sqliteURL(t), testKeys(t))()
	id := begin(t, s, "GHSA-1").ID
	same := policy.Line{At: testStart, By: "tom", What: "said", Why: policy.Embargoed("heap overflow")}
	first, _, err := s.chain(id, tail{}, []policy.Line{same})
	if err != nil {
		t.Fatal(err)
	}
	second, _, err := s.chain(id, tail{}, []policy.Line{same})
	if err != nil {
		t.Fatal(err)
	}
	if first[0].Hash == second[0].Hash {
		t.Error("the same words hash alike, so they can be guessed")
	}
}

// The hashed form must tell any two lines apart: moving a byte from one field to the next is another line.
func TestHashTellsLinesApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt := make([]byte, saltSize)
		draw := func(name string) Entry {
			word := rapid.StringOfN(rapid.RuneFrom([]rune("ab|\x00")), 0, 3, -1)
			e := Entry{Seq: int64(rapid.IntRange(1, 2).Draw(t, name+" seq")), Prev: word.Draw(t, name+" prev")}
			e.At = instant(int64(rapid.IntRange(0, 1).Draw(t, name+" at")))
			e.By, e.What = word.Draw(t, name+" by"), word.Draw(t, name+" what")
			e.Why = policy.Embargoed(word.Draw(t, name+" why"))
			return e
		}
		a, b := draw("a"), draw("b")
		if equal, hashes := a == b, hashLine("X", a, salt) == hashLine("X", b, salt); equal != hashes {
			t.Fatalf("equal %v, same hash %v", equal, hashes)
		}
	})
}

// The encoding must never change under its name: histories that were written years ago are checked with it.
func TestHashStaysAsItIs(t *testing.T) {
	e := Entry{Seq: 7, Prev: "00ff", Line: policy.Line{At: testStart, By: "tom", What: "accepted", Why: policy.Embargoed("because")}}
	const want = "4c9288fd0b108578508fa9414e561532c1b37f7e0173bc758c1025c18e5dbe06"
	if got := hashLine("LSN-2026-0001", e, []byte("0123456789abcdef0123456789abcdef")); got != want {
		t.Errorf("hash = %s, want %s", got, want)
	}
}
