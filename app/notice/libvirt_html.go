package notice

// libvirtHTML writes the page of a notice.
func libvirtHTML(r *Record, look Look) ([]byte, error) {
	w := look.beginPage(look.title(r), "../")
	w.leaf("h1", look.title(r)).leaf("h2", r.Summary)
	w.leaf("h3", "Lifecycle").open("table")
	for _, day := range []struct {
		title string
		date  Date
	}{
		{"Reported on:", r.Lifecycle.Reported}, {"Published on:", r.Lifecycle.Published}, {"Fixed on:", r.Lifecycle.Fixed},
	} {
		if !day.date.IsZero() {
			w.open("tr").leaf("th", day.title).leaf("td", day.date.compact()).close("tr")
		}
	}
	w.close("table").leaf("h3", "Credits").open("table")
	w.people("Reported by:", r.Credited(Reporter)).people("Patched by:", r.Credited(Patcher)).close("table")
	if also := r.seeAlso(); len(also) > 0 {
		w.leaf("h3", "See also").open("ul")
		for _, other := range also {
			w.leaf("li", other)
		}
		w.close("ul")
	}
	for _, s := range r.sections() {
		w.leaf("h3", s.title).leaf("p", s.text)
	}
	for _, p := range r.Products {
		w.product(p, look)
	}
	w.formats(r)
	return w.endPage(), nil
}

// beginPage opens a page, up to its body. Its folder is so far from the site's own.
func (l Look) beginPage(title, up string) *markup {
	w := &markup{}
	w.text.WriteString("<?xml version=\"1.0\"?>\n")
	w.open("html", "xmlns", "http://www.w3.org/1999/xhtml").open("head").leaf("title", title)
	w.empty("link", "rel", "stylesheet", "type", "text/css", "href", up+l.Stylesheet)
	w.empty("meta", "http-equiv", "Content-Type", "content", "text/html; charset=UTF-8")
	return w.close("head").open("body")
}

func (w *markup) endPage() []byte {
	w.close("body").close("html")
	return []byte(w.text.String())
}

// people are the rows of a table; only the first has a title.
func (w *markup) people(title string, all []Credit) *markup {
	for i, who := range all {
		w.open("tr")
		if i == 0 {
			w.leaf("th", title)
		} else {
			w.empty("th")
		}
		name := who.Name
		if name == "" {
			name = who.Email
		}
		if who.Email == "" {
			w.leaf("td", name)
		} else {
			w.linked(who.mailto(), name)
		}
		w.close("tr")
	}
	return w
}

// linked is a cell that holds a link.
func (w *markup) linked(address, words string) {
	w.open("td").leaf("a", words, "href", address).close("td")
}

func (w *markup) product(p Product, look Look) {
	w.leaf("h3", "Affected product: "+p.Name)
	for _, b := range p.Branches {
		w.open("table").open("tr").leaf("th", "Branch").linked(look.branch(p, b.Name), b.Name)
		w.close("tr")
		for _, m := range b.told() {
			address := look.tag(p, m.value)
			if m.change {
				address = look.change(p, m.value)
			}
			w.open("tr").leaf("th", m.title+":").linked(address, m.value)
			w.close("tr")
		}
		w.close("table")
	}
}

// formats links the notice's other formats.
func (w *markup) formats(r *Record) {
	w.empty("hr").open("p", "class", "alt")
	w.indent()
	w.text.WriteString("Alternative formats:\n")
	w.indent()
	w.text.WriteString(`<a href="../` + inAttribute(r.file()) + `.xml">[xml]</a> <a href="../` + inAttribute(r.file()) + `.txt">[text]</a></p>` + "\n")
	w.depth--
}
