package reading

import (
	"slices"
	"time"

	"github.com/liftgate/liftgate/policy"
)

// Asked gathers what people asked for at a desk.
type Asked struct{ commands []policy.Command }

// Label takes in a label that somebody put on.
func (a *Asked) Label(id int64, by string, at time.Time, name string) {
	if c, ok := policy.ParseLabel(id, by, at, name); ok {
		a.commands = append(a.commands, c)
	}
}

// Comment takes in a comment. One that was edited may hold the words of somebody else, so policy only answers it.
func (a *Asked) Comment(id int64, by string, at time.Time, body string, edited bool) {
	parse := policy.ParseComment
	if edited {
		parse = policy.ParseChanged
	}
	a.commands = append(a.commands, parse(id, by, at, body)...)
}

// Commands are those that were asked for, oldest first.
func (a *Asked) Commands() []policy.Command {
	slices.SortStableFunc(a.commands, func(a, b policy.Command) int { return a.At.Compare(b.At) })
	return a.commands
}
