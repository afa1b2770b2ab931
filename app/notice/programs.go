package notice

import "slices"

// maxPairs bounds what the formats make of a product's changes: each that brought the bug beside each that fixed it on its
// branch, and each part of a fix beside all branches.
const maxPairs = 100_000

// contradiction is a release that is said to be vulnerable and to be fixed: a program would believe either.
func (r *Record) contradiction() error {
	type release struct{ product, tag string }
	affected := map[release]bool{}
	for _, p := range r.Products {
		for _, tag := range p.tags(vulnerable) {
			affected[release{p.Name, tag}] = true
		}
	}
	for i, p := range r.Products {
		if slices.ContainsFunc(p.tags(fixed), func(tag string) bool { return affected[release{p.Name, tag}] }) {
			return &Error{at("products", i) + ".branches", "the same tag is vulnerable and fixed"}
		}
	}
	return nil
}

// unfollowable is what is wrong with changes that a program is to follow: hashes that are cut short, and more than it can pair.
func (r *Record) unfollowable() error {
	var l lint
	for i, p := range r.Products {
		pairs, parts, brought := 0, 0, len(p.Branches)
		for j, b := range p.Branches {
			field := at(at("products", i)+".branches", j)
			l.hashes(field+".vulnerable.changes", b.Vulnerable.Changes)
			l.hashes(field+".fixed.changes", b.Fixed.Changes)
			pairs += len(b.Vulnerable.Changes) * len(b.Fixed.Changes)
			parts, brought = max(parts, len(b.Fixed.Changes)), brought+len(b.Vulnerable.Changes)
		}
		if pairs+parts*brought > maxPairs {
			l.say(at("products", i)+".branches", "there are more changes than a record for programs can hold")
		}
	}
	if len(l) > 0 {
		return l[0]
	}
	return r.contradiction()
}
