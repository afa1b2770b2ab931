package notice

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Package is a product as a registry has it. Its versions are the product's tags without what they begin with.
type Package struct {
	Product   string `yaml:"product"` // its name in notices
	Ecosystem string `yaml:"ecosystem"`
	Name      string `yaml:"name"`
	Tag       string `yaml:"tag"` // what tags begin with, such as v
}

// ecosystems are those of OSV that upstream projects publish in, and how OSV orders their versions.
var ecosystems = map[string]string{
	"crates.io": "SEMVER", "Go": "SEMVER", "npm": "SEMVER",
	"ConanCenter": "ECOSYSTEM", "CRAN": "ECOSYSTEM", "GitHub Actions": "ECOSYSTEM", "Hackage": "ECOSYSTEM", "Hex": "ECOSYSTEM",
	"Maven": "ECOSYSTEM", "NuGet": "ECOSYSTEM", "opam": "ECOSYSTEM", "Packagist": "ECOSYSTEM", "Pub": "ECOSYSTEM", "PyPI": "ECOSYSTEM",
	"RubyGems": "ECOSYSTEM", "SwiftURL": "ECOSYSTEM",
}

var (
	semverShape  = regexp.MustCompile(`^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})([-+][0-9A-Za-z.+-]{1,100})?$`)
	versionShape = regexp.MustCompile(`^\d[0-9A-Za-z.+_~-]{0,100}$`)
	plainShape   = regexp.MustCompile(`^\d{1,9}(\.\d{1,9})*$`)
)

func (c *check) packages(all []Package) {
	if len(all) > maxList {
		c.wrong("packages", "there are more than %d", maxList)
		return
	}
	for i, p := range all {
		field := at("packages", i)
		c.line(field+".product", p.Product, maxLine)
		c.line(field+".name", p.Name, maxLine)
		if _, known := ecosystems[p.Ecosystem]; !known {
			c.wrong(field+".ecosystem", "there is no such ecosystem; known: %s", strings.Join(slices.Sorted(maps.Keys(ecosystems)), ", "))
		}
		if p.Tag != "" {
			c.ref(field+".tag", p.Tag)
		}
	}
}

// packages are a product's packages with the versions that are affected. A package without one is left out.
func (l Look) packages(p Product) []osvAffected {
	var list []osvAffected
	for _, as := range l.Packages {
		if as.Product != p.Name {
			continue
		}
		affected := as.versions(p.tags(vulnerable))
		if len(affected) > 0 {
			list = append(list, osvAffected{
				Package: &osvPackage{as.Ecosystem, as.Name}, Ranges: as.ranges(affected, as.versions(p.tags(fixed))), Versions: affected,
			})
		}
	}
	return list
}

// versions are what tags mean in the package's ecosystem. A tag that is no version of it is left out.
func (as Package) versions(tags []string) []string {
	shape := versionShape
	if ecosystems[as.Ecosystem] == "SEMVER" {
		shape = semverShape
	}
	var list []string
	for _, tag := range tags {
		if version, is := strings.CutPrefix(tag, as.Tag); is && shape.MatchString(version) {
			list = append(list, version)
		}
	}
	return list
}

// ranges begin at each affected version that follows one with the fix, and end at the next with the fix. They are made of
// plain numbers alone, which all ecosystems order alike: a pre-release is affected if the list of versions has it, or the
// releases around it are.
func (as Package) ranges(affected, mended []string) []osvRange {
	versions := slices.DeleteFunc(slices.Concat(affected, mended), func(v string) bool { return !plainShape.MatchString(v) })
	slices.SortFunc(versions, func(a, b string) int { return slices.CompareFunc(numbers(a), numbers(b), cmp.Compare) })
	isAffected, inside := set(affected), false
	var events []osvEvent
	for _, version := range versions {
		switch is := isAffected[version]; {
		case is && !inside:
			events = append(events, osvEvent{Introduced: version})
			inside = true
		case !is && inside:
			events = append(events, osvEvent{Fixed: version})
			inside = false
		}
	}
	if len(events) == 0 {
		return nil
	}
	return []osvRange{{Type: ecosystems[as.Ecosystem], Events: events}}
}

func numbers(version string) []int {
	var list []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // it has at most nine digits
		list = append(list, n)
	}
	return list
}
