package policy

import "fmt"

// Clearance is the permission to write in public about one advisory. Every function that writes in public takes one.
// Only [Advisory.Clear] makes a valid one, and only for an advisory whose embargo has ended and whose lift was committed,
// so that a public write before lift does not compile into anything that runs (invariant 1).
type Clearance struct{ advisory string }

// Valid reports whether the clearance was given by [Advisory.Clear]. The zero value is not valid.
func (c Clearance) Valid() bool { return c.advisory != "" }

// Advisory is the id that the clearance is for.
func (c Clearance) Advisory() string { return c.advisory }

// For returns an error unless the clearance is valid and was given for the advisory named.
func (c Clearance) For(advisory string) error {
	if !c.Valid() {
		return fmt.Errorf("no clearance for a public write about %s", advisory)
	}
	if c.advisory != advisory {
		return fmt.Errorf("the clearance of %s does not cover %s", c.advisory, advisory)
	}
	return nil
}
