package drill

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// inspect fails with the invariants that do not hold. Deep, it also reads every object and every row for embargoed words:
// those stay where they are, so that not each step needs it.
func (r *rig) inspect(deep bool) {
	r.t.Helper()
	if deep {
		r.inspectSecrets()
	}
	r.inspectDesks()
	r.inspectHistory()
	r.mu.Lock()
	trouble := slices.Clone(r.trouble)
	r.mu.Unlock()
	if len(trouble) > 0 {
		r.fail(strings.Join(trouble, "\n"))
	}
}

func (r *rig) fail(why string) {
	r.t.Helper()
	r.t.Fatalf("%s\n\nWhat happened:\n%s\n\nWhere it stands:\n%s\n\nThe log's end:\n%s", why, r.told(), r.standing(), r.logged.tail(2500))
}

// inspectSecrets looks for embargoed words in every place where they must not be (invariants 1 and 8).
func (r *rig) inspectSecrets() {
	r.hasNone("the log", []byte(r.logged.fresh()), func(int) bool { return true })
	secret := func(n int) bool { return !r.allowed(func(l *ledger) bool { return l.landed[n] }) }
	r.hasNone("the public repository", r.objects(r.Public.Dir), secret)
	stores := filepath.Join(r.Dir, "data", "git")
	r.hasNone("the server's public store", r.objects(filepath.Join(stores, "public", r.Public.FullName+".git")), secret)
	for _, c := range r.cases {
		if c.id == "" {
			continue
		}
		own := filepath.Join(stores, "embargoed", r.Public.FullName, c.id+".git")
		r.hasNone("the store of "+c.id, r.objects(own), func(n int) bool { return n != c.n && secret(n) })
	}
	_ = filepath.WalkDir(filepath.Join(r.Dir, "data"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.Contains(d.Name(), "liftgate.db") {
			content, err := os.ReadFile(path)
			if err == nil {
				r.hasNone("the database", content, func(int) bool { return true })
			}
		}
		return nil // a file that has just gone holds nothing
	})
}

