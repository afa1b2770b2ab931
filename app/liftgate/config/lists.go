package config

import (
	"strconv"
	"strings"

	"github.com/liftgate/liftgate/app/mail"
)

// List is a mailing list that announcements go to.
type List struct {
	Name       string `yaml:"name" jsonschema_description:"What people call the list."`
	Address    string `yaml:"address" jsonschema:"required" jsonschema_description:"Address that mails to the list are sent to."`
	Kind       string `yaml:"kind" jsonschema:"enum=list,enum=plain,enum=oss-security,default=list" jsonschema_description:"What the list takes. list: attachments and signatures; plain: one text and nothing else; oss-security: attachments that are text, the project's name in the subject, and no tag of ours."`
	SubjectTag string `yaml:"subject_tag" jsonschema_description:"Begins the subject, such as [SECURITY]."`
}

// maxLists bounds how many mails one lift sends.
const maxLists = 20

// MailLists are the lists in the words of package mail.
func (p Project) MailLists() []mail.List {
	var lists []mail.List
	for _, l := range p.Lists {
		lists = append(lists, mail.List{Name: l.Name, Address: l.Address, Kind: l.Kind, Tag: l.SubjectTag})
	}
	return lists
}

// validateLists refuses lists that no mail can be written to, and one that is there twice: it would get two mails of one
// Message-ID.
func validateLists(d *document, p Project) {
	if len(p.Lists) > maxLists {
		d.problem("lists", "there are more than %d", maxLists)
		return
	}
	seen := map[string]bool{}
	for i, l := range p.MailLists() {
		at := "lists[" + strconv.Itoa(i) + "]."
		for _, wrong := range l.Check() {
			d.problem(at+strings.ReplaceAll(wrong.Field, "tag", "subject_tag"), "%s", wrong.Message)
		}
		if address := strings.ToLower(l.Address); seen[address] {
			d.problem(at+"address", "this list is here twice")
		} else {
			seen[address] = true
		}
	}
}
