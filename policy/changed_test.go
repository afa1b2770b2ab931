package policy

import "testing"

// What a comment asks for that was changed after it was written is not done, and is answered once. What was done before the
// change stays done, without a word.
func TestChangedComment(t *testing.T) {
	w := newWorld(t).accepted()
	w.sequence++
	w.desk.Commands = append(w.desk.Commands, ParseChanged(int64(w.sequence), "grace", w.now, "/lift now because of me")...)
	w.settle().settle()
	w.refused("the comment was changed after it was written")
	if w.a.Lift.Gate != GateHeld || w.a.Lift.AskedBy != "" {
		t.Fatalf("gate %s, asked by %q", w.a.Lift.Gate, w.a.Lift.AskedBy)
	}
	lines := len(w.lines)
	w.sequence++
	w.desk.Commands = append(w.desk.Commands, ParseComment(int64(w.sequence), "ada", w.now, "/rate low")...)
	w.settle()
	done := len(w.lines)
	if done == lines || w.a.Severity != "low" {
		t.Fatalf("severity %q", w.a.Severity)
	}
	w.desk.Commands = append(w.desk.Commands[:len(w.desk.Commands)-1], ParseChanged(int64(w.sequence), "ada", w.now, "/rate low")...)
	if w.settle(); len(w.lines) != done {
		t.Errorf("what was done already was answered again: %v", w.lines[done:])
	}
}
