package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"time"
)

// tester is what the fake world needs of a test: testing.TB and rapid.T both have it.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
}

// world plays forge, git and store for one advisory: it turns effects into changes of what the next snapshot shows, and
// into outcomes. It is plain data, so that a test can copy it at any moment.
type world struct {
	t       tester
	now     time.Time
	a       Advisory
	project Project

	rules   Rules
	problem string // why the rules can't be read
	report  Report
	desk    Desk
	fixes   []FixView
	public  []Branch
	mirror  Mirror
	checks  map[string]CheckState // of commits; green CI when ci is set
	ci      bool
	perms   []Permission

	conflicts map[string]bool // branches whose backport conflicts
	drafts    map[string]bool // branches whose backport is a guess
	failing   map[string]bool // branches that no backport can be made for
	spared    map[string]bool // branches that may need no fix
	clash     map[string]bool // branches whose candidate conflicts
	applied   map[string]bool // branches that hold the fix already
	problems  []string        // what a probe finds
	landings  []Landing       // how the next pushes end; then they land
	trouble   func(Effect) *Trouble
	draftless bool // the forge's drafts can't be ended
	stopped   bool // effects stay pending

	queue     []Effect
	outcomes  []Outcome
	presses   []Command
	bounces   []Bounce
	deadlines []Deadline
	released  bool
	sequence  int

	last         Decision
	lines        []Line
	said         map[string]int
	status       string
	done         map[string]int // effects by kind, those that were done
	planned      []Target       // for backports, in the order of the plans
	publications int            // of the report, by Liftgate
	landed       [][]Move
	notices      []PublishNotice
	revisions    []ReviseNotice
	revision     NoticeResult // the newest of them
	unreleased   []string
	changed      string // what the published notice does not say
	advice       bool   // that changes what users should do
	advised      int    // revisions that did
	spoilt       string // why it can't be read
	mails        []Announce
	tags         []ReleaseTag
	taken        map[string]bool // tags that are there already
	records      []SubmitRecord
	rejections   []RejectRecord
	looks        []time.Time // at the public CVE record
	unseen       bool        // the world does not see it
	refuted      bool        // it was rejected
	decisions    int
}

var opened = time.Date(2026, 11, 10, 9, 0, 0, 0, time.UTC) // a Tuesday

func newWorld(t tester) *world {
	w := &world{
		t: t, now: opened, project: Project{Name: "p", Prefix: "LSN"}, ci: true,
		report: Report{Ref: "GHSA-1", State: ReportTriage, Reporter: "rep", Severity: "high", Summary: Embargoed("canary-summary"),
			Description: Embargoed("canary-description"), URL: "https://forge.example/r/1"},
		public: []Branch{{"main", sha("main")}, {"stable-2.0", sha("2.0")}, {"stable-1.1", sha("1.1")}, {"stable-1.0", sha("1.0")}, {"topic", sha("topic")}},
		perms:  []Permission{{"ada", "write"}, {"bob", "write"}, {"grace", "maintain"}, {"eve", "read"}},
		checks: map[string]CheckState{}, conflicts: map[string]bool{}, drafts: map[string]bool{}, failing: map[string]bool{}, spared: map[string]bool{},
		clash: map[string]bool{}, applied: map[string]bool{},
		said: map[string]int{}, done: map[string]int{},
	}
	w.rules = DefaultRules()
	w.rules.Main = "main"
	w.rules.Branches = []BranchRule{{Name: "stable-1.0", EOL: opened.Add(-Day)}, {Name: "stable-*"}}
	w.rules.People.Vendors = []string{"ven"}
	w.mirror.Branches = slices.Clone(w.public)
	w.a = Open("LSN-2026-0001", w.project, w.report, w.now)
	return w
}

