package notice

import (
	"encoding/xml"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func siteOf(t *testing.T, records ...*Record) map[string]string {
	t.Helper()
	files, err := Site(records, Libvirt())
	if err != nil {
		t.Fatal(err)
	}
	site := map[string]string{}
	for _, f := range files {
		if site[f.Path] != "" {
			t.Errorf("%s is there twice", f.Path)
		}
		site[f.Path] = string(f.Text)
	}
	return site
}

// hrefs are the links of a page, in order.
func hrefs(t *testing.T, page string) []string {
	t.Helper()
	var list []string
	decoder := xml.NewDecoder(strings.NewReader(page))
	for {
		token, err := decoder.Token()
		if err != nil {
			break
		}
		if start, is := token.(xml.StartElement); is {
			for _, a := range start.Attr {
				if a.Name.Local == "href" {
					list = append(list, a.Value)
				}
			}
		}
	}
	return list
}

// The site of all real notices has every file that its pages link, and the newest notice first.
func TestSiteOfRealNotices(t *testing.T) {
	var records []*Record
	for _, file := range realNotices(t) {
		records = append(records, mustParse(t, readFile(t, file)))
	}
	site := siteOf(t, records...)
	for name, text := range site {
		if !strings.HasSuffix(name, ".html") {
			continue
		}
		for _, link := range hrefs(t, text) {
			if target := path.Join(path.Dir(name), link); !strings.Contains(link, ":") && site[target] == "" {
				t.Errorf("%s links %s, which is not there", name, link)
			}
		}
	}
	var pages []string
	for _, link := range hrefs(t, site["index.html"]) {
		if strings.HasPrefix(link, "20") && strings.HasSuffix(link, ".html") {
			pages = append(pages, link)
		}
	}
	if len(pages) != len(records) || pages[0] != "2020/0002.html" || !slices.IsSortedFunc(pages, func(a, b string) int { return strings.Compare(b, a) }) {
		t.Errorf("the index lists %v", pages)
	}
	if !strings.Contains(site["index.xml"], `<security-notice name="2008/0001.xml"/>`) {
		t.Errorf("index.xml: %s", site["index.xml"])
	}
}

// libxml reads all that is in XML, with the addresses in it, as does whoever has libvirt's own tools.
func TestXMLIsRead(t *testing.T) {
	if _, err := exec.LookPath("xmllint"); err != nil {
		t.Skip("there is no xmllint; Debian's package is libxml2-utils")
	}
	dir, files := t.TempDir(), []string{"--noout", "--nonet"}
	for i, r := range append(strange(t)[:50], mustParse(t, sample), mustParse(t, uneven)) {
		for name, text := range siteOf(t, r) {
			if !slices.Contains([]string{".xml", ".html", ".atom"}, path.Ext(name)) {
				continue
			}
			file := filepath.Join(dir, strconv.Itoa(i)+"-"+path.Base(name))
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			files = append(files, file)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "xmllint", files...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%.3000s", err, out)
	}
}

func TestFeed(t *testing.T) {
	r := mustParse(t, strings.Replace(sample, "A long header", `A <script> & "long" header`, 1))
	var atom struct {
		Updated string `xml:"updated"`
		Entry   []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Summary string `xml:"summary"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal([]byte(siteOf(t, r)[feedName]), &atom); err != nil {
		t.Fatal(err)
	}
	if len(atom.Entry) != 1 || atom.Updated != "2026-11-17T00:00:00Z" {
		t.Fatalf("%+v", atom)
	}
	e := atom.Entry[0]
	if e.ID != "https://security.libvirt.org/2026/0007.html" || e.Title != "LSN-2026-0007: Overflow in the parser of headers" ||
		!strings.HasPrefix(e.Summary, `A <script> & "long" header overflows`) {
		t.Errorf("%+v", e)
	}
}

// No format lies where another does.
func TestPaths(t *testing.T) {
	r := mustParse(t, sample)
	seen := map[string]string{r.Folder(): "the files of the fix"}
	for _, format := range Formats() {
		where := Path(format, r)
		if seen[where] != "" {
			t.Errorf("%s lies where %s does: %s", format, seen[where], where)
		}
		seen[where] = format
	}
}

func TestOneNumberTwice(t *testing.T) {
	r := mustParse(t, sample)
	if _, err := Site([]*Record{r, r}, Libvirt()); err == nil || !strings.Contains(err.Error(), "id: two notices") {
		t.Errorf("got %v", err)
	}
}

// Another project's look shows on every page, and libvirt's does not.
func TestLook(t *testing.T) {
	look, err := ParseLook([]byte("project: Octo\nprefix: OSN\nrepositories: https://github.com/\nlinks: {branch: /commits/, tag: /releases/tag/, change: /commit/}\nsite: https://octo.example/notices\nstylesheet: octo.css\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := Site([]*Record{mustParse(t, sample)}, look)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(string(f.Text), noticeSpace, ""), listSpace, ""), "ibvirt") {
			t.Errorf("%s speaks of libvirt: %s", f.Path, f.Text)
		}
	}
	page := string(files[slices.IndexFunc(files, func(f File) bool { return f.Path == "2026/0007.html" })].Text)
	for _, want := range []string{"OSN-2026-0007", "https://github.com/octo/app/releases/tag/1.11", "https://github.com/octo/app/commits/stable-1.9", "../octo.css"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, wrong := range []string{"prefix: '<b>'", "links: {tag: //evil.example/}", "stylesheet: ../../x.css", "site: javascript:x", "sight: x", "repositories: https://x.example", "site: https://x.example/?a=", "repositories: https://x.example/#/"} {
		key, _, _ := strings.Cut(wrong, ":")
		if _, err := ParseLook([]byte(wrong + "\n")); err == nil || !strings.Contains(err.Error(), key) && key != "sight" {
			t.Errorf("%s: got %v", wrong, err)
		}
	}
}
