package notice

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxMailLine is what fits into a line of a mail (RFC 5322) with room for quoting.
const maxMailLine = 900

// mail writes the body of an announcement: libvirt's text, what it has no place for, and where the notice lies online.
func mail(r *Record, look Look) ([]byte, error) {
	text, err := libvirtText(r, look)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.Write(text)
	if more := r.further(); len(more) > 0 {
		head(&b, "Further details")
		for _, f := range more {
			entry(&b, f.title, f.text)
		}
		b.WriteByte('\n')
	}
	mailFiles(&b, r, look)
	head(&b, "Online")
	fmt.Fprintf(&b, "%s\n%s\n", look.page(r, ".html"), look.page(r, ".xml"))
	for _, link := range r.References.Links {
		b.WriteString(link + "\n")
	}
	return []byte(cutLines(b.String(), maxMailLine)), nil
}

// further is what libvirt's text does not say.
func (r *Record) further() []section {
	var list []section
	for _, f := range []section{{"CVSS 4.0", r.Severity.CVSS40}, {"CVSS 3.1", r.Severity.CVSS31}, {"Weaknesses", strings.Join(r.CWE, ", ")}} {
		if f.text != "" {
			list = append(list, f)
		}
	}
	for _, who := range r.Credits {
		if who.Role != Reporter && who.Role != Patcher {
			list = append(list, section{who.part(), mailboxes([]Credit{who})[0]})
		}
	}
	for _, p := range r.Products {
		for _, b := range p.Branches {
			if !b.Ended.IsZero() {
				list = append(list, section{"End of life", p.Name + ", branch " + b.Name + ": " + b.Ended.String()})
			}
		}
	}
	return list
}

// cutLines breaks lines that no mail server takes, between characters.
func cutLines(text string, longest int) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		for len(line) > longest {
			cut := longest
			for !utf8.RuneStart(line[cut]) {
				cut--
			}
			b.WriteString(line[:cut] + "\n")
			line = line[cut:]
		}
		b.WriteString(line)
	}
	return b.String()
}