// copy makes a world that goes its own way.
func (w *world) copy() *world {
	c := *w
	c.fixes, c.public, c.perms = slices.Clone(w.fixes), slices.Clone(w.public), slices.Clone(w.perms)
	c.mirror.Branches, c.mirror.Problems = slices.Clone(w.mirror.Branches), slices.Clone(w.mirror.Problems)
	c.desk.Commands, c.presses = slices.Clone(w.desk.Commands), slices.Clone(w.presses)
	c.bounces = slices.Clone(w.bounces)
	c.checks, c.conflicts, c.clash, c.applied = maps.Clone(w.checks), maps.Clone(w.conflicts), maps.Clone(w.clash), maps.Clone(w.applied)
	c.drafts, c.failing, c.spared = maps.Clone(w.drafts), maps.Clone(w.failing), maps.Clone(w.spared)
	c.said, c.done = maps.Clone(w.said), maps.Clone(w.done)
	c.queue, c.outcomes, c.deadlines = slices.Clone(w.queue), slices.Clone(w.outcomes), slices.Clone(w.deadlines)
	c.mails, c.tags, c.taken = slices.Clone(w.mails), slices.Clone(w.tags), maps.Clone(w.taken)
	c.revisions, c.unreleased = slices.Clone(w.revisions), slices.Clone(w.unreleased)
	c.records, c.looks = slices.Clone(w.records), slices.Clone(w.looks)
	c.planned, c.notices = slices.Clone(w.planned), slices.Clone(w.notices)
	c.lines, c.landed, c.problems = slices.Clone(w.lines), slices.Clone(w.landed), slices.Clone(w.problems)
	return &c
}

func sha(words ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(words, "\x00")))
	return hex.EncodeToString(sum[:])[:40]
}

func (w *world) input() Input {
	in := Input{Now: w.now, Project: w.project, Outcomes: slices.Clone(w.outcomes), Presses: slices.Clone(w.presses), Bounces: slices.Clone(w.bounces)}
	for _, e := range w.queue {
		in.Pending = append(in.Pending, e.Key)
	}
	in.Seen = Snapshot{
		Rules: w.rules, RulesProblem: w.problem, Report: w.report, Desk: w.desk, Fixes: slices.Clone(w.fixes),
		Public: slices.Clone(w.public), Mirror: w.mirror, Permissions: slices.Clone(w.perms),
	}
	if w.problem != "" {
		in.Seen.Rules = DefaultRules()
	}
	in.Seen.Desk.Commands = slices.Clone(w.desk.Commands)
	in.Seen.Mirror.Branches = slices.Clone(w.mirror.Branches)
	if w.a.Over() && w.a.Phase == Published && w.problem == "" {
		in.Seen.After = Aftermath{Known: true, Notice: w.revision, Unreleased: w.unreleased, Changed: w.changed, Problem: w.spoilt}
		in.Seen.After.Notice.Version = max(w.a.Notice.Version, w.revision.Version)
	}
	for _, s := range w.a.Look().Proofs {
		if state, known := w.checks[s]; known {
			in.Seen.Proofs = append(in.Seen.Proofs, Proof{SHA: s, Checks: []Check{{"build", state}}})
		}
	}
	return in
}

// decide takes one decision, checks it, and commits it as the store does.
func (w *world) decide() Decision {
	w.t.Helper()
	in := w.input()
	d := checkedDecide(w.t, w.a, in)
	w.decisions++
	w.outcomes, w.presses, w.bounces = nil, nil, nil
	w.commit(d)
	return d
}

func (w *world) commit(d Decision) {
	w.t.Helper()
	if d.Release {
		i := slices.IndexFunc(w.deadlines, func(l Deadline) bool { return l.Name == DeadlineLift })
		if w.released || i < 0 || w.deadlines[i].Due.After(w.now) {
			w.t.Fatalf("release at %v without a stored deadline that is due: %v", w.now, w.deadlines)
		}
		w.released = true
	}
	w.a, w.last, w.deadlines = d.Advisory, d, d.Deadlines
	w.lines = append(w.lines, d.Lines...)
	w.queue = append(w.queue, d.Effects...)
}

// turn is observe, decide, commit, perform. It reports whether another has something to do.
func (w *world) turn() bool {
	w.t.Helper()
	w.decide()
	if w.stopped {
		return false
	}
	queue := w.queue
	w.queue = nil
	for _, e := range queue {
		w.perform(e)
	}
	return len(queue) > 0
}

// settle turns until nothing is left to do now, and fails if that never comes.
func (w *world) settle() *world {
	w.t.Helper()
	for range 40 {
		if !w.turn() {
			return w
		}
	}
	w.t.Fatalf("no rest after 40 turns: %v", keysOf(w.last.Effects))
	return w
}

// until lets time pass, waking at each deadline on the way.
func (w *world) until(at time.Time) *world {
	w.t.Helper()
	for range 2000 {
		w.settle()
		next := at
		for _, d := range w.deadlines {
			if d.Due.After(w.now) && d.Due.Before(next) {
				next = d.Due
			}
		}
		if !next.After(w.now) {
			return w
		}
		w.now = next
	}
	w.t.Fatalf("too many wakes before %v", at)
	return w
}

