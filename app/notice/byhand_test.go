package notice

import (
	"strings"
	"testing"
)

// TestByHand: no format lets typed versions pass for computed ones.
func TestByHand(t *testing.T) {
	r := mustParse(t, strings.Replace(sample, "products:\n", "versions_by_hand: The old tree is not in git.\nproducts:\n", 1))
	const says = "were given by hand: The old tree is not in git."
	for _, format := range []string{"libvirt-xml", "libvirt-text", "libvirt-html", "markdown", "mail", "ghsa", "osv", "csaf", "openvex"} {
		text := strings.Join(strings.Fields(mustRender(t, format, r)), " ")
		if !strings.Contains(text, says) || strings.Contains(text, says+".") {
			t.Errorf("%s does not say so:\n%s", format, text)
		}
	}
	if cve, err := Render("cve", r, withCNA()); err != nil || !strings.Contains(string(cve), says) {
		t.Errorf("%v, %s", err, cve)
	}
	valid(t, schema(t, "openvex.json"), mustRender(t, "openvex", r))
	text := mustRender(t, "osv", r)
	valid(t, schema(t, "osv.json"), text)
	if !strings.Contains(text, `"versions_by_hand": "The old tree is not in git."`) {
		t.Error("OSV has no field of it")
	}
	if again := mustParse(t, mustRender(t, "yaml", r)); again.ByHand != r.ByHand || again.Description != r.Description {
		t.Errorf("%+v", again)
	}
	r.ByHand = "of two\nlines"
	if err := r.Check(); err == nil || !strings.HasPrefix(err.Error(), "versions_by_hand: ") {
		t.Errorf("a reason of two lines: %v", err)
	}
	for _, text := range csafOf(t, mustParse(t, strings.Replace(sample, "products:\n", "versions_by_hand: so\nproducts:\n", 1))) {
		validCSAF(t, text)
	}
}
