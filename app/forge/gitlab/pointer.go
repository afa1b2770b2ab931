package gitlab

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// pointer is the one note that Liftgate writes at a confidential issue. It tells the reporter by which id the report goes,
// and it is where severity and CVE number stand, since GitLab's issues have no place for them: Liftgate's own copy, which is
// put right when somebody edits it. A number that people write there before Liftgate knows one is taken up, however.
type pointer struct {
	note      int64
	advisory  string
	state     policy.ReportState
	severity  string
	cve       string
	published int  // number of the public issue, 0 before
	visible   bool // somebody has made the issue itself visible, and nothing is confidential any more
}

// cveForm bounds what people can write into the pointer: it is published.
var cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,19}$`)

// confidence is what the pointer says as long as it is true.
const confidence = " It stays confidential; what is published is written anew."

func pointerMarker() string { return policy.Marker("report") }

// pointer finds the pointer at an issue; nil if there is none.
func (f *Forge) pointer(ctx context.Context, i issue) (*pointer, error) {
	n, err := f.findNote(ctx, f.public.issue(i.Number), pointerMarker())
	if err != nil || n == nil {
		return nil, err
	}
	return readPointer(*n), nil
}

func readPointer(n note) *pointer {
	known := facts(n.Body)
	p := &pointer{note: n.ID, advisory: known["advisory"], state: policy.ReportState(known["state"])}
	p.visible = !strings.Contains(n.Body, confidence)
	switch s := strings.ToLower(known["severity"]); s {
	case "low", "medium", "high", "critical":
		p.severity = s
	}
	if cveForm.MatchString(known["CVE"]) {
		p.cve = known["CVE"]
	}
	if number, err := strconv.Atoi(known["published"]); err == nil && number > 0 {
		p.published = number
	}
	return p
}

func (p pointer) body() string {
	published, promise := "", confidence
	if p.visible {
		promise = ""
	}
	if p.published != 0 {
		published = strconv.Itoa(p.published) // without a #: a reference would be noted at the public issue
	}
	return fmt.Sprintf("**%s** is the name of this report from now on.%s\n\n", p.advisory, promise) + table([][2]string{
		{"advisory", p.advisory}, {"state", string(p.state)}, {"severity", p.severity}, {"CVE", p.cve}, {"published", published},
	}) + "\n" + pointerMarker()
}

// table writes facts so that people and [facts] can read them.
func table(rows [][2]string) string {
	var b strings.Builder
	b.WriteString("| | |\n|---|---|\n")
	for _, row := range rows {
		if row[1] != "" {
			fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
		}
	}
	return b.String()
}

// facts reads a table of two columns. The first of a name counts: what stands below may be somebody else's table.
func facts(body string) map[string]string {
	known := map[string]string{}
	for line := range strings.Lines(body) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 4 || cells[0] != "" || cells[3] != "" {
			continue
		}
		name, value := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2])
		if _, said := known[name]; !said {
			known[name] = value
		}
	}
	return known
}

// updateReport changes only what differs. It never publishes: that is another effect, with a clearance.
func (f *Forge) updateReport(ctx context.Context, advisory string, do policy.UpdateReport) error {
	if do.State != "" && do.State != policy.ReportDraft && do.State != policy.ReportClosed {
		return wire.Refused("a report can be made a draft or closed, and nothing else")
	}
	i, err := f.reportIssue(ctx, do.Ref)
	if err != nil {
		return err
	}
	was, err := f.pointer(ctx, i)
	if err != nil {
		return err
	}
	if !i.Confidential || was != nil && was.published != 0 { // what is written there would be public at once
		return &policy.Trouble{Kind: policy.TroubleConflict, Hint: "the report is published already"}
	}
	want := pointer{advisory: advisory, state: policy.ReportDraft}
	if was != nil {
		want = *was
	}
	want.advisory, want.visible = advisory, false
	want.state = cmp.Or(do.State, want.state)
	want.severity, want.cve = cmp.Or(do.Severity, want.severity), cmp.Or(do.CVE, want.cve)
	if err := f.writePointer(ctx, i.Number, was, want); err != nil {
		return err
	}
	if do.State == policy.ReportClosed && i.open() {
		return f.turnTo(ctx, f.public.issue(i.Number), "close")
	}
	if do.State == policy.ReportDraft && !i.open() {
		return f.turnTo(ctx, f.public.issue(i.Number), "reopen")
	}
	return nil
}

func (f *Forge) writePointer(ctx context.Context, number int, was *pointer, want pointer) error {
	at := f.public.issue(number) + "/notes"
	if was == nil {
		if err := f.noStranger(ctx, number); err != nil {
			return err
		}
		return f.post(ctx, at, map[string]any{"body": want.body()}, nil)
	}
	if *was == want {
		return nil
	}
	return f.put(ctx, at+"/"+strconv.FormatInt(was.note, 10), map[string]any{"body": want.body()})
}

// turnTo closes or reopens an issue or a merge request.
func (f *Forge) turnTo(ctx context.Context, at, event string) error {
	return f.put(ctx, at, map[string]any{"state_event": event})
}
