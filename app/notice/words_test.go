package notice

import (
	"strings"
	"testing"
)

func TestMarkdown(t *testing.T) {
	got := mustRender(t, "markdown", mustParse(t, sample))
	for _, want := range []string{
		"# LSN-2026-0007: Overflow in the parser of headers\n\n- Reported on: 2026-11-02\n",
		`- Reporter: Berrangé, Dan "DB" \<dan\@<!-- -->example.org\>` + "\n",
		"## Description\n\nA long header overflows a buffer.\n\nIt is reached before anybody has logged in.\n\n## Impact\n",
		"| main | 1.9, 1.10 | [1.11](<" + Libvirt().Repositories + "octo/app/-/tags/1.11>) | [111111111111](<" + Libvirt().Repositories +
			"octo/app/-/commit/1111111111111111111111111111111111111111>) | [222222222222](<" + Libvirt().Repositories + "octo/app/-/commit/2222222222222222222222222222222222222222>) |\n",
		"## References\n\n- <https://example.org/post?a=1&b=2>\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
}

func TestGHSA(t *testing.T) {
	got := mustRender(t, "ghsa", mustParse(t, sample))
	var heads []string
	for line := range strings.Lines(got) {
		if strings.HasPrefix(line, "#") {
			heads = append(heads, strings.TrimSpace(line))
		}
	}
	if want := "### Description ### Impact ### Patches: app ### Workarounds ### References"; strings.Join(heads, " ") != want {
		t.Errorf("heads %q, want %q", heads, want)
	}
}

func TestInMarkdown(t *testing.T) {
	for text, want := range map[string]string{
		"plain, (text)!":        "plain, (text)!",
		"<script>":              `\<script\>`,
		"![x](http://e)":        `!\[x\](<http://e>)`,
		"- a\n    1. b\n# c":    "\\- a\n1\\. b\n\\# c",
		"#1 @octo":              `\#<!-- -->1 \@<!-- -->octo`,
		"see https://e/a_b?x&y": "see <https://e/a_b?x&y>",
		"(https://e/~a#b-1).":   "(<https://e/~a#b-1>).",
		"https://e/?a&lt;b":     "<https://e/?a&amp;lt;b>",
		"https://e/|`[x](y)":    "<https://e/>\\|\\`\\[x\\](y)",
		"_x_ &lt; a*b `c`":      "\\_x\\_ \\&lt; a\\*b \\`c\\`",
		"--- | ~~x~~":           `\--- \| \~\~x\~\~`,
	} {
		if got := inMarkdown(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestMail(t *testing.T) {
	r := mustParse(t, strings.Replace(sample, "Put a proxy in front.", strings.Repeat("é", 3000), 1))
	got := mustRender(t, "mail", r)
	if !strings.HasPrefix(got, mustRender(t, "libvirt-text", r)[:200]) {
		t.Errorf("it does not begin as the text does:\n%s", got)
	}
	for _, want := range []string{"CVSS 3.1: CVSS:3.1/AV:N", "Analyst: Ana\n", "https://security.libvirt.org/2026/0007.html\n", "https://example.org/post?a=1&b=2\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if ended := mustRender(t, "mail", mustParse(t, uneven)); !strings.Contains(ended, "   End of life: app, branch stable-1.7: 2026-01-31\n") {
		t.Errorf("it does not say what has ended:\n%s", ended)
	}
	for line := range strings.Lines(got) {
		if len(line) > 998 {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
	if strings.ToValidUTF8(got, "") != got {
		t.Error("a character was cut")
	}
}
