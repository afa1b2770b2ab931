package ranges

import (
	"errors"
	"fmt"
	"strings"

	"github.com/liftgate/liftgate/backport"
)

// ErrShallow refuses a history that is cut off: what lies beyond could be the bug or the fix.
var ErrShallow = errors.New("the repository is a shallow clone: run git fetch --unshallow first")

// Problem says what is wrong with a name or a claim.
type Problem string

// The problems.
const (
	NoCommit   Problem = "no branch and no tag has this commit, nor a copy of it; write all 40 digits, and fetch it first"
	NoBranch   Problem = "there is no such branch"
	Ambiguous  Problem = "branches of this name differ; write the remote's name before it"
	NoTag      Problem = "there is no such tag"
	NotFixed   Problem = "the tag does not contain the fix"
	HasFix     Problem = "the tag contains the fix"
	NoBug      Problem = "the tag does not contain the bug"
	NotThere   Problem = "the branch has neither this commit nor a copy of it"
	Unrecorded Problem = "the tag belongs here and is not recorded"
)

// Wrong is a name that the repository does not have, or a claim that it does not bear out.
type Wrong struct {
	Branch, Tag string
	Commit      backport.SHA // with NotFixed and a tag, what it lacks
	Problem     Problem
}

// Error names what it is about and the problem.
func (w *Wrong) Error() string {
	var about []string
	for _, part := range [][2]string{{"branch", w.Branch}, {"tag", w.Tag}, {"commit", string(w.Commit)}} {
		if part[1] != "" {
			about = append(about, part[0]+" "+fmt.Sprintf("%q", part[1]))
		}
	}
	return strings.Join(about, ", ") + ": " + string(w.Problem)
}
