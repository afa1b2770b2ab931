package notice

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// CSAF's products: a tree of them, what each one's state is, and what to do about it.
type (
	csafTree struct {
		Branches []csafBranch `json:"branches"`
	}
	csafBranch struct {
		Branches []csafBranch `json:"branches,omitempty"`
		Category string       `json:"category"`
		Name     string       `json:"name"`
		Product  *csafProduct `json:"product,omitempty"`
	}
	csafProduct struct {
		Name   string      `json:"name"`
		ID     string      `json:"product_id"`
		Helper *csafHelper `json:"product_identification_helper,omitempty"`
	}
	csafHelper struct {
		PURL string `json:"purl"`
	}
	csafStatus struct {
		Fixed    []string `json:"fixed,omitempty"`
		Affected []string `json:"known_affected,omitempty"`
	}
	csafRemediation struct {
		Category string   `json:"category"`
		Details  string   `json:"details"`
		Products []string `json:"product_ids"`
	}
	csafProducts struct {
		branches []csafBranch
		status   csafStatus
		remedies []csafRemediation
	}
)

// rangeWords in the name of a version make CSAF's readers take it for a range of versions.
var rangeWords = regexp.MustCompile(`(?i)\b(after|all|before|earlier|later|prior|versions)\b|[<>]`)

// csafRefuses is what CSAF can't say.
func (r *Record) csafRefuses() error {
	said, names := false, map[string]bool{}
	for i, p := range r.Products {
		if names[p.Name] {
			return &Error{at("products", i) + ".name", "another product has it too, and CSAF tells products by their names"}
		}
		names[p.Name] = true
		said = said || len(p.Branches) > 0
	}
	if !said {
		return &Error{"products", "none has a branch, and a CSAF advisory names what is affected"}
	}
	return r.contradiction()
}

// states are what is affected and what is not any more: the releases, and each branch before and after its fix.
func (p *Product) states() (affected, mended []string) {
	affected = append(p.tags(vulnerable), p.each(func(b Branch) []string { return []string{b.unmended()} })...)
	mended = append(p.tags(fixed), p.each(func(b Branch) []string {
		if !b.fixed() {
			return nil
		}
		return []string{"branch " + b.Name + " with the fix"}
	})...)
	return affected, mended
}

// unmended is the state of a branch that has the bug.
func (b Branch) unmended() string { return "branch " + b.Name + " without the fix" }

// csafProducts tells the state of every product that has one.
func (r *Record) csafProducts() csafProducts {
	var all csafProducts
	for _, p := range r.Products {
		affected, mended := p.states()
		var versions []csafBranch
		for _, name := range slices.Concat(affected, mended) {
			versions = append(versions, p.csafVersion(name))
		}
		if len(versions) == 0 {
			continue
		}
		all.branches = append(all.branches, csafBranch{Category: "product_name", Name: p.Name, Branches: versions})
		all.status.Fixed = append(all.status.Fixed, p.ids(mended)...)
		all.status.Affected = append(all.status.Affected, p.ids(affected)...)
		all.remedies = append(all.remedies, p.csafRemedies()...)
	}
	if around := english(r.Workaround)[0].Value; around != "" && len(all.status.Affected) > 0 {
		all.remedies = append(all.remedies, csafRemediation{"workaround", around, all.status.Affected})
	}
	return all
}

// ids name a product's states within the document.
func (p *Product) ids(states []string) []string {
	var ids []string
	for _, name := range states {
		ids = append(ids, p.Name+":"+name)
	}
	return ids
}

// csafVersion is a release, which has a package URL, or a branch with or without the fix.
func (p *Product) csafVersion(name string) csafBranch {
	product := &csafProduct{Name: p.Name + " " + name, ID: p.ids([]string{name})[0]}
	category := "patch_level"
	if !strings.Contains(name, " ") {
		product.Helper = &csafHelper{p.purl(name)}
		if !rangeWords.MatchString(name) {
			category = "product_version"
		}
	}
	return csafBranch{Category: category, Name: name, Product: product}
}

// csafRemedies tell what to do, one for all branches with a fix, and one for those without where that is not the same. A release
// of several branches can go where there is a fix.
func (p *Product) csafRemedies() []csafRemediation {
	var list []csafRemediation
	told := map[string]bool{}
	for _, category := range []string{"vendor_fix", "none_available", "no_fix_planned"} {
		var lines, states []string
		for _, b := range p.Branches {
			if of, line := b.csafRemedy(); of == category {
				lines, states = append(lines, line), append(append(states, b.Vulnerable.Tags...), b.unmended())
			}
		}
		states = slices.DeleteFunc(unique(states), func(state string) bool { return told[state] })
		maps.Copy(told, set(states))
		if len(states) > 0 {
			list = append(list, csafRemediation{category, strings.Join(lines, "\n"), p.ids(states)})
		}
	}
	return list
}

func (b Branch) csafRemedy() (category, line string) {
	switch {
	case len(b.Fixed.Tags) > 0:
		return "vendor_fix", "Branch " + b.Name + ": update to " + strings.Join(b.Fixed.Tags, ", ") + "."
	case b.fixed():
		return "vendor_fix", "Branch " + b.Name + ": no release has the fix yet; apply " + strings.Join(b.Fixed.Changes, ", ") + "."
	case !b.Ended.IsZero():
		return "no_fix_planned", "Branch " + b.Name + " has reached its end of life: no fix is planned."
	}
	return "none_available", "Branch " + b.Name + ": there is no fix yet."
}
