package notice

import (
	"crypto/sha256"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// FixFile is a file of the fix on one branch, which lies in the notice's own folder with another file of its checksum.
type FixFile struct {
	Name   string `yaml:"name"` // such as main.patch
	Branch string `yaml:"branch"`
	SHA256 string `yaml:"sha256"`
}

// Folder is where the files of a notice lie in a notices repository, with the slash at its end.
func (r *Record) Folder() string { return r.file() + "/" }

// AddFile names a branch's file of the kind given, such as patch, in the place of the one that was there. It gives what has to
// lie in the notices repository for it: the file, and its checksum as sha256sum reads it.
func (r *Record) AddFile(branch, kind string, data []byte) map[string][]byte {
	f := FixFile{Name: r.FileName(branch, kind), Branch: branch, SHA256: fmt.Sprintf("%x", sha256.Sum256(data))}
	if i := slices.IndexFunc(r.Files, func(old FixFile) bool { return old.Name == f.Name }); i >= 0 {
		r.Files[i] = f
	} else {
		r.Files = append(r.Files, f)
	}
	path := r.Folder() + f.Name
	return map[string][]byte{path: data, path + ".sha256": fmt.Appendf(nil, "%s  %s\n", f.SHA256, f.Name)}
}

// IsPatch reports whether a file is for people to read too.
func (f FixFile) IsPatch() bool { return strings.HasSuffix(f.Name, ".patch") }

// what is the file in words.
func (f FixFile) what() string {
	if f.IsPatch() {
		return "The fix of " + f.Branch + " as a patch"
	}
	return "The fix of " + f.Branch + " as a git bundle"
}

var (
	notInName  = regexp.MustCompile(`[^A-Za-z0-9._-]`)
	fileShape  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(patch|bundle)$`)
	sha256Hash = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// FileName is the name that a branch's file of a kind has, or would have. Slashes and what else is not in every file's name are
// dashes; of two branches that would have the same name the second one is told apart.
func (r *Record) FileName(branch, kind string) string {
	name := notInName.ReplaceAllString(branch, "-")
	name = strings.TrimLeft(name[:min(len(name), 80)], "._-")
	if name == "" || slices.ContainsFunc(r.Files, func(f FixFile) bool {
		return f.Branch != branch && strings.TrimSuffix(f.Name, path.Ext(f.Name)) == name
	}) {
		name += fmt.Sprintf("%.4x", sha256.Sum256([]byte(branch)))
	}
	return name + "." + kind
}

func (c *check) files(all []FixFile) {
	seen := map[string]bool{}
	for i, f := range bounded(c, "files", all) {
		field := at("files", i)
		if !fileShape.MatchString(f.Name) {
			c.wrong(field+".name", "want a file's name that ends in .patch or .bundle")
		}
		if seen[f.Name] {
			c.wrong(field+".name", "another file has this name")
		}
		seen[f.Name] = true
		c.ref(field+".branch", f.Branch)
		if !sha256Hash.MatchString(f.SHA256) {
			c.wrong(field+".sha256", "want the 64 digits of a SHA-256")
		}
	}
}

// file is the address of a file of the fix.
func (l Look) file(r *Record, f FixFile) string { return l.online(r.Folder() + f.Name) }

func markdownFiles(b *strings.Builder, title string, r *Record, look Look) {
	if len(r.Files) == 0 {
		return
	}
	fmt.Fprintf(b, "%s\n\n", title)
	for _, f := range r.Files {
		fmt.Fprintf(b, "- [%s](<%s>), SHA-256 `%s`\n", inMarkdown(f.what()), look.file(r, f), f.SHA256)
	}
	b.WriteByte('\n')
}

// mailFiles names the files with their checksums: not every list takes attachments.
func mailFiles(b *strings.Builder, r *Record, look Look) {
	if len(r.Files) == 0 {
		return
	}
	head(b, "Files of the fix")
	for _, f := range r.Files {
		fmt.Fprintf(b, "%s:\n%s\nSHA-256 %s\n\n", f.what(), look.file(r, f), f.SHA256)
	}
}

func (r *Record) osvFiles(look Look) []osvReference {
	var list []osvReference
	for _, f := range r.Files {
		kind := "WEB"
		if f.IsPatch() {
			kind = "FIX"
		}
		list = append(list, osvReference{kind, look.file(r, f)})
	}
	return list
}

func (r *Record) csafFiles(look Look) []csafReference {
	var list []csafReference
	for _, f := range r.Files {
		list = append(list, csafReference{"external", f.what(), look.file(r, f)})
	}
	return list
}

func (r *Record) cveFiles(look Look) []cveReference {
	var list []cveReference
	for _, f := range r.Files {
		if f.IsPatch() {
			list = append(list, cveReference{look.file(r, f), []string{"patch"}})
		}
	}
	return list
}
