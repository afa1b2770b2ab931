package notice

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func osvOf(t *testing.T, text string, look Look) osvRecord {
	t.Helper()
	written, err := Render("osv", mustParse(t, text), look)
	if err != nil {
		t.Fatal(err)
	}
	valid(t, schema(t, "osv.json"), string(written))
	var got osvRecord
	if err := json.Unmarshal(written, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// A product that a registry has is told of by the registry's versions too.
func TestOSVPackages(t *testing.T) {
	look, err := ParseLook([]byte(`packages:
  - {product: app, ecosystem: PyPI, name: octo-app, tag: v}
  - {product: app, ecosystem: Go, name: example.org/app, tag: v}
  - {product: other, ecosystem: Go, name: example.org/other, tag: v}
`))
	if err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("[1.9, 1.10]", "[v1.9.0, v1.10.0, v1.11.0-rc1, nightly]", "[1.11]", "[v1.11.0]", "[1.9.1]", "[v1.9.1, v1.9.2]",
		"{changes: [3", "{tags: [v1.9.3], changes: [3").Replace(sample)
	got := osvOf(t, text, look)
	events := []osvEvent{{Introduced: "1.9.0"}, {Fixed: "1.9.3"}, {Introduced: "1.10.0"}, {Fixed: "1.11.0"}}
	if len(got.Affected) != 3 || got.Affected[0].Package != nil || got.Affected[0].Ranges[0].Type != "GIT" {
		t.Fatalf("%+v", got.Affected)
	}
	for i, want := range []osvAffected{
		{&osvPackage{"PyPI", "octo-app"}, []osvRange{{Type: "ECOSYSTEM"}}, nil}, {&osvPackage{"Go", "example.org/app"}, []osvRange{{Type: "SEMVER"}}, nil},
	} {
		a := got.Affected[i+1]
		if *a.Package != *want.Package || a.Ranges[0].Type != want.Ranges[0].Type || !slices.Equal(a.Ranges[0].Events, events) {
			t.Errorf("%+v: %+v", a.Package, a.Ranges)
		}
		if !slices.Equal(a.Versions, []string{"1.9.0", "1.10.0", "1.11.0-rc1", "1.9.1", "1.9.2"}) {
			t.Errorf("%+v: %v", a.Package, a.Versions)
		}
	}
	if none := osvOf(t, strings.ReplaceAll(text, "v1", "w1"), look); len(none.Affected) > 1 {
		t.Errorf("tags that are no versions: %+v", none.Affected[1:])
	}
}

// Whichever releases are affected, a reader of the range calls each what it is.
func TestOSVRangesTellTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) string {
			n := rapid.IntRange(0, 11)
			return fmt.Sprintf("%d.%d.%d", n.Draw(t, "major"), n.Draw(t, "minor"), n.Draw(t, "patch"))
		}), 1, 20, rapid.ID).Draw(t, "versions")
		cut := rapid.IntRange(0, len(versions)).Draw(t, "affected")
		affected, mended := versions[:cut], versions[cut:]
		ranges := Package{Ecosystem: "npm"}.ranges(affected, mended)
		for i, version := range versions {
			is := false
			for _, r := range ranges {
				for _, e := range r.Events { // in the order of their versions
					if at := e.Introduced + e.Fixed; slices.Compare(numbers(at), numbers(version)) <= 0 {
						is = e.Introduced != ""
					}
				}
			}
			if is != (i < cut) {
				t.Fatalf("%s: affected %v by %+v", version, is, ranges)
			}
		}
	})
}

func TestWrongPackages(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"{product: app, ecosystem: CPAN, name: app}", "packages[0].ecosystem:"},
		{"{product: '', ecosystem: Go, name: app}", "packages[0].product:"},
		{`{product: app, ecosystem: Go, name: "a\nb"}`, "packages[0].name:"},
		{"{product: app, ecosystem: Go, name: app, tag: '<b>'}", "packages[0].tag:"},
		{"{product: app, ecosystem: Go, name: app, tags: v}", "line 1"},
	} {
		if _, err := ParseLook([]byte("packages: [" + test.text + "]\n")); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %s", test.text, err, test.want)
		}
	}
}
