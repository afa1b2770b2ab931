package notice

import (
	"fmt"
	"strings"
)

// libvirtXML writes a notice as the founding project's tools do. The format has no place for severity, weaknesses and links,
// and of the roles only for reporters and patchers.
func libvirtXML(r *Record, _ Look) ([]byte, error) {
	w := &markup{}
	w.open("security-notice", "xmlns", noticeSpace)
	w.leaf("id", r.ID).gap()
	w.leaf("summary", r.Summary).gap()
	for _, s := range r.sections() {
		w.prose(strings.ToLower(s.title), s.text).gap()
	}
	w.open("credits")
	for _, role := range []string{Reporter, Patcher} {
		for _, who := range r.Credited(role) {
			w.open(role).some("name", who.Name).some("email", who.Email).close(role)
		}
	}
	w.close("credits").gap()
	l := r.Lifecycle
	w.open("lifecycle").some("reported", l.Reported.compact()).some("published", l.Published.compact()).
		some("fixed", l.Fixed.compact()).close("lifecycle").gap()
	if len(r.seeAlso()) > 0 {
		w.open("reference")
		for _, a := range r.References.Advisories {
			w.empty("advisory", "type", a.Type, "id", a.ID)
		}
		for _, b := range r.References.Bugs {
			w.empty("bug", "tracker", b.Tracker, "id", b.ID)
		}
		w.close("reference").gap()
	}
	for _, p := range r.Products {
		w.open("product", "name", p.Name).leaf("repository", p.Repository)
		for _, b := range p.Branches {
			w.open("branch").leaf("name", b.Name)
			w.marks("vulnerable", b.Vulnerable).marks("fixed", b.Fixed)
			w.close("branch")
		}
		w.close("product").gap()
	}
	w.close("security-notice")
	return []byte(w.text.String()), nil
}

// markup writes XML with the indentation that libxml gives it.
type markup struct {
	text  strings.Builder
	depth int
}

func (w *markup) indent() { w.text.WriteString(strings.Repeat("  ", w.depth)) }

// start writes an element's name and attributes, up to the end of the tag.
func (w *markup) start(name string, attributes []string) {
	w.indent()
	w.text.WriteString("<" + name)
	for i := 0; i+1 < len(attributes); i += 2 {
		fmt.Fprintf(&w.text, ` %s="%s"`, attributes[i], inAttribute(attributes[i+1]))
	}
}

func (w *markup) open(name string, attributes ...string) *markup {
	w.start(name, attributes)
	w.text.WriteString(">\n")
	w.depth++
	return w
}

func (w *markup) close(name string) *markup {
	w.depth--
	w.indent()
	w.text.WriteString("</" + name + ">\n")
	return w
}

func (w *markup) empty(name string, attributes ...string) *markup {
	w.start(name, attributes)
	w.text.WriteString("/>\n")
	return w
}

// leaf is an element that holds text alone.
func (w *markup) leaf(name, text string, attributes ...string) *markup {
	w.start(name, attributes)
	w.text.WriteString(">" + inText(text) + "</" + name + ">\n")
	return w
}

// some is a leaf unless there is nothing to say.
func (w *markup) some(name, text string) *markup {
	if text == "" {
		return w
	}
	return w.leaf(name, text)
}

// prose is a leaf in a CDATA section, with the white space around the words outside of it.
func (w *markup) prose(name, text string) *markup {
	words := strings.TrimSpace(text)
	before, after, _ := strings.Cut(text, words)
	w.indent()
	w.text.WriteString("<" + name + ">" + before + "<![CDATA[" + strings.ReplaceAll(words, "]]>", "]]]]><![CDATA[>") + "]]>" + after + "</" + name + ">\n")
	return w
}

func (w *markup) marks(state string, m Marks) *markup {
	for _, tag := range m.Tags {
		w.leaf("tag", tag, "state", state)
	}
	for _, sha := range m.Changes {
		w.leaf("change", sha, "state", state)
	}
	return w
}

func (w *markup) gap() *markup {
	w.text.WriteByte('\n')
	return w
}

// legal replaces what XML can't hold in any way.
func legal(char rune) rune {
	if char != '\n' && char != '\t' && unreadable(char) {
		return '\ufffd'
	}
	return char
}

// inText escapes as libxml does: quotes stay.
func inText(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(strings.Map(legal, s))
}

// inAttribute escapes as libxml does: what is not ASCII becomes a reference.
func inAttribute(s string) string {
	var b strings.Builder
	for _, char := range inText(s) {
		switch {
		case char == '"':
			b.WriteString("&quot;")
		case char < ' ':
			fmt.Fprintf(&b, "&#%d;", char)
		case char > '~':
			fmt.Fprintf(&b, "&#x%X;", char)
		default:
			b.WriteRune(char)
		}
	}
	return b.String()
}
