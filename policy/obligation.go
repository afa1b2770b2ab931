package policy

import (
	"fmt"
	"strings"
	"time"
)

// Obligation is something that the world is still owed after the lift. The case has an end without it; what is owed is looked
// after until it is met.
type Obligation struct {
	Name   string    // [OweRecord], [OweReleases], [OweNotice] or [OweMail]
	What   string    // in public words
	Link   string    // where people look: the published report, or the CVE record
	Since  time.Time // when it began
	Looked time.Time // when it was last looked at
	Met    time.Time // zero while it is open
	By     string    // who has ended it without its being met, or ""
}

// The names of obligations.
const (
	OweRecord   = "cve"      // the CVE record is public, whoever submits it
	OweReleases = "releases" // every maintained branch has a release with the fix
	OweNotice   = "notice"   // the published notice says what has become of the fix
	OweMail     = "mail"     // an announcement that came back has reached its list
)

// Late is how late an open obligation is.
type Late string

// How late an obligation can be.
const (
	InTime Late = ""
	Amber  Late = "amber"
	Red    Late = "red"
)

// late tells from when on an obligation is late. A release has a schedule of its own: in the project whose process this
// follows, tags were recorded a median of 19 days after the fix.
func (o Obligation) late() (amber, red time.Duration) {
	if o.Name == OweReleases {
		return 30 * Day, 90 * Day
	}
	return 24 * time.Hour, 72 * time.Hour
}

// Open reports whether it is still owed.
func (o Obligation) Open() bool { return o.Met.IsZero() }

// Deadline is when it gets red.
func (o Obligation) Deadline() time.Time {
	_, red := o.late()
	return o.Since.Add(red)
}

// Late judges an open obligation.
func (o Obligation) Late(now time.Time) Late {
	amber, red := o.late()
	switch age := now.Sub(o.Since); {
	case !o.Open() || age < amber:
		return InTime
	case age < red:
		return Amber
	}
	return Red
}

// Owes lists the obligations that are open.
func (a Advisory) Owes() []Obligation {
	var open []Obligation
	for _, o := range a.Obligations {
		if o.Open() {
			open = append(open, o)
		}
	}
	return open
}

// Idle reports whether the case is over and nothing is owed any more, so that nobody has to look at it again.
func (a Advisory) Idle() bool { return a.Over() && len(a.Owes()) == 0 && !a.CVERejection.wanted() }

func (a *Advisory) obligation(name string) *Obligation {
	for i := range a.Obligations {
		if a.Obligations[i].Name == name {
			return &a.Obligations[i]
		}
	}
	return nil
}

// owe begins an obligation, or says anew what is owed.
func (t *turn) owe(name, what string) {
	o := t.a.obligation(name)
	if o == nil {
		t.a.Obligations = append(t.a.Obligations, Obligation{Name: name})
		o = t.a.obligation(name)
	}
	if o.By != "" && o.What == what {
		return // people have said that it never will be met
	}
	if !o.Open() || o.Since.IsZero() {
		*o = Obligation{Name: name, Since: t.now}
	}
	o.What, o.Link = what, or(t.in.Seen.Report.URL, o.Link)
}

// met ends an obligation, if it is open.
func (t *turn) met(name string) {
	if t.owing(name) {
		t.a.obligation(name).Met = t.now
	}
}

func (t *turn) owing(name string) bool {
	o := t.a.obligation(name)
	return o != nil && o.Open()
}

// settle takes people's word that what is owed will never be met: a branch without a maintainer, a CNA that is gone.
func (t *turn) settle(by, args string) error {
	name, why, _ := strings.Cut(args, " ")
	why = strings.TrimSpace(why)
	o := t.a.obligation(name)
	switch {
	case o == nil || !o.Open():
		return Refusal{"nothing of this name is owed", "the status tells what is: " + strings.Join([]string{OweRecord, OweReleases, OweNotice, OweMail}, ", ")}
	case why == "":
		return Refusal{"ending what is owed needs a reason", "say why: /settle " + name + " <reason>"}
	}
	o.Met, o.By = t.now, by
	if name == OweNotice {
		t.a.Notice.Heard = t.a.Notice.Told // no list is waited for any more
	}
	t.line(by, "settled what was owed", name+": "+why)
	return nil
}

// lookAgain is how often is looked at what nobody may ring a doorbell about.
const lookAgain = Day

// planObligations looks after what is owed, and tells people once when it is late and once when it is very late.
func (t *turn) planObligations() {
	t.oweRecord()
	t.oweReleases()
	for i := range t.a.Obligations {
		o := &t.a.Obligations[i]
		if !o.Open() {
			continue
		}
		amber, _ := o.late()
		t.wake(o.Since.Add(amber))
		t.wake(o.Deadline())
		t.wake(t.now.Add(lookAgain))
		if late := o.Late(t.now); late != InTime {
			t.page("owed/"+o.Name+"/"+FormatInstant(o.Since)+"/"+string(late), fmt.Sprintf(
				"Still owed since %s (%s): %s. If it never will be met, `/settle %s <reason>`.", FormatInstant(o.Since), late, o.What, o.Name))
		}
		if o.Name == OweRecord {
			t.followRecord(*o)
		}
	}
}

// obligationWords tell what is owed, and since when.
func (t *turn) obligationWords() string {
	var words []string
	for _, o := range t.a.Obligations {
		if !o.Open() {
			met := "yes"
			if o.By != "" {
				met = "no, settled by " + o.By
			}
			words = append(words, o.What+": "+met)
			continue
		}
		words = append(words, strings.TrimSpace(o.What+": not yet, since "+FormatInstant(o.Since)+" "+string(o.Late(t.now))))
	}
	return strings.Join(words, ", ")
}
