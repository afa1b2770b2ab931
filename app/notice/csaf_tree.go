package notice

import (
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
		affected, mended := p.states()
		is := set(affected)
		if slices.ContainsFunc(mended, func(name string) bool { return is[name] }) {
			return &Error{at("products", i) + ".branches", "the same tag is vulnerable and fixed"}
		}
		said = said || len(affected)+len(mended) > 0
	}
	if !said {
		return &Error{"products", "no branch says what is vulnerable or fixed, and a CSAF advisory names products"}
	}
	return nil
}

// states are what is affected and what is not any more: the releases, and each branch before and after its fix.
func (p *Product) states() (affected, mended []string) {
	affected = append(p.tags(vulnerable), p.each(func(b Branch) []string {
		if len(b.Vulnerable.Tags)+len(b.Vulnerable.Changes)+len(b.Fixed.Changes) == 0 {
			return nil
		}
		return []string{"branch " + b.Name + " without the fix"}
	})...)
	mended = append(p.tags(fixed), p.each(func(b Branch) []string {
		if len(b.Fixed.Changes) == 0 {
			return nil
		}
		return []string{"branch " + b.Name + " with the fix"}
	})...)
	return affected, mended
}

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
		if len(affected) > 0 {
			all.status.Affected = append(all.status.Affected, p.ids(affected)...)
			all.remedies = append(all.remedies, p.csafRemedy(affected))
		}
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

// csafRemedy tells branch by branch where the fix is.
func (p *Product) csafRemedy(affected []string) csafRemediation {
	var lines []string
	category := "none_available"
	for _, b := range p.Branches {
		if b.fixed() || len(b.Fixed.Tags) > 0 {
			category = "vendor_fix"
		} else if !b.Ended.IsZero() && category == "none_available" {
			category = "no_fix_planned"
		}
		switch {
		case len(b.Fixed.Tags) > 0:
			lines = append(lines, "Branch "+b.Name+": update to "+strings.Join(b.Fixed.Tags, ", ")+".")
		case len(b.Fixed.Changes) > 0:
			lines = append(lines, "Branch "+b.Name+": no release has the fix yet; apply "+strings.Join(b.Fixed.Changes, ", ")+".")
		case !b.Ended.IsZero():
			lines = append(lines, "Branch "+b.Name+" has reached its end of life: no fix is planned.")
		}
	}
	if len(lines) == 0 {
		lines = []string{"There is no fix yet."}
	}
	return csafRemediation{category, strings.Join(lines, "\n"), p.ids(affected)}
}
