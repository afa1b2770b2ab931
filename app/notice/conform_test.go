package notice

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// withCNA is a look in which every format can be written.
func withCNA() Look {
	look := Libvirt()
	look.CNA = "53f830b8-0a3f-465b-8143-3b8a9948e749"
	for ecosystem := range ecosystems {
		look.Packages = append(look.Packages, Package{"app", ecosystem, "octo/app", ""}, Package{"a/b", ecosystem, "<b>", "v"})
	}
	slices.SortFunc(look.Packages, func(a, b Package) int { return strings.Compare(a.Ecosystem, b.Ecosystem) })
	return look
}

// documents are what is written in JSON, of the sample and of strange notices, by the names of their schemas.
func documents(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for i, r := range append(strange(t), mustParse(t, sample)) {
		for _, format := range []string{"osv", "cve", "openvex", "csaf"} {
			if text, err := Render(format, r, withCNA()); err == nil {
				all[format] = append(all[format], string(text))
			}
		}
		if files, err := Site([]*Record{r}, withCNA()); err != nil {
			t.Errorf("notice %d: %v", i, err)
		} else {
			for _, f := range files {
				switch f.Path {
				case csafFeedFile:
					all["csaf-feed"] = append(all["csaf-feed"], string(f.Text))
				case csafProviderFile:
					all["csaf-provider"] = append(all["csaf-provider"], string(f.Text))
				}
			}
		}
	}
	return all
}

// officialSchemas are those that ours stand for.
func officialSchemas() map[string]func(*testing.T) *jsonschema.Schema {
	from := func(name string) func(*testing.T) *jsonschema.Schema {
		return func(t *testing.T) *jsonschema.Schema { return schema(t, name) }
	}
	return map[string]func(*testing.T) *jsonschema.Schema{
		"osv": from("osv.json"), "cve": from("cve-5.1.1-cnaPublishedContainer.json"), "openvex": from("openvex.json"),
		"csaf": from("csaf-2.0-csaf_json_schema.json"), "csaf-provider": from("csaf-2.0-provider_json_schema.json"), "csaf-feed": rolieSchema,
	}
}

// Our schemas are no weaker than the official ones: of documents spoilt at random, ours refuse each that those refuse, and
// say so in words that hold nothing of the document.
func TestSchemasAreNoWeaker(t *testing.T) {
	all := documents(t)
	for name, load := range officialSchemas() {
		t.Run(name, func(t *testing.T) {
			theirs, good := load(t), all[name]
			if len(good) < 10 {
				t.Fatalf("there are only %d documents", len(good))
			}
			random, refused := rand.New(rand.NewPCG(1, 2)), 0
			for i := range 600 {
				var v any
				if err := json.Unmarshal([]byte(good[i%len(good)]), &v); err != nil {
					t.Fatal(err)
				}
				if i < len(good) {
					if err := theirs.Validate(v); err != nil {
						t.Fatalf("not spoilt at all: %v", err)
					}
				}
				for range 1 + random.IntN(2) {
					v = spoil(random, v)
				}
				text, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				wrong := theirs.Validate(v)
				if wrong == nil {
					continue
				}
				refused++
				switch err := conforms(name, text); {
				case err == nil:
					t.Fatalf("ours takes what theirs refuses: %v\n%.2000s", wrong, text)
				case strings.Contains(err.Error(), "secret"):
					t.Fatalf("the error repeats the document: %v", err)
				}
			}
			if refused < 100 {
				t.Errorf("only %d of 600 were refused", refused)
			}
		})
	}
}

// spoil changes one place of a document.
func spoil(random *rand.Rand, v any) any {
	type place struct {
		get func() any
		set func(any)
	}
	var places []place
	var walk func(place)
	walk = func(p place) {
		places = append(places, p)
		switch at := p.get().(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(at)) {
				walk(place{func() any { return at[key] }, func(v any) { at[key] = v }})
			}
		case []any:
			for i := range at {
				walk(place{func() any { return at[i] }, func(v any) { at[i] = v }})
			}
		}
	}
	walk(place{func() any { return v }, func(other any) { v = other }})
	one, other := places[random.IntN(len(places))], places[random.IntN(len(places))]
	switch at := one.get().(type) {
	case map[string]any:
		keys := slices.Sorted(maps.Keys(at))
		if len(keys) > 0 && random.IntN(2) == 0 {
			delete(at, keys[random.IntN(len(keys))])
			return v
		}
		at["secret"] = "secret"
		return v
	case []any:
		switch random.IntN(3) {
		case 0:
			one.set([]any{})
		case 1:
			one.set(append(slices.Clone(at), at...))
		default:
			one.set(append(slices.Clone(at), copied(other.get())))
		}
		return v
	}
	bad := []any{
		nil, true, -1.0, 0.0, 4.0, 10.5, "", " ", "secret", "\n", strings.Repeat("secret", 3000), "javascript:alert(1)", "2026-02-31T00:00:00Z", "https://example.org/x y",
		"CVSS:3.1/AV:N", "CVE-1", "affected", "fixed", "CRITICAL", "NONE", "GIT", "0", map[string]any{}, []any{}, copied(other.get()),
	}
	one.set(bad[random.IntN(len(bad))])
	return v
}

// copied keeps a document from holding itself.
func copied(v any) any {
	switch v := v.(type) {
	case map[string]any:
		other := map[string]any{}
		for key, value := range v {
			other[key] = copied(value)
		}
		return other
	case []any:
		var other []any
		for _, value := range v {
			other = append(other, copied(value))
		}
		return other
	}
	return v
}
