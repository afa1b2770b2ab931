package notice

import (
	"fmt"
	"regexp"
	"strings"
)

// markdown writes a page for a repository or a release.
func markdown(r *Record, look Look) ([]byte, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s: %s\n\n", inMarkdown(look.Name(r)), inMarkdown(r.summary()))
	for _, f := range r.facts() {
		fmt.Fprintf(&b, "- %s: %s\n", f.title, inMarkdown(f.text))
	}
	b.WriteByte('\n')
	for _, s := range r.sections() {
		markdownSection(&b, "## "+s.title, s.text)
	}
	markdownBranches(&b, "## Affected: ", r, look)
	markdownFiles(&b, "## Files of the fix", r, look)
	markdownLinks(&b, "## References", r.References.Links)
	markdownHistory(&b, r)
	return []byte(strings.TrimRight(b.String(), "\n") + "\n"), nil
}

// ghsa writes the body of a GitHub advisory, under the headings of GitHub's own form. Its title, severity, CVE and weaknesses
// are fields beside it.
func ghsa(r *Record, look Look) ([]byte, error) {
	var b strings.Builder
	markdownSection(&b, "### Description", r.description())
	if strings.TrimSpace(r.Impact) != "" {
		markdownSection(&b, "### Impact", r.Impact)
	}
	markdownBranches(&b, "### Patches: ", r, look)
	markdownFiles(&b, "### Files of the fix", r, look)
	if strings.TrimSpace(r.Workaround) != "" {
		markdownSection(&b, "### Workarounds", r.Workaround)
	}
	markdownLinks(&b, "### References", append([]string{look.page(r, ".html")}, r.References.Links...))
	return []byte(strings.TrimRight(b.String(), "\n") + "\n"), nil
}

// facts are the short things to say of a notice, each on a line.
func (r *Record) facts() []section {
	var list []section
	for _, f := range []section{
		{"Reported on", r.Lifecycle.Reported.String()},
		{"Published on", r.Lifecycle.Published.String()},
		{"Fixed on", r.Lifecycle.Fixed.String()},
		{"See also", strings.Join(r.seeAlso(), ", ")},
		{"CVSS 4.0", r.Severity.CVSS40},
		{"CVSS 3.1", r.Severity.CVSS31},
		{"Weaknesses", strings.Join(r.CWE, ", ")},
	} {
		if f.text != "" {
			list = append(list, f)
		}
	}
	for _, who := range r.Credits {
		list = append(list, section{who.part(), mailboxes([]Credit{who})[0]})
	}
	return list
}

func markdownSection(b *strings.Builder, title, text string) {
	fmt.Fprintf(b, "%s\n\n", title)
	for _, paragraph := range paragraphs(text) {
		b.WriteString(inMarkdown(paragraph) + "\n\n")
	}
}

// markdownBranches is one table a product. The releases with the bug are many, and no links.
func markdownBranches(b *strings.Builder, title string, r *Record, look Look) {
	for _, p := range r.Products {
		changes := func(all []string) string {
			var links []string
			for _, sha := range all {
				links = append(links, fmt.Sprintf("[%.12s](<%s>)", sha, look.change(p, sha)))
			}
			return strings.Join(links, ", ")
		}
		fmt.Fprintf(b, "%s%s\n\n| Branch | Broken in | Fixed in | Broken by | Fixed by |\n|---|---|---|---|---|\n", title, inMarkdown(p.Name))
		for _, branch := range p.Branches {
			var tags []string
			for _, tag := range branch.Fixed.Tags {
				tags = append(tags, fmt.Sprintf("[%s](<%s>)", inMarkdown(tag), look.tag(p, tag)))
			}
			name := inMarkdown(branch.Name)
			if !branch.Ended.IsZero() {
				name += " (ended " + branch.Ended.String() + ")"
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", name, inMarkdown(strings.Join(branch.Vulnerable.Tags, ", ")), strings.Join(tags, ", "),
				changes(branch.Vulnerable.Changes), changes(branch.Fixed.Changes))
		}
		b.WriteByte('\n')
	}
}

// markdownHistory says why there are later versions.
func markdownHistory(b *strings.Builder, r *Record) {
	if len(r.Revisions) < 2 {
		return
	}
	b.WriteString("## Versions\n\n")
	for i, revision := range r.Revisions {
		fmt.Fprintf(b, "%d. %s: %s\n", i+1, revision.Day, inMarkdown(revision.Reason))
	}
	b.WriteByte('\n')
}

func markdownLinks(b *strings.Builder, title string, links []string) {
	if len(links) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", title)
	for _, link := range links {
		fmt.Fprintf(b, "- <%s>\n", link)
	}
}

// What begins a list, a heading or a rule at the start of a line; an emphasis, which is never inside a word; and so on.
var (
	lineStart = regexp.MustCompile(`(?m)^([-+=#]|\d{1,9}[.)]\B)`)
	outerLine = regexp.MustCompile(`(^|[^\pL\pN])_+|_+($|[^\pL\pN])`)
	entities  = regexp.MustCompile(`&(#?[A-Za-z0-9]+;)`)
	indented  = regexp.MustCompile(`(?m)^[ \t]+|[ \t]+$`)
	mention   = regexp.MustCompile(`[@#]\b`)
	address   = regexp.MustCompile("https?://[^\\s<>|\"`\\\\]*[A-Za-z0-9/&=#~-]")
)

// inMarkdown escapes text, so that it says what it says: no markup, no picture, nobody is mentioned and no issue is linked. The
// addresses in it stay links, and what is escaped elsewhere is as it was in them.
func inMarkdown(text string) string {
	const place = "\x00" // of an address: legal leaves none in a text
	text = indented.ReplaceAllString(strings.TrimSpace(strings.Map(legal, text)), "")
	links := address.FindAllString(text, -1)
	text = address.ReplaceAllString(text, place)
	text = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "~", `\~`).Replace(text)
	text = outerLine.ReplaceAllStringFunc(text, func(lines string) string { return strings.ReplaceAll(lines, "_", `\_`) })
	text = entities.ReplaceAllString(text, `\&$1`)
	text = mention.ReplaceAllStringFunc(text, func(sign string) string { return `\` + sign + "<!-- -->" })
	text = lineStart.ReplaceAllStringFunc(text, func(start string) string { return start[:len(start)-1] + `\` + start[len(start)-1:] })
	var b strings.Builder
	for i, part := range strings.Split(text, place) {
		if i > 0 {
			b.WriteString("<" + entities.ReplaceAllString(links[i-1], "&amp;$1") + ">")
		}
		b.WriteString(part)
	}
	return b.String()
}