// hasNone looks for the words of each case that matters. What is found is looked at again: a lift may be under way.
func (r *rig) hasNone(where string, content []byte, matters func(n int) bool) {
	for _, c := range r.cases {
		at := bytes.Index(content, []byte(c.token))
		for tries := 0; at >= 0 && matters(c.n); tries++ {
			if tries == 20 {
				r.violate("1: %s holds embargoed words of %s: %q", where, c.id, content[max(0, at-150):min(len(content), at+60)])
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
}

// objects is everything in a bare repository, reachable or not, with what it borrows.
func (r *rig) objects(dir string) []byte {
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	out, err := r.inRepo(dir, "cat-file", "--batch-all-objects", "--unordered", "--batch")
	if err != nil && r.ctx.Err() == nil {
		r.note("   objects of %s: %v", dir, err)
	}
	return []byte(out)
}

var marker = regexp.MustCompile(`<!-- liftgate:[^ ]* -->`)

// inspectDesks looks for anything that was done twice (invariant 6).
func (r *rig) inspectDesks() {
	p := r.as(maintainer)
	numbers, titles, err := p.desks(r.ctx)
	if err != nil {
		r.violate("list desks: %v", err)
		return
	}
	for i, title := range titles {
		if slices.Contains(titles[:i], title) {
			r.violate("6: %s has two desks", title)
		}
		seen := map[string]bool{}
		said, err := p.comments(r.ctx, numbers[i])
		if err != nil {
			r.violate("list comments: %v", err)
			return
		}
		for _, c := range said {
			if !c.Ours {
				continue
			}
			mark := marker.FindString(c.Body)
			if strings.Contains(mark, "liftgate:status") {
				mark = "status"
			}
			if seen[mark] {
				r.violate("6: a comment was written twice at the desk of %s: %s", title, mark)
			}
			seen[mark] = true
		}
	}
	all, err := p.fixes(r.ctx)
	open := map[string]bool{}
	for _, f := range all {
		key := f.Ref + " for " + f.Base
		if f.Open && open[key] {
			r.violate("6: two fixes are open: %s", key)
		}
		open[key] = open[key] || f.Open
	}
	if err != nil {
		r.violate("list fixes: %v", err)
	}
}

// inspectHistory compares the state with what the history says of it (invariant 7), and both with the clock (4).
func (r *rig) inspectHistory() {
	if r.Store == nil {
		return
	}
	if _, err := r.Store.VerifyHistory(r.ctx); err != nil {
		r.violate("7: %v", err)
	}
	for _, c := range r.cases {
		a, ok := r.state(c)
		if !ok {
			continue
		}
		entries, err := r.Store.History(r.ctx, c.id)
		if err != nil {
			r.violate("7: read the history: %v", err)
			continue
		}
		said := map[string]string{} // what, and all reasons together
		for _, e := range entries {
			said[e.What] += e.Why.Reveal() + "\n"
			if e.By == ci && e.What != "refused" {
				r.violate("an outsider did something: %s", e.What)
			}
		}
		for what, reason := range r.expectedLines(a) {
			if words, there := said[what]; !there || !strings.Contains(words, reason) {
				r.violate("7: no line of %s says %q %q; phase %s", c.id, what, reason, a.Phase)
			}
		}
		r.inspectClock(c, a, said)
		r.inspectHints(c, a)
	}
}

func (r *rig) expectedLines(a policy.Advisory) map[string]string {
	want := map[string]string{"opened the desk": ""}
	if a.DeskNumber == 0 || a.Opened.IsZero() {
		delete(want, "opened the desk")
	}
	if a.Phase == policy.Rejected {
		want["rejected"] = ""
	} else if a.Phase != policy.Reported {
		want["accepted"] = ""
	}
	if a.CVE != "" {
		want["recorded the CVE"] = a.CVE
	}
	if by := a.Lift.HeldBy; by != "" && by != policy.By {
		want["stopped the lift"] = ""
	}
	for _, cell := range a.Cells {
		switch {
		case cell.State == policy.Waived:
			want["waived"] = cell.Branch
		case cell.State == policy.NotAffected && cell.By != policy.By:
			want["not affected"] = cell.Branch
		case cell.Candidate.SHA != "":
			want["built a candidate"] = cell.Candidate.SHA[:12]
		}
		if cell.Landed != "" {
			want["landed"] = cell.Landed[:12]
		}
	}
	if a.Lift.Gate != policy.GateHeld {
		want["lift committed"] = ""
	}
	if !a.Lift.Published.IsZero() {
		want["published"] = ""
	}
	return want
}

func (r *rig) inspectClock(c *incident, a policy.Advisory, said map[string]string) {
	if a.Lift.Committed.IsZero() {
		return
	}
	end := a.Embargo.ExitedAt
	if end.IsZero() || a.Lift.Committed.Before(end) {
		r.violate("4: the lift of %s began at %s, and its embargo ended at %s", c.id, a.Lift.Committed, end)
	}
	for _, once := range []string{"lift committed", "landed", "published"} {
		if strings.Count(said[once], "\n") > 1 && !(once == "published" && a.Embargo.IsPublic()) {
			r.violate("4: %s was %s more than once", c.id, once)
		}
	}
}

// inspectHints looks for embargoed words in what is meant to be shown and logged.
func (r *rig) inspectHints(c *incident, a policy.Advisory) {
	words := append([]string{a.Lift.Stuck}, a.Lift.Rehearsal.Problems...)
	for _, s := range a.Setbacks {
		words = append(words, s.Key, s.Hint)
	}
	for _, cell := range a.Cells {
		words = append(words, cell.Backport.Failed, cell.Candidate.Proof)
	}
	if all := strings.Join(words, "\n"); strings.Contains(all, canaryWord) {
		r.violate("1: a hint of %s holds embargoed words: %s", c.id, all)
	}
}

// inspectEnd looks at the whole once everything is over.
func (r *rig) inspectEnd() {
	r.inspect(true)
	for _, c := range r.cases {
		a, ok := r.state(c)
		if !ok || !a.Over() {
			r.fail(fmt.Sprintf("4: %s was put in order and never ended", c.id))
		}
		r.mu.Lock()
		n := r.ledger.published[c.n]
		r.mu.Unlock()
		want := 1
		if a.Phase == policy.Rejected {
			want = 0
		}
		if n != want && !a.Embargo.IsPublic() {
			r.fail(fmt.Sprintf("6: %s, %s, was published %d times", c.id, a.Phase, n))
		}
	}
	if words := r.metrics(); strings.Contains(words, canaryWord) {
		r.fail("1: the metrics hold embargoed words")
	}
}

// metrics is what the server tells anybody who asks.
func (r *rig) metrics() string {
	resp, err := http.Get("http://" + r.address + "/metrics")
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	words, _ := io.ReadAll(resp.Body) // cut words are looked at as they are
	return string(words)
}

// standing is where every case stands, for a failure's text.
func (r *rig) standing() string {
	var b strings.Builder
	for _, c := range r.cases {
		a, ok := r.state(c)
		if !ok {
			fmt.Fprintf(&b, "%s: not readable\n", c.ref)
			continue
		}
		loaded, _ := r.Store.Load(r.ctx, c.id) // it was readable a moment ago
		fmt.Fprintf(&b, "%s: %s, gate %s, embargo %s to %s exited %s, now %s, held by %q, stuck %q, over %t\n  pending %v\n  setbacks %+v\n  rehearsal %+v\n",
			c.id, a.Phase, a.Lift.Gate, a.Embargo.Start.Format(time.RFC3339), a.Embargo.End.Format(time.RFC3339),
			a.Embargo.ExitedAt.Format(time.RFC3339), r.Clock.Now().Format(time.RFC3339), a.Lift.HeldBy, a.Lift.Stuck, a.Over(),
			loaded.Pending, a.Setbacks, a.Lift.Rehearsal)
		for _, cell := range a.Cells {
			fmt.Fprintf(&b, "  %s: %s fix #%d head %s closed %t merged %t wants %q; backport %s %q; candidate %s %s proof %q; landed %s\n", cell.Branch, cell.State,
				cell.Fix.Number, short(cell.Fix.Head), cell.Fix.Closed, cell.Fix.Merged, cell.Fix.Wanting, cell.Backport.State, cell.Backport.Failed,
				cell.Candidate.State, short(cell.Candidate.SHA), cell.Candidate.Proof, short(cell.Landed))
		}
		fmt.Fprintf(&b, "  waits for: %s\n", strings.Join(a.Waiting, "; "))
	}
	fmt.Fprintf(&b, "public %v\nmirror %v\n", r.tips(r.Public.Dir), r.tips(r.Mirror.Dir))
	return b.String()
}
