package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// tagShape is what a release's tag may be called: a name that every forge and every shell takes.
var tagShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$`)

// setTag names the release that is tagged at what lands on a branch. Until then nobody sees the name but at the desk.
func (t *turn) setTag(by, args string) error {
	branch, name, _ := strings.Cut(args, " ")
	name = strings.TrimSpace(name)
	cell := t.a.Cell(branch)
	switch {
	case cell == nil || !cell.State.NeedsFix():
		return Refusal{"nothing lands on this branch", "the table at the desk lists those that are fixed"}
	case name != "none" && (!tagShape.MatchString(name) || strings.Contains(name, "..") || strings.HasSuffix(name, ".lock") || strings.HasSuffix(name, ".")):
		return Refusal{"a tag is one word of letters, digits, dots and dashes", "say /release " + branch + " v1.2.3"}
	}
	for _, c := range t.a.Cells {
		if c.Tag == name && c.Branch != branch {
			return Refusal{"the tag is that of " + c.Branch + " already", "choose another"}
		}
	}
	cell.Tag = name
	if name == "none" {
		cell.Tag = ""
	}
	t.line(by, "named a release", branch+": "+name)
	return nil
}

// tagsToCome are the tags that the lift will make, as "branch=name".
func (t *turn) tagsToCome() []string {
	var tags []string
	for _, c := range t.a.Cells {
		if c.Tag != "" && c.State.NeedsFix() {
			tags = append(tags, c.Branch+"="+c.Tag)
		}
	}
	return tags
}

// released are the tags that are made, or are about to be, at what has landed.
func (t *turn) released() []string {
	var tags []string
	for _, c := range t.a.Cells {
		if c.Tag != "" && c.Landed != "" && c.Tagged != TagRefused {
			tags = append(tags, c.Tag)
		}
	}
	return tags
}

// untagged are the tags that are due at what has landed.
func (t *turn) untagged() []ReleaseTag {
	var tags []ReleaseTag
	for _, c := range t.a.Cells {
		if c.Tag != "" && c.Landed != "" && c.Tagged == TagNone {
			tags = append(tags, ReleaseTag{Branch: c.Branch, Name: c.Tag, At: c.Landed})
		}
	}
	return tags
}

// planTags tags the releases once the public branches were read back.
func (t *turn) planTags() {
	if tags := t.untagged(); len(tags) > 0 {
		t.ask("tags/"+named(fmt.Sprint(tags)), TagReleases{Tags: tags})
	}
}

// tagTries is how often a refused tag is tried, for a minute or two, before it is left to people: a forge may refuse in passing,
// and the notice, which tells of the tags, waits for them.
const tagTries = 5

// tagsRefused takes in a push of tags that was refused, in whole or in part.
func (t *turn) tagsRefused(do TagReleases, o Outcome, count int) {
	t.tagged(do, o.Tags)
	t.page("set-back/"+named(o.Trouble.Hint), "The tags of the releases are set back: "+o.Trouble.Hint+". They are tried again by themselves.")
	if count < tagTries || o.Trouble.Kind != TroubleRefused {
		return
	}
	var left []TagResult
	for _, tag := range do.Tags {
		left = append(left, TagResult{Branch: tag.Branch, Hint: o.Trouble.Hint})
	}
	t.tagged(do, left)
}

// tagged takes in which tags are there, and which never will be.
func (t *turn) tagged(do TagReleases, results []TagResult) {
	var made []string
	for _, r := range results {
		c := t.a.Cell(r.Branch)
		if c == nil || c.Tagged != TagNone {
			continue
		}
		if r.Made {
			c.Tagged = TagMade
			made = append(made, c.Tag)
			continue
		}
		c.Tagged = TagRefused
		t.page("tag/"+named(c.Branch+c.Tag), fmt.Sprintf("The tag %s was not made at %s of %s: %s. Make it by hand.", c.Tag, short(c.Landed), c.Branch, r.Hint))
	}
	if len(made) > 0 {
		t.line(By, "tagged the releases", strings.Join(made, ", "))
	}
}
