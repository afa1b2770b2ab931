package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/liftgate/liftgate/policy"
)

const canary = "CANARY-heap-overflow-in-parser"

// filled puts the canary into everything that may hold embargoed text.
func filled(t *testing.T, s *Store) string {
	t.Helper()
	words := policy.Embargoed(canary)
	a, _, err := s.Intake(t.Context(), testProject, policy.Report{Ref: "GHSA-1", Reporter: "rita", Summary: words, Description: words}, testStart)
	if err != nil {
		t.Fatal(err)
	}
	id := a.ID
	commit(t, s, id, func(turn *Turn) {
		cell := policy.Cell{Branch: "main", Why: words, Fix: policy.Fix{HeadRef: canary, Head: "aaaa"}}
		cell.Candidate.Files = []policy.Text{words}
		turn.Decision.Advisory.Cells = []policy.Cell{cell}
		turn.Decision.Lines = []policy.Line{{At: testStart, By: "tom", What: "accepted", Why: words}}
		for _, key := range []string{"say/1", "say/2"} {
			turn.Decision.Effects = append(turn.Decision.Effects, policy.Effect{Key: key, Advisory: id, Do: policy.Say{Body: words}})
		}
	})
	c, _ := claim(t, s, id, testStart)
	if err := s.Finish(t.Context(), c, policy.Outcome{Backports: []policy.BackportResult{{Files: []string{canary}, Note: canary}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Ring(t.Context(), policy.Doorbell{Forge: "github", Delivery: "d1", At: testStart,
		Object: policy.Object{Kind: policy.ObjectBranch, Name: canary},
		Press:  &policy.Press{Actor: "mia", Button: policy.ButtonLift, Head: "aaaa"}}); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestNothingEmbargoedRestsInTheClear(t *testing.T) {
	path := filepath.Join(t.TempDir(), "liftgate.db")
	s := openWith(t, "sqlite:"+path, testKeys(t))()
	filled(t, s)
	files, err := filepath.Glob(path + "*") // the WAL too
	if err != nil || len(files) < 2 {
		t.Fatalf("files = %v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte(canary)) || bytes.Contains(b, []byte("CANARY")) {
			t.Errorf("%s holds embargoed text in the clear", filepath.Base(f))
		}
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", filepath.Base(f), info.Mode(), err)
		}
	}
}

func TestNothingEmbargoedRestsInTheClearOnPostgres(t *testing.T) {
	s := openWith(t, postgresURL(t), testKeys(t))()
	filled(t, s)
	for _, table := range []string{"advisories", "history", "effects", "doorbells", "deadlines"} {
		rows, err := collect(t.Context(), s.read, one[string], fmt.Sprintf("SELECT t::text FROM %s t", table))
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(rows, "\n")
		if hex := fmt.Sprintf("%x", canary); strings.Contains(all, canary) || strings.Contains(all, hex) {
			t.Errorf("%s holds embargoed text in the clear", table)
		}
	}
}

func TestAValueOpensOnlyInItsPlace(t *testing.T) {
	var id string
	fresh := copies(t, func(s *Store) {
		id = filled(t, s)
		begin(t, s, "GHSA-2")
	})
	for name, swap := range map[string]string{
		"state of another advisory": `UPDATE advisories SET state = (SELECT state FROM advisories WHERE id = 'LSN-2026-0002') WHERE id = 'LSN-2026-0001'`,
		"another column":            `UPDATE advisories SET state = tail WHERE id = 'LSN-2026-0001'`,
		"payload of another effect": `UPDATE effects SET payload = (SELECT payload FROM effects WHERE key = 'say/2') WHERE key = 'say/1'`,
		"outcome for payload":       `UPDATE effects SET payload = outcome WHERE key = 'say/1'`,
		"body of another doorbell":  `UPDATE doorbells SET id = id + 1`,
		"a flipped bit":             `UPDATE advisories SET state = zeroblob(100) WHERE id = 'LSN-2026-0001'`,
	} {
		t.Run(name, func(t *testing.T) {
			s := fresh(t)
			if _, err := s.write.Exec(swap); err != nil {
				t.Fatal(err)
			}
			_, err := s.Load(t.Context(), id)
			if err == nil || !strings.Contains(err.Error(), "moved here from elsewhere") || strings.Contains(err.Error(), canary) {
				t.Errorf("load = %v", err)
			}
		})
	}
}

func TestOpenRefusesOtherKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, open opener) {
		s := open()
		_, err := Open(t.Context(), Options{URL: s.url, Keys: testKeys(t), Now: s.now})
		if err == nil || !strings.Contains(err.Error(), "restore the keyset it was made with") {
			t.Errorf("open with other keys = %v", err)
		}
	})
}

func TestResealMovesEverythingToTheNewKey(t *testing.T) {
	dir := t.TempDir()
	keyset, identity := filepath.Join(dir, "keyset"), filepath.Join(dir, "identity")
	old, err := LoadKeys(keyset, identity, true)
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range []string{sqliteURL(t), "postgres"} {
		t.Run(strings.SplitN(url, ":", 2)[0], func(t *testing.T) {
			if url == "postgres" {
				url = postgresURL(t)
			}
			s := openWith(t, url, old)()
			id := filled(t, s)
			rotated, err := RotateKeys(keyset, identity)
			if err != nil {
				t.Fatal(err)
			}
			s = openWith(t, url, rotated)()
			if v, err := s.VerifyHistory(t.Context()); err != nil || v.Lines != 2 {
				t.Errorf("history after the rotation = %+v, %v", v, err)
			}
			n, err := s.Reseal(t.Context())
			if err != nil || n != 9 { // a seal, a state, a tail, 2 lines, 2 payloads, an outcome, a doorbell
				t.Fatalf("resealed %d, %v", n, err)
			}
			s.keys = primaryOnly(t, rotated)
			if l := load(t, s, id); l.Advisory.Cells[0].Why.Reveal() != canary || len(l.Outcomes) != 1 || len(l.Presses) != 1 {
				t.Errorf("loaded with the new key only = %+v", l)
			}
			if _, err := s.VerifyHistory(t.Context()); err != nil {
				t.Errorf("history with the new key only = %v", err)
			}
		})
	}
}
