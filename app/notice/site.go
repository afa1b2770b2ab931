package notice

import (
	"fmt"
	"slices"
	"strings"
)

// File is a file of the site, by its path below the site's folder.
type File struct {
	Path string
	Text []byte
}

// Site makes all that is published online: an index, a feed, each notice in libvirt's three formats, and what makes the
// project a CSAF provider. The same notices give the same bytes. Two notices of one number are refused.
func Site(records []*Record, look Look) ([]File, error) {
	records = slices.Clone(records)
	slices.SortStableFunc(records, newestFirst)
	for i, r := range records {
		if i > 0 && r.ID == records[i-1].ID {
			return nil, &Error{"id", "two notices have the number " + r.ID}
		}
	}
	var files []File
	for _, r := range records {
		for _, f := range formats() {
			if !strings.HasPrefix(f.name, "libvirt-") {
				continue
			}
			text, err := Render(f.name, r, look)
			if err != nil {
				return nil, fmt.Errorf("notice %s: %w", r.ID, err)
			}
			files = append(files, File{r.file() + f.ending, text})
		}
	}
	if err := look.Check(); err != nil {
		return nil, err
	}
	advisories, err := csafFiles(records, look)
	if err != nil {
		return nil, err
	}
	return append(append(files, advisories...),
		File{"index.xml", indexXML(records)},
		File{"index.html", indexHTML(records, look)},
		File{feedName, feed(records, look)},
		File{look.Stylesheet, []byte(style)}), nil
}

// newestFirst orders by year and number: a number may have more digits than another.
func newestFirst(a, b *Record) int {
	if c := strings.Compare(b.ID[:4], a.ID[:4]); c != 0 {
		return c
	}
	if c := len(b.ID) - len(a.ID); c != 0 {
		return c
	}
	return strings.Compare(b.ID, a.ID)
}

// indexXML is the list that libvirt's tools read.
func indexXML(records []*Record) []byte {
	w := &markup{}
	w.open("security-notice-list", "xmlns", listSpace)
	for _, r := range records {
		w.empty("security-notice", "name", r.file()+".xml")
	}
	w.close("security-notice-list")
	return []byte(w.text.String())
}

func indexHTML(records []*Record, look Look) []byte {
	title := look.Project + " Security Notices"
	w := look.beginPage(title, "")
	w.leaf("h1", title).open("table").open("tr")
	for _, name := range []string{"Notice", "Published on", "Summary", "See also", "Formats"} {
		w.leaf("th", name)
	}
	w.close("tr")
	for _, r := range records {
		w.open("tr").linked(r.file()+".html", look.Name(r))
		w.leaf("td", r.Lifecycle.day().compact())
		w.leaf("td", r.summary()).leaf("td", strings.Join(r.seeAlso(), ", "))
		w.open("td").leaf("a", "[xml]", "href", r.file()+".xml").leaf("a", "[text]", "href", r.file()+".txt").close("td")
		w.close("tr")
	}
	w.close("table").empty("hr").open("p", "class", "alt")
	w.leaf("a", "[xml]", "href", "index.xml").leaf("a", "[feed]", "href", feedName).close("p")
	return w.endPage()
}

// day is when a notice came out, or the nearest that is known.
func (l Lifecycle) day() Date {
	for _, d := range []Date{l.Published, l.Fixed, l.Reported} {
		if !d.IsZero() {
			return d
		}
	}
	return Date{}
}

// latest is the last day of a notice's life.
func (l Lifecycle) latest() Date {
	return slices.MaxFunc([]Date{l.Reported, l.Published, l.Fixed}, func(a, b Date) int { return a.Compare(b.Time) })
}