func (w *world) pass(d time.Duration) *world { w.t.Helper(); return w.until(w.now.Add(d)) }

func keysOf(effects []Effect) []string {
	keys := make([]string, len(effects))
	for i, e := range effects {
		keys[i] = e.Key
	}
	return keys
}

// perform plays an effect.
func (w *world) perform(e Effect) {
	w.t.Helper()
	o := Outcome{Effect: e, At: w.now}
	if w.trouble != nil {
		o.Trouble = w.trouble(e)
	}
	if o.Trouble == nil && e.Public() {
		if _, err := w.a.Clear(w.now); err != nil {
			w.t.Fatalf("public effect %s: %v", e.Key, err)
		}
	}
	if o.Trouble == nil {
		w.done[e.Kind()]++
		w.play(e, &o)
	}
	w.outcomes = append(w.outcomes, o)
}

func (w *world) play(e Effect, o *Outcome) {
	switch do := e.Do.(type) {
	case OpenDesk:
		w.desk.Number, w.desk.Open, w.desk.Gone, o.Number = 1, true, false, 1
	case WriteStatus:
		w.status, o.Number = do.Body.Reveal(), 1000
	case Say:
		w.said[e.Key]++
		if w.said[e.Key] > 1 {
			w.t.Fatalf("%s was said twice", e.Key)
		}
	case CloseDesk:
		w.desk.Open = false
	case UpdateReport:
		w.report.State = ReportState(or(string(do.State), string(w.report.State)))
		w.report.CVE = or(do.CVE, w.report.CVE)
	case PublishReport:
		if w.report.State != ReportPublished { // else it adds a CVE number
			w.publications++
		}
		w.report.State, w.report.CVE = ReportPublished, or(w.report.CVE, do.CVE)
	case OpenFix:
		o.Number = int64(w.openFix("liftgate[bot]", do.Branch, do.HeadRef))
		w.fix(int(o.Number), func(f *FixView) { f.Draft = do.Draft && !w.draftless })
	case ReadyFix:
		w.fix(do.Fix, func(f *FixView) { f.Draft = false })
	case SetHold:
		w.fix(do.Fix, func(f *FixView) {
			f.Held, f.Released = f.Head == do.Head && !do.Released, f.Head == do.Head && do.Released
		})
	case CloseFix:
		w.fix(do.Fix, func(f *FixView) { f.Open = false })
	case ExplainFix:
		o.Number = int64(2000 + do.Fix)
	case PlanBackports:
		for _, target := range do.Targets {
			o.Backports = append(o.Backports, w.backport(do.Source, target))
		}
	case BuildCandidates:
		for _, part := range do.Parts {
			o.Candidates = append(o.Candidates, w.candidate(part))
		}
	case Land:
		o.Landing = w.land(do)
	case ResetMirror:
		setTip(&w.mirror.Branches, do.Branch, do.To)
	case DropRefs:
		for _, ref := range do.Refs {
			w.mirror.Branches = slices.DeleteFunc(w.mirror.Branches, func(b Branch) bool { return b == ref })
		}
	case DraftNotice:
		if _, exists := Tip(w.mirror.Branches, do.Ref); !exists {
			setTip(&w.mirror.Branches, do.Ref, sha("notice", do.Summary.Reveal()))
		}
	case PublishNotice:
		w.notices = append(w.notices, do)
		o.Notice.Commit = sha("published", do.Draft)
	case ReviseNotice:
		if w.changed != "" {
			w.revision = NoticeResult{Version: do.Version, Commit: sha("revised", w.changed), Reason: w.changed, Advised: w.revision.Advised, Why: w.revision.Why}
			if w.advice {
				w.revision.Advised, w.revision.Why = do.Version, w.changed
			}
		}
		o.Notice, w.changed = w.revision, ""
		w.revisions = append(w.revisions, do)
		if w.advice {
			w.advised++
		}
	case TagReleases:
		for _, tag := range do.Tags {
			o.Tags = append(o.Tags, TagResult{Branch: tag.Branch, Made: !w.taken[tag.Name], Hint: "it exists"})
			w.tags = append(w.tags, tag)
		}
	case Announce:
		w.mails = append(w.mails, do)
		o.Mailed = "<" + sha(do.List.Address) + ">"
	case SubmitRecord:
		w.records = append(w.records, do)
	case RejectRecord:
		w.rejections = append(w.rejections, do)
	case ReserveCVE:
		o.CVE = "CVE-2026-4321"
	case RequestCVE: // somebody reads it, some day
	case FollowRecord:
		w.looks = append(w.looks, w.now)
		if o.Record.Rejected = w.refuted; !w.unseen && !w.refuted {
			o.Record.Published = w.now
		}
	case StartChecks: // the world's CI sees everything by itself
	case Probe:
		o.Probe = ProbeResult{Checked: []string{"tokens"}, Risks: []string{"others can push"}, Problems: slices.Clone(w.problems)}
	default:
		w.t.Fatalf("no way to play %T", do)
	}
}

