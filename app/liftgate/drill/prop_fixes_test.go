package drill

import (
	"errors"
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// What developers do with fixes in the property tests.

var errNothing = errors.New("nothing to change")

// patched closes the hole, in a way of its own for each revision.
func patched(c *incident, revision int) func(string) string {
	guard := fmt.Sprintf("\tguard(a); /* %s revision %d */\n", c.token, revision)
	return func(text string) string {
		text = strings.Replace(text, hole, guard+"\tsafe(a);\n", 1)
		return strings.Replace(text, oldHole, guard, 1)
	}
}

// topicRef is where the developer pushes the main fix. Every other case uses the name that Liftgate looks for.
func (r *rig) topicRef(c *incident) string {
	if c.n%2 == 1 {
		return policy.FixRef(c.id)
	}
	return "topic/" + c.token + "/" + c.id
}

// pushFix makes the next revision of the main fix on the public tip, and pushes it.
func (r *rig) pushFix(c *incident) error {
	if r.tips(r.Mirror.Dir)["master"] == "" { // who starts from a clone of it has nothing to start from, and a forge may take the first branch for its default
		return errors.New("the mirror is still empty")
	}
	dev := r.by(developer)
	if _, err := dev.git(r.ctx, "fetch", "-q", "public"); err != nil {
		return err
	}
	c.revision++
	sha, err := r.edits(dev, "public/master", fileOf(c.n), fmt.Sprintf("Close the hole %s (%d)", c.token, c.revision), patched(c, c.revision),
		map[string]string{"src/" + c.token + ".c": "/* a place that says too much */\n"})
	if err != nil {
		return err
	}
	_, err = dev.git(r.ctx, "push", "-q", "--force", "mirror", sha+":refs/heads/"+r.topicRef(c))
	return err
}

func (r *rig) openFix(_ step, c *incident) error {
	if c.fix != 0 && r.isOpen(c.fix) {
		return nil
	}
	if err := r.pushFix(c); err != nil {
		r.note("   no fix: %v", err)
		return nil
	}
	number, err := r.as(developer).openFix(r.ctx, "A fix: "+c.token, r.topicRef(c), "master")
	if err != nil {
		r.note("   refused: %v", err)
		return nil
	}
	c.fix = number
	r.say(c, developer, fmt.Sprintf("/fix #%d", number))
	return nil
}

func (r *rig) isOpen(number int) bool {
	for _, p := range r.fixesOpen() {
		if p.Number == number {
			return true
		}
	}
	return false
}

// amend pushes another revision of the main fix.
func (r *rig) amend(_ step, c *incident) error {
	if c.fix == 0 {
		return nil
	}
	if err := r.pushFix(c); err != nil {
		r.note("   not amended: %v", err)
	}
	return nil
}

// edit has a person push to a backport that Liftgate made.
func (r *rig) edit(s step, c *incident) error {
	branch := r.stable[s.A%len(r.stable)]
	ref := policy.BackportRef(c.id, branch)
	head, exists := r.tips(r.Mirror.Dir)[ref]
	if !exists {
		return nil
	}
	dev := r.by(developer)
	if _, err := dev.git(r.ctx, "fetch", "-q", "mirror", head); err != nil {
		return nil // it has moved on
	}
	c.revision++
	sha, err := r.edits(dev, head, fileOf(c.n), "Adapt "+c.token, func(text string) string {
		return text + fmt.Sprintf("/* %s adapted %d */\n", c.token, c.revision)
	}, nil)
	if err != nil {
		return nil
	}
	_, err = dev.git(r.ctx, "push", "-q", "mirror", sha+":refs/heads/"+ref)
	if err != nil {
		r.note("   not edited: %v", err)
	}
	return nil
}

// resolve has a person write the backport where there is none, or one that conflicts.
func (r *rig) resolve(s step, c *incident) error {
	branch := r.stable[s.A%len(r.stable)]
	if a, ok := r.state(c); !ok || a.Cell(branch) == nil {
		return nil
	} else if _, exists := r.tips(r.Mirror.Dir)[policy.BackportRef(c.id, branch)]; exists && !a.Cell(branch).Conflicted() {
		return nil
	}
	if err := r.writeBackport(c, branch); err != nil {
		r.note("   not resolved: %v", err)
	}
	return nil
}

func (r *rig) writeBackport(c *incident, branch string) error {
	dev := r.by(developer)
	if _, err := dev.git(r.ctx, "fetch", "-q", "public"); err != nil {
		return err
	}
	c.revision++
	sha, err := r.edits(dev, "public/"+branch, fileOf(c.n), "Close the hole by hand "+c.token, patched(c, c.revision), nil)
	if err != nil {
		return err
	}
	_, err = dev.git(r.ctx, "push", "-q", "--force", "mirror", sha+":refs/heads/"+policy.BackportRef(c.id, branch))
	return err
}

func (r *rig) again(s step, c *incident) error {
	r.say(c, maintainer, "/backport "+r.stable[s.A%len(r.stable)])
	return nil
}
