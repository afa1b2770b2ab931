package notice

import (
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// Every real notice renders as the original style sheets render it, byte for byte.
func TestRealNotices(t *testing.T) {
	for _, file := range realNotices(t) {
		r := mustParse(t, readFile(t, file))
		if want := filepath.Base(filepath.Dir(file)) + "/" + strings.TrimSuffix(filepath.Base(file), ".xml"); r.file() != want {
			t.Errorf("%s: its id says %s", file, r.file())
		}
		for format, ending := range map[string]string{"libvirt-text": ".txt", "libvirt-html": ".html"} {
			want := readFile(t, strings.TrimSuffix(file, ".xml")+ending)
			if got := mustRender(t, format, r); got != want {
				t.Errorf("%s as %s:\n%s", file, format, firstDifference(got, want))
			}
		}
	}
}

// aside is how the real files differ in form: quotes, and where a CDATA section begins.
var aside = regexp.MustCompile(`<!\[CDATA\[|\]\]>`)

// Reading and writing lose nothing, in libvirt's format and in ours.
func TestRealNoticesRoundTrip(t *testing.T) {
	for _, file := range realNotices(t) {
		text := readFile(t, file)
		r := mustParse(t, text)
		written := mustRender(t, "libvirt-xml", r)
		plain := func(s string) string { return strings.ReplaceAll(aside.ReplaceAllString(s, ""), "'", `"`) }
		text = strings.Replace(text, "<reference>ppp", "<reference>", 1) // a slip of the editor in 2014/0010
		if plain(written) != plain(text) {
			t.Errorf("%s:\n%s", file, firstDifference(plain(written), plain(text)))
		}
		for _, format := range []string{"yaml", "libvirt-xml", "yaml"} {
			if again := mustParse(t, mustRender(t, format, r)); !reflect.DeepEqual(again, r) {
				t.Errorf("%s: %s reads back as another notice", file, format)
			}
			r.Tidy() // makes blocks of quotes in YAML
		}
	}
}
