package policy

import (
	"strings"
	"time"
)

// Obligation is something that the world is still owed after the lift. The case has an end without it; what is owed is looked
// after until it is met.
type Obligation struct {
	Name   string    // [OweRecord]
	What   string    // in public words
	Since  time.Time // when it began
	Looked time.Time // when it was last looked at
	Met    time.Time // zero while it is open
}

// OweRecord names the obligation that the CVE record is public, whoever submits it.
const OweRecord = "cve"

// Late is how late an open obligation is.
type Late string

// How late an obligation can be.
const (
	InTime Late = ""
	Amber  Late = "amber"
	Red    Late = "red"
)

// From when on an obligation is late.
const (
	amberAfter = 24 * time.Hour
	redAfter   = 72 * time.Hour
)

// Open reports whether it is still owed.
func (o Obligation) Open() bool { return o.Met.IsZero() }

// Deadline is when it gets red.
func (o Obligation) Deadline() time.Time { return o.Since.Add(redAfter) }

// Late judges an open obligation.
func (o Obligation) Late(now time.Time) Late {
	switch age := now.Sub(o.Since); {
	case !o.Open() || age < amberAfter:
		return InTime
	case age < redAfter:
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
func (a Advisory) Idle() bool { return a.Over() && len(a.Owes()) == 0 }

func (a *Advisory) obligation(name string) *Obligation {
	for i := range a.Obligations {
		if a.Obligations[i].Name == name {
			return &a.Obligations[i]
		}
	}
	return nil
}

// planObligations looks after what is owed, and tells people once when it is late and once when it is very late.
func (t *turn) planObligations() {
	t.oweRecord()
	for i := range t.a.Obligations {
		o := &t.a.Obligations[i]
		if !o.Open() {
			continue
		}
		t.wake(o.Since.Add(amberAfter))
		t.wake(o.Deadline())
		if late := o.Late(t.now); late != InTime {
			t.page("owed/"+o.Name+"/"+string(late), "Still owed since "+FormatInstant(o.Since)+" ("+string(late)+"): "+o.What+".")
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
			words = append(words, o.What+": yes")
			continue
		}
		words = append(words, strings.TrimSpace(o.What+": not yet, since "+FormatInstant(o.Since)+" "+string(o.Late(t.now))))
	}
	return strings.Join(words, ", ")
}
