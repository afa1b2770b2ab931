package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liftgate/liftgate/app/notice"
)

func noticeCommand(c *console) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "notice",
		Short: "Render, check and publish notices, the record of an advisory",
		Long: `A notice is a file in YAML, or in libvirt's security-notice 1.0 XML. These commands need no server and no configuration.

All that a notice may say in YAML; only id, summary, description and one day are needed:

` + noticeExample + `
Changes: nothing, but for site and import, which write files.

` + exitCodes,
		Example: "  liftgate notice render --format libvirt-text 2026/0007.yml",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(renderCommand(c), lintCommand(c), rangesCommand(c), siteCommand(c), importCommand(c))
	return cmd
}

const noticeExample = `  id: 2026-0007
  summary: at most 80 characters
  description: |
    Text.
  impact: Text.
  workaround: Text.
  severity:
    cvss_3_1: CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H
    cvss_4_0: CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N
  cwe: [CWE-787]
  credits:
    - {role: reporter, name: Dan, email: dan@example.org}
  lifecycle: {reported: 2026-11-02, published: 2026-11-17, fixed: 2026-11-17}
  references:
    advisories: [{type: CVE, id: 2026-12345}]
    bugs: [{tracker: redhat, id: 1043069}]
    links: [https://example.org/post]
  versions_by_hand: only where products are typed and not the repository's; every format says it
  products:
    - name: app
      repository: app.git
      branches:
        - name: main
          vulnerable: {tags: [v1.10], changes: [<hash of a commit>]}
          fixed: {tags: [v1.11], changes: [<hash of a commit>]}
  files:
    - {name: main.patch, branch: main, sha256: <64 digits>}
`

const lookHelp = `--look names a YAML file with the project's own: project, prefix, repositories (the URL before their names), links (what
stands before the name of a branch, a tag and a change there: on GitHub /commits/, /releases/tag/ and /commit/), site (its
URL), stylesheet, cna (the UUID of the organization that submits CVE records), and packages (what registries have of the
products, for OSV: each with product, ecosystem, name, and tag, which is what stands before the version in a tag). What it
does not say is as libvirt has it.`

func renderCommand(c *console) *cobra.Command {
	var format, look string
	cmd := &cobra.Command{
		Use:   "render --format FORMAT FILE",
		Short: "Print a notice in another format",
		Long: `Render prints a notice in one of these formats:
` + strings.Join(notice.Formats(), ", ") + `.

A notice that must not be published as it is, is refused with the field named; so is a document that its format's schema
would refuse.

` + lookHelp + `

Changes: nothing. Exit codes: 0 printed, 2 wrong command line, look or notice.`,
		Example: "  liftgate notice render --format libvirt-html 2026/0007.yml > 0007.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format == "" {
				return usageError(cmd, errors.New("say which with --format: "+strings.Join(notice.Formats(), ", ")))
			}
			text, err := renderFile(format, args[0], look)
			if err != nil {
				return withCode(exitUsage, err)
			}
			return c.print("%s", text)
		},
	}
	cmd.Flags().StringVarP(&format, "format", "f", "", "the format (required)")
	cmd.Flags().StringVar(&look, "look", "", "a file that says whose notices they are")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions(notice.Formats(), cobra.ShellCompDirectiveNoFileComp)) // fails only for a flag that is not there
	return cmd
}

func renderFile(format, file, lookFile string) ([]byte, error) {
	look, err := readLook(lookFile)
	if err != nil {
		return nil, err
	}
	r, err := readNotice(file)
	if err != nil {
		return nil, err
	}
	return notice.Render(format, r, look)
}

func siteCommand(c *console) *cobra.Command {
	var out, lookFile string
	cmd := &cobra.Command{
		Use:   "site DIR",
		Short: "Write the pages of a folder of notices",
		Long: `Site reads the notices in DIR, each YEAR/NUMBER.yml or YEAR/NUMBER.xml, and writes index.html, index.xml, a feed, a style
sheet, and for each notice a page, its text and its XML. Where both are there, the YAML is read. The same notices give the
same bytes. For a site under https it writes what makes the project a CSAF provider too: the advisories with their checksums
and a feed in csaf/, and .well-known/csaf/provider-metadata.json, which the host must serve.

` + lookHelp + `

Changes: the files of the site, in DIR or where --out says.

Exit codes: 0 written, 1 writing failed, 2 wrong command line, look or notice.`,
		Example: "  liftgate notice site --out public notices",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			files, err := siteOf(args[0], lookFile)
			if err != nil {
				return withCode(exitUsage, err)
			}
			for _, f := range files {
				if err := writeBelow(or(out, args[0]), f, os.O_TRUNC); err != nil {
					return fmt.Errorf("write site: %w", err)
				}
			}
			c.say("%d files written", len(files))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "folder to write to (default DIR)")
	cmd.Flags().StringVar(&lookFile, "look", "", "a file that says whose notices they are")
	return cmd
}

