package policy

import (
	"fmt"
	"time"
)

// comment is something a person writes at the desk.
func (w *world) comment(actor, body string) *world {
	w.sequence++
	w.desk.Commands = append(w.desk.Commands, ParseComment(int64(w.sequence), actor, w.now, body)...)
	return w
}

func (w *world) label(actor, label string) *world {
	w.sequence++
	if c, ok := ParseLabel(int64(w.sequence), actor, w.now, label); ok {
		w.desk.Commands = append(w.desk.Commands, c)
	}
	return w
}

func (w *world) press(actor string) *world {
	w.sequence++
	if c, ok := PressCommand(fmt.Sprint(w.sequence), Press{Actor: actor, Button: ButtonLift}, w.now); ok {
		w.presses = append(w.presses, c)
	}
	return w
}

// approveAll lets somebody of the team approve every open fix as it stands.
func (w *world) approveAll() *world {
	for i := range w.fixes {
		if f := &w.fixes[i]; f.Author != "bob" {
			f.Approvals = []Approval{{By: "bob", Head: f.Head}}
		} else {
			f.Approvals = []Approval{{By: "ada", Head: f.Head}}
		}
	}
	return w
}

// pushFix is a person's push to a fix.
func (w *world) pushFix(number int, words string) *world {
	w.fix(number, func(f *FixView) {
		f.Head, f.Held = sha("pushed", f.Head, words), false
		setTip(&w.mirror.Branches, f.HeadRef, f.Head)
	})
	return w
}

// mergeEarly merges a fix in the mirror.
func (w *world) mergeEarly(number int) *world {
	w.fix(number, func(f *FixView) {
		f.Open, f.Merged, f.MergedAs = false, true, sha("merge", f.Head)
		setTip(&w.mirror.Branches, f.Base, f.MergedAs)
	})
	return w
}

func (w *world) drift(branch string) *world {
	tip, _ := Tip(w.public, branch)
	w.push(branch, sha("drift", tip))
	return w
}

// The stages of a case, each built on the one before.

func (w *world) accepted() *world {
	w.settle()
	return w.label("ada", "accepted").settle()
}

func (w *world) withFix() *world {
	w.accepted()
	w.comment("ada", "/cve CVE-2026-12345").openFix("ada", "main", FixRef(w.a.ID))
	return w.settle()
}

func (w *world) ready() *world {
	w.withFix().approveAll()
	return w.settle()
}

// end is when the embargo ends.
func (w *world) end() time.Time { return w.a.Embargo.End }
