package notice

import (
	"strings"
	"time"
)

const (
	feedName = "feed.atom"
	feedSize = 50 // entries; the index has them all
)

// feed is the newest notices in Atom (RFC 4287).
func feed(records []*Record, look Look) []byte {
	w := &markup{}
	w.text.WriteString("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n")
	site := strings.TrimSuffix(look.Site, "/") + "/"
	w.open("feed", "xmlns", "http://www.w3.org/2005/Atom")
	w.leaf("id", site).leaf("title", look.Project+" Security Notices")
	var latest Date
	for _, r := range records {
		if day := r.updated(); day.After(latest.Time) {
			latest = day
		}
	}
	w.leaf("updated", latest.Format(time.RFC3339))
	w.open("author").leaf("name", look.Project).close("author")
	w.empty("link", "rel", "self", "href", site+feedName).empty("link", "rel", "alternate", "href", site+"index.html")
	for _, r := range records[:min(len(records), feedSize)] {
		w.open("entry").leaf("id", look.page(r, ".html")).leaf("title", look.Name(r)+": "+r.summary())
		w.leaf("published", r.Lifecycle.day().instant()).leaf("updated", r.updated().instant())
		w.empty("link", "rel", "alternate", "type", "text/html", "href", look.page(r, ".html"))
		w.leaf("summary", words(r.Description)).close("entry")
	}
	w.close("feed")
	return []byte(w.text.String())
}
