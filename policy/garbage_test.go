package policy

import (
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"
)

// playGarbage fills a state and an input with values of the right types and no sense, decides, and decides again until
// nothing more is asked for: it must not panic, must not break what is checked of every decision, and must come to rest.
func playGarbage(t *rapid.T) {
	var a Advisory
	var in Input
	fillInto(t, &a)
	fillInto(t, &in)
	a.ID, a.Applied = "LSN-2026-0001", slices.Compact(slices.Sorted(slices.Values(a.Applied)))
	if a.Embargo.End.IsZero() {
		a.Embargo.End = opened // an embargo that began has an end; its own tests see to that
	}
	if in.Now.IsZero() {
		in.Now = opened
	}
	a.Unsaid = nil // made by Decide only, which escapes it
	comeToRest(t, a, in)
}

// comeToRest decides until nothing more is asked for while the world stays as it is.
func comeToRest(t *rapid.T, a Advisory, in Input) {
	var d Decision
	for range 6 {
		d = checkedDecide(t, a, in)
		if len(d.Effects) == 0 && dump(d.Advisory) == dump(a) {
			return
		}
		a = d.Advisory
		in.Outcomes = nil
		in.Pending = append(in.Pending, keysOf(d.Effects)...)
	}
	if len(d.Effects) > 0 || len(d.Lines) > 0 {
		t.Fatalf("an unchanged world gives no rest: %v, %s", keysOf(d.Effects), dump(d.Lines))
	}
}

// playMutant takes a sane case near its end and breaks a few facts of it: unlike pure garbage, it is often about to lift.
func playMutant(t *rapid.T, rest []*world) {
	w := rapid.SampledFrom(rest).Draw(t, "stage")
	a, in := w.a, w.input()
	deepen(reflect.ValueOf(&a).Elem())
	deepen(reflect.ValueOf(&in).Elem())
	if end := a.Embargo.End; rapid.Bool().Draw(t, "at the end") && end.After(in.Now) {
		in.Now = end
	}
	facts := leaves(reflect.ValueOf(&in.Seen).Elem(), nil)
	facts = append(facts, leaves(reflect.ValueOf(&a.Cells).Elem(), nil)...)
	facts = append(facts, leaves(reflect.ValueOf(&a.Lift).Elem(), nil)...)
	for range rapid.IntRange(0, 3).Draw(t, "broken") {
		fill(t, rapid.SampledFrom(facts).Draw(t, "fact"))
	}
	comeToRest(t, a, in)
}

// deepen gives a copy slices of its own, so that breaking it breaks nothing else.
func deepen(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				deepen(v.Field(i))
			}
		}
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		v.Set(own)
		for i := range v.Len() {
			deepen(v.Index(i))
		}
	}
}

// leaves lists everything in a value that can be broken on its own.
func leaves(v reflect.Value, found []reflect.Value) []reflect.Value {
	switch {
	case v.Type() == reflect.TypeFor[time.Time](), v.Type() == reflect.TypeFor[Text]():
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			found = leaves(v.Field(i), found)
		}
		return found
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			found = leaves(v.Index(i), found)
		}
	}
	return append(found, v)
}

var garbageWords = map[reflect.Type][]string{
	reflect.TypeFor[Phase]():        {"reported", "triaged", "fixing", "ready", "lifting", "published", "rejected"},
	reflect.TypeFor[Gate]():         {"held", "lifting", "landed", "done"},
	reflect.TypeFor[CellState]():    {"unknown", "affected", "not affected", "end of life", "waived"},
	reflect.TypeFor[PickState]():    {"", "clean", "already applied", "conflict"},
	reflect.TypeFor[LandState]():    {"", "landed", "drifted", "forbidden"},
	reflect.TypeFor[ReportState]():  {"", "triage", "draft", "published", "closed"},
	reflect.TypeFor[CheckState]():   {"pending", "passed", "failed"},
	reflect.TypeFor[TroubleKind]():  {"refused", "invalid", "conflict", "unknown"},
	reflect.TypeFor[ExitCause]():    {"", "expired", "public", "ended early"},
	reflect.TypeFor[EmbargoState](): {"none"},
	reflect.TypeFor[TagState]():     {"", "made", "refused"},
	reflect.TypeFor[MailState]():    {"sent", "unknown", "bounced", "to be sent again"},
	reflect.TypeFor[Verb](): {"accept", "reject", "public", "severity", "affects", "not-affected", "waive", "embargo", "agree", "decline", "cve", "fix",
		"backport", "rehearse", "lift", "hold", "resume", "release", "announce", "settle", "help", "?", ""},
	reflect.TypeFor[string](): {"", "main", "stable-1.1", "stable-2.0", "stable-*", sha("1"), sha("2"), sha("3"), OweRecord, "ada", "bob", "grace", "write", "maintain",
		BackportRef("LSN-2026-0001", "stable-1.1"), FixRef("LSN-2026-0001"), NoticeRef("LSN-2026-0001"), CandidateRef("LSN-2026-0001", "main"), "CVE-2026-12345", "label", "build"},
}

var garbageActions = []Action{
	OpenDesk{}, WriteStatus{}, Say{}, CloseDesk{}, UpdateReport{}, PublishReport{}, OpenFix{}, ReadyFix{}, SetHold{}, CloseFix{}, PlanBackports{}, ExplainFix{}, BuildCandidates{},
	Land{}, ResetMirror{}, DropRefs{}, StartChecks{}, Probe{}, DraftNotice{}, PublishNotice{}, ReviseNotice{}, Announce{}, TagReleases{}, SubmitRecord{}, RejectRecord{}, FollowRecord{}, ReserveCVE{}, RequestCVE{},
}

// fill draws a value for everything in v.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Type() {
	case reflect.TypeFor[time.Time]():
		if n := rapid.IntRange(-3, 40).Draw(t, "hours"); n >= 0 {
			v.Set(reflect.ValueOf(opened.Add(time.Duration(n) * 12 * time.Hour)))
		}
		return
	case reflect.TypeFor[Text]():
		v.Set(reflect.ValueOf(Embargoed(rapid.SampledFrom([]string{"", " ", "canary", "main", "main canary", "stable-1.1 canary <!-- x -->", "restart canary",
			"now canary", "#10", "CVE-2026-1234", "2026-11-17T14:00Z", "high", "cve canary", "reject canary"}).Draw(t, "text"))))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Slice:
		n := rapid.IntRange(0, 3).Draw(t, "length")
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(t, v.Index(i))
		}
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			fill(t, v.Elem())
		}
	case reflect.Interface:
		do := reflect.New(reflect.TypeOf(rapid.SampledFrom(garbageActions).Draw(t, "action"))).Elem()
		fill(t, do)
		v.Set(do)
	case reflect.String:
		v.SetString(rapid.SampledFrom(garbageWords[v.Type()]).Draw(t, "word"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.SampledFrom([]int64{0, 1, 2, 10, 11}).Draw(t, "number"))
	default:
		t.Fatalf("no garbage for %s", v.Type())
	}
}

func fillInto(t *rapid.T, to any) { fill(t, reflect.ValueOf(to).Elem()) }