func siteOf(dir, lookFile string) ([]notice.File, error) {
	look, err := readLook(lookFile)
	if err != nil {
		return nil, err
	}
	files, err := findNotices(dir)
	if err != nil {
		return nil, err
	}
	records, err := readNotices(files)
	if err != nil {
		return nil, err
	}
	for i, r := range records {
		place := strings.TrimSuffix(files[i], filepath.Ext(files[i]))
		if id := filepath.Base(filepath.Dir(place)) + "-" + filepath.Base(place); id != r.ID {
			return nil, fmt.Errorf("%s: id: it does not say what the file is named after", files[i])
		}
	}
	return notice.Site(records, look)
}

// findNotices gives one file for each notice of a folder. An XML file beside a YAML file was made from it.
func findNotices(dir string) ([]string, error) {
	if _, err := os.Stat(dir); err != nil {
		return nil, fmt.Errorf("find notices: %w", err)
	}
	const year, number = "[0-9][0-9][0-9][0-9]", "[0-9][0-9][0-9][0-9]*"
	var files []string
	for _, ending := range []string{".yml", ".xml"} {
		found, err := filepath.Glob(filepath.Join(literal(dir), year, number+ending))
		if err != nil {
			return nil, fmt.Errorf("find notices: %w", err)
		}
		for _, file := range found {
			if _, err := os.Stat(strings.TrimSuffix(file, ending) + ".yml"); ending == ".yml" || err != nil {
				files = append(files, file)
			}
		}
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("there is no notice in %s; want YEAR/NUMBER.yml or .xml", dir)
	}
	return files, nil
}

// literal is a folder's name as a pattern that only it fits.
func literal(dir string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(dir)
}

func importCommand(c *console) *cobra.Command {
	var into string
	cmd := &cobra.Command{
		Use:   "import --into DIR FILE...",
		Short: "Bring a project's old notices in",
		Long: `Import reads notices in libvirt's XML and writes each as DIR/YEAR/NUMBER.yml, with the white space of its texts put in order.
What lint finds in them is told, and they are imported all the same. A file that is there already is never touched.

Changes: new files in DIR. Exit codes: 0 written, 1 writing failed, 2 wrong command line or notice; then nothing is written.`,
		Example: "  liftgate notice import --into notices libvirt-security-notice/*/*.xml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if into == "" {
				return usageError(cmd, errors.New("say where to with --into DIR"))
			}
			records, err := readNotices(args)
			if err != nil {
				return withCode(exitUsage, err)
			}
			for i, r := range records {
				for _, e := range r.Lint(c.now()) {
					c.say("%s: %s", args[i], oneLine(e.Error()))
				}
			}
			for _, e := range notice.LintAll(records) {
				c.say("%s", oneLine(e.Error()))
			}
			return c.importInto(into, records)
		},
	}
	cmd.Flags().StringVar(&into, "into", "", "folder of the notices (required)")
	return cmd
}

// importInto writes all notices, or none if one of them can't be new.
func (c *console) importInto(dir string, records []*notice.Record) error {
	var files []notice.File
	for _, r := range records {
		r.Tidy()
		text, err := notice.Render("yaml", r, notice.Libvirt())
		if err != nil {
			return err
		}
		file := notice.File{Path: notice.Path("yaml", r), Text: text}
		_, err = os.Lstat(filepath.Join(dir, file.Path))
		if err == nil || slices.ContainsFunc(files, func(other notice.File) bool { return other.Path == file.Path }) {
			return fmt.Errorf("import notice: %s exists already, or would be written twice; nothing was written", filepath.Join(dir, file.Path))
		}
		files = append(files, file)
	}
	for _, file := range files {
		if err := writeBelow(dir, file, os.O_EXCL); err != nil {
			return fmt.Errorf("import notice: %w", err)
		}
		if err := c.print("%s\n", filepath.Join(dir, file.Path)); err != nil {
			return err
		}
	}
	return nil
}

func writeBelow(dir string, f notice.File, mode int) (err error) {
	path := filepath.Join(dir, filepath.FromSlash(f.Path))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|mode, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	_, err = file.Write(f.Text)
	return err
}

func readNotices(files []string) ([]*notice.Record, error) {
	var records []*notice.Record
	var wrong []error
	for _, file := range files {
		r, err := readNotice(file)
		if err != nil {
			wrong = append(wrong, err)
		}
		records = append(records, r)
	}
	return records, errors.Join(wrong...)
}

func readNotice(file string) (*notice.Record, error) {
	text, err := readBounded(file)
	if err != nil {
		return nil, fmt.Errorf("read notice: %w", err)
	}
	r, err := notice.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return r, nil
}

// readLook reads a look; without a file it is libvirt's.
func readLook(file string) (notice.Look, error) {
	if file == "" {
		return notice.Libvirt(), nil
	}
	text, err := readBounded(file)
	if err != nil {
		return notice.Look{}, fmt.Errorf("read look: %w", err)
	}
	look, err := notice.ParseLook(text)
	if err != nil {
		return notice.Look{}, fmt.Errorf("%s: %w", file, err)
	}
	return look, nil
}

// readBounded reads one byte more than any notice may have, which the parser then refuses.
func readBounded(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(file, notice.MaxSize+1))
}
