package sandbox

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// Refs are read from the repository's files: half of all git runs of a drill would be for-each-ref and rev-parse.
// Git packs a ref by writing packed-refs first and removing the loose file then, so a reader that looks at the loose
// file, at packed-refs and at the loose file again misses nothing, whatever git does meanwhile.

// Line is a ref and the object that it names.
type Line struct{ Name, SHA string }

var hash = regexp.MustCompile("^[0-9a-f]{40}$")

// Ref gives the hash that a full ref name points to, or "".
func (b *Bare) Ref(full string) string {
	for range 5 { // as deep as git follows symbolic refs
		if !strings.HasPrefix(full, "refs/") || !filepath.IsLocal(full) || filepath.Clean(full) != full {
			return ""
		}
		value := b.loose(full)
		if value == "" {
			if value = b.packed()[full]; value == "" {
				value = b.loose(full)
			}
		}
		target, symbolic := strings.CutPrefix(value, "ref: ")
		if !symbolic {
			return value
		}
		full = target
	}
	return ""
}

// loose reads one ref's own file: a hash, "ref: " and another ref, or "".
func (b *Bare) loose(full string) string {
	raw, err := os.ReadFile(filepath.Join(b.Dir, filepath.FromSlash(full)))
	if err != nil {
		return "" // absent, or a folder of refs
	}
	text := strings.TrimSpace(string(raw))
	if !hash.MatchString(text) && !strings.HasPrefix(text, "ref: ") {
		return ""
	}
	return text
}

// packed reads packed-refs; nil when there is none.
func (b *Bare) packed() map[string]string {
	raw, err := os.ReadFile(filepath.Join(b.Dir, "packed-refs"))
	if err != nil {
		return nil // nothing was ever packed
	}
	refs := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		sha, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		if ok && hash.MatchString(sha) {
			refs[name] = sha
		}
	}
	return refs
}

// walk reads every loose ref.
func (b *Bare) walk() map[string]string {
	refs := map[string]string{}
	root := filepath.Join(b.Dir, "refs")
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".lock") {
			return nil // git removes empty folders while we walk; what is gone is no ref
		}
		name := filepath.ToSlash(strings.TrimPrefix(path, b.Dir+string(filepath.Separator)))
		value := b.loose(name)
		if strings.HasPrefix(value, "ref: ") {
			value = b.Ref(name)
		}
		if value != "" {
			refs[name] = value
		}
		return nil
	})
	return refs
}

// Snapshot gives every ref with its hash.
func (b *Bare) Snapshot() map[string]string {
	loose := b.walk()
	all := b.packed()
	if all == nil {
		return loose
	}
	maps.Copy(all, loose)
	maps.Copy(all, b.walk())
	return all
}

// Refs lists the refs below a prefix, or the one that is named exactly so, in the order of their names.
func (b *Bare) Refs(prefix string) []Line {
	below := strings.TrimSuffix(prefix, "/") + "/"
	var list []Line
	for name, sha := range b.Snapshot() {
		if name == prefix || strings.HasPrefix(name, below) {
			list = append(list, Line{name, sha})
		}
	}
	slices.SortFunc(list, func(x, y Line) int { return strings.Compare(x.Name, y.Name) })
	return list
}

// Rev resolves a branch, tag, full ref name or hash to a commit, or gives "".
func (b *Bare) Rev(name string) string {
	if hash.MatchString(name) {
		return b.peel(name)
	}
	if strings.HasPrefix(name, "-") || strings.ContainsAny(name, "^~: \t\n") {
		return ""
	}
	if sha := b.Ref("refs/heads/" + name); sha != "" {
		return sha // git lets a branch be nothing but a commit
	}
	for _, full := range []string{"refs/tags/" + name, name} {
		if sha := b.Ref(full); sha != "" {
			return b.peel(sha)
		}
	}
	if strings.HasPrefix(name, "refs/") {
		return ""
	}
	out, err := b.Run("rev-parse", "--verify", "--quiet", name+"^{commit}")
	if err != nil {
		return ""
	}
	return out
}

// peel gives the commit that an object is or points to, or "".
func (b *Bare) peel(sha string) string {
	if b.Kind(sha) == "commit" {
		return sha
	}
	out, err := b.Run("rev-parse", "--verify", "--quiet", sha+"^{commit}")
	if err != nil {
		return ""
	}
	return out
}

// Kind gives the type of an object: commit, tag, tree or blob; "" when there is no such object.
func (b *Bare) Kind(sha string) string {
	if !hash.MatchString(sha) {
		return ""
	}
	b.mu.Lock()
	kind := b.kinds[sha]
	b.mu.Unlock()
	if kind != "" {
		return kind
	}
	kind, err := b.Run("cat-file", "-t", sha)
	if err != nil {
		return ""
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.kinds[sha] = kind
	return kind
}

// IsAncestor tells whether new contains old. env lets git see quarantined objects.
func (b *Bare) IsAncestor(env []string, old, new string) bool {
	_, err := b.RunWith(env, nil, "merge-base", "--is-ancestor", old, new)
	return err == nil
}

// MergeBase gives the newest commit that two others share; unrelated histories have none.
func (b *Bare) MergeBase(x, y string) string {
	out, err := b.Run("merge-base", x, y)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(out, "\n")
	return first
}

// MoveRef sets, creates or deletes a ref if it still points to old. Nothing is "" on either side.
func (b *Bare) MoveRef(name, new, old string) error {
	args := []string{"update-ref", name, new, OrZero(old)}
	if new == "" {
		args = []string{"update-ref", "-d", name, OrZero(old)}
	}
	if _, err := b.Run(args...); err != nil {
		return fmt.Errorf("move %s: %w", name, err)
	}
	return nil
}
