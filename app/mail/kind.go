package mail

import (
	"path"
	"slices"
	"strings"
)

// kind is what a sort of list takes. Where each rule is from, and which are guesses, the package's documentation tells.
type kind struct {
	name    string
	names   bool     // the subject has to name the software
	text    bool     // attachments are text to the list, whatever they are to others
	tags    bool     // a tag of ours in the subject; the others put their own before it
	signed  bool     // a signature, which is a part of its own
	endings []string // of the names of attachments; "*" for all
	most    int      // bytes of a whole mail
}

// kinds are all that there are. The first is that of a list which names none.
func kinds() []kind {
	texts := []string{".patch", ".diff", ".txt", ".asc", ".json", ".xml"}
	return []kind{
		{name: "list", tags: true, signed: true, endings: []string{"*"}, most: 4 << 20},
		{name: "plain", tags: true, most: 1 << 20}, // takes one text and drops or holds whatever has parts
		{name: "oss-security", names: true, text: true, signed: true, endings: texts, most: 1 << 20},
	}
}

// Kinds are the names of the kinds of lists.
func Kinds() []string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return names
}

// kindOf finds a list's kind.
func kindOf(name string) (kind, bool) {
	all := kinds()
	if name == "" {
		return all[0], true
	}
	i := slices.IndexFunc(all, func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return all[i], true
}

// takes gives those attachments that the list takes. The others are left out: the text says where everything lies.
func (k kind) takes(all []Attachment) []Attachment {
	taken := slices.DeleteFunc(slices.Clone(all), func(a Attachment) bool {
		return !slices.Contains(k.endings, "*") && !slices.Contains(k.endings, strings.ToLower(path.Ext(a.Name)))
	})
	for i := range taken {
		if k.text {
			taken[i].Type = "text/plain; charset=utf-8"
		}
	}
	return taken
}

// about is a subject as the list wants it, without a tag.
func (k kind) about(subject, software string) string {
	named := slices.ContainsFunc(strings.Fields(subject), func(word string) bool {
		return strings.EqualFold(strings.Trim(word, ".,:;()[]"), software)
	})
	if named || !k.names {
		return subject
	}
	return software + ": " + subject
}