func (w *world) backport(source string, target Target) BackportResult {
	r := BackportResult{Branch: target.Branch, Note: "made from " + source}
	w.planned = append(w.planned, target)
	if target.Own != "" {
		return r
	}
	if w.failing[target.Branch] {
		r.Failed = "git failed"
		return r
	}
	if w.spared[target.Branch] {
		r.Spared = "what introduced the bug is missing"
	}
	if tip, _ := Tip(w.mirror.Branches, target.Ref); tip != target.Was {
		r.Edited = true
		return r
	}
	switch {
	case w.applied[target.Branch]:
		r.State, r.Unsure = PickApplied, w.spared[target.Branch]
		return r
	case w.conflicts[target.Branch]:
		r.State, r.Head, r.Files = PickConflict, sha("conflict", source, target.Onto), []string{"src/canary-path.c"}
	case w.drafts[target.Branch]:
		r.State, r.Head, r.Review = PickDraft, sha("draft", source, target.Onto), "it is a guess"
	default:
		r.State, r.Head = PickClean, sha("backport", source, target.Onto)
	}
	setTip(&w.mirror.Branches, target.Ref, r.Head)
	for i := range w.fixes {
		if w.fixes[i].HeadRef == target.Ref && w.fixes[i].Head != r.Head {
			w.fixes[i].Head, w.fixes[i].Held = r.Head, false
		}
	}
	return r
}

func (w *world) candidate(part Part) CandidateResult {
	switch {
	case w.clash[part.Branch]:
		return CandidateResult{Branch: part.Branch, State: PickConflict, Files: []string{"src/canary-path.c"}}
	case w.applied[part.Branch]:
		return CandidateResult{Branch: part.Branch, State: PickApplied}
	}
	head := sha("candidate", part.Fix, part.Tip)
	setTip(&w.mirror.Branches, part.Ref, head)
	if _, known := w.checks[head]; w.ci && !known {
		w.checks[head] = CheckPassed
	}
	return CandidateResult{Branch: part.Branch, State: PickClean, SHA: head}
}

func (w *world) land(do Land) Landing {
	if len(w.landings) > 0 {
		next := w.landings[0]
		w.landings = w.landings[1:]
		if next.State == LandHalf {
			for _, m := range do.Moves {
				if slices.Contains(next.Moved, m.Branch) {
					w.push(m.Branch, m.New)
				}
			}
		}
		if next.State != LandDone {
			return next
		}
	}
	for _, m := range do.Moves {
		if tip, _ := Tip(w.public, m.Branch); tip != m.Old {
			return Landing{State: LandDrifted}
		}
	}
	for _, m := range do.Moves {
		w.push(m.Branch, m.New)
	}
	w.landed = append(w.landed, do.Moves)
	return Landing{State: LandDone}
}

// push moves a public branch, and the mirror follows.
func (w *world) push(branch, to string) {
	setTip(&w.public, branch, to)
	setTip(&w.mirror.Branches, branch, to)
}

func setTip(branches *[]Branch, name, tip string) {
	for i := range *branches {
		if (*branches)[i].Name == name {
			(*branches)[i].Tip = tip
			return
		}
	}
	*branches = append(*branches, Branch{name, tip})
}

func (w *world) fix(number int, change func(*FixView)) {
	for i := range w.fixes {
		if w.fixes[i].Number == number {
			change(&w.fixes[i])
		}
	}
}

// openFix opens a fix at the head of its branch.
func (w *world) openFix(author, base, ref string) int {
	head, exists := Tip(w.mirror.Branches, ref)
	if !exists {
		head = sha("fix", base, ref)
		setTip(&w.mirror.Branches, ref, head)
	}
	number := 10 + len(w.fixes)
	w.fixes = append(w.fixes, FixView{Number: number, Base: base, HeadRef: ref, Head: head, Author: author, Open: true, Labels: []string{"bug"}})
	return number
}
