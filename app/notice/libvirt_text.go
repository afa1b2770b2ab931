package notice

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// The widths of libvirt's style sheet. It lets the last line of a paragraph be one character longer.
const (
	lineWidth    = 68
	summaryWidth = 50
	headWidth    = 14 // of the names in the head
	markWidth    = 12 // of those of products and branches
)

// libvirtText writes what the mailing lists get.
func libvirtText(r *Record, look Look) ([]byte, error) {
	var b strings.Builder
	title := look.title(r)
	indent := strings.Repeat(" ", 8)
	fmt.Fprintf(&b, "%s%s\n%s%s\n\n", indent, title, indent, strings.Repeat("=", utf8.RuneCountInString(title)))
	entry(&b, "Summary", wrap(r.Summary, summaryWidth)...)
	some(&b, "Reported on", r.Lifecycle.Reported.compact())
	some(&b, "Published on", r.Lifecycle.Published.compact())
	some(&b, "Fixed on", r.Lifecycle.Fixed.compact())
	entry(&b, "Reported by", mailboxes(r.Credited(Reporter))...)
	entry(&b, "Patched by", strings.Split(strings.Join(mailboxes(r.Credited(Patcher)), ",\n"), "\n")...)
	if also := r.seeAlso(); len(also) > 0 { // without any the style sheet forgets the empty line
		entry(&b, "See also", strings.Join(also, ", "))
		b.WriteByte('\n')
	}
	for _, s := range r.sections() {
		head(&b, s.title)
		for _, paragraph := range paragraphs(s.text) {
			b.WriteString(strings.Join(wrap(paragraph, lineWidth), "\n") + "\n\n")
		}
	}
	for _, p := range r.Products {
		head(&b, "Affected product")
		markEntry(&b, "Name", p.Name)
		markEntry(&b, "Repository", look.repository(p))
		b.WriteByte('\n')
		for _, branch := range p.Branches {
			markEntry(&b, "Branch", branch.Name)
			for _, m := range branch.told() {
				markEntry(&b, m.title, m.value)
			}
			b.WriteByte('\n')
		}
	}
	return []byte(b.String()), nil
}

// mark is one tag or change with its title.
type mark struct {
	title, value string
	change       bool
}

// told are the marks in the order of libvirt's renderings.
func (b *Branch) told() []mark {
	var list []mark
	for _, part := range []struct {
		title  string
		values []string
		change bool
	}{
		{"Broken in", b.Vulnerable.Tags, false}, {"Fixed in", b.Fixed.Tags, false},
		{"Broken by", b.Vulnerable.Changes, true}, {"Fixed by", b.Fixed.Changes, true},
	} {
		for _, v := range part.values {
			list = append(list, mark{part.title, v, part.change})
		}
	}
	return list
}

func head(b *strings.Builder, title string) {
	fmt.Fprintf(b, "%s\n%s\n\n", title, strings.Repeat("-", len(title)))
}

// entry is a name and its lines. Without any, the name stands alone.
func entry(b *strings.Builder, name string, lines ...string) {
	fmt.Fprintf(b, "%*s: ", headWidth, name)
	b.WriteString(strings.Join(lines, "\n"+strings.Repeat(" ", headWidth+2)) + "\n")
}

func markEntry(b *strings.Builder, name, value string) {
	fmt.Fprintf(b, "%*s: %s\n", markWidth, name, value)
}

func some(b *strings.Builder, name, line string) {
	if line != "" {
		entry(b, name, line)
	}
}

// mailboxes are people as a mail's header would name them.
func mailboxes(people []Credit) []string {
	var list []string
	for _, who := range people {
		switch {
		case who.Email == "":
			list = append(list, who.Name)
		case who.Name == "":
			list = append(list, "<"+who.Email+">")
		default:
			list = append(list, who.Name+" <"+who.Email+">")
		}
	}
	return list
}

// paragraphs are the parts of a text between empty lines.
func paragraphs(text string) []string {
	var parts []string
	var part strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text) + "\n\n") {
		if strings.TrimSpace(line) != "" {
			part.WriteString(line)
		} else if part.Len() > 0 {
			parts = append(parts, part.String())
			part.Reset()
		}
	}
	return parts
}

// wrap breaks text at spaces, all of which count as one.
func wrap(text string, width int) []string {
	var lines []string
	var line string
	words := strings.Fields(text)
	rest := utf8.RuneCountInString(strings.Join(words, " "))
	for _, word := range words {
		long := utf8.RuneCountInString(word)
		room := width - utf8.RuneCountInString(line) - 1
		switch {
		case line == "":
			line = word
		case long <= room || rest <= room+1: // the rest is the last line's
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
		rest -= long + 1
	}
	return append(lines, line)
}
