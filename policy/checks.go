package policy

// How the keys of started checks begin.
const (
	checksKey       = "checks"
	publicChecksKey = "public-checks"
)

// planChecks sees to it that the mirror's CI looks at every candidate: a forge may start it for a few branches of one push
// only.
func (t *turn) planChecks() {
	if t.pending("candidates") {
		return
	}
	var candidates []Branch
	for _, c := range t.a.Cells {
		if c.Candidate.State == PickClean && c.Landed == "" && c.State.NeedsFix() {
			candidates = append(candidates, Branch{Name: CandidateRef(t.a.ID, c.Branch), Tip: c.Candidate.SHA})
		}
	}
	t.startChecks(checksKey, StartChecks{Branches: candidates})
}

// planPublicChecks does the same in public for what has landed.
func (t *turn) planPublicChecks() {
	var landed []Branch
	for _, c := range t.a.Cells {
		if c.Landed != "" {
			landed = append(landed, Branch{Name: c.Branch, Tip: c.Landed})
		}
	}
	t.startChecks(publicChecksKey, StartChecks{Public: true, Branches: landed})
}

// startChecks asks for the same branches at the same commits once: their checks may have ended long ago.
func (t *turn) startChecks(prefix string, do StartChecks) {
	key := prefix + "/" + digestBranches(do.Branches)
	do.Since = t.now
	if len(do.Branches) > 0 && !t.noted(key) {
		t.ask(key, do)
	}
}
