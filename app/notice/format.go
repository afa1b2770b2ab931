package notice

import (
	"fmt"
	"slices"
	"strings"
)

// format is a way to write a notice.
type format struct {
	name, ending string
	write        func(*Record, Look) ([]byte, error)
}

// formats are all that there are, in the order of the help.
func formats() []format {
	return []format{
		{"libvirt-xml", ".xml", libvirtXML},
		{"libvirt-text", ".txt", libvirtText},
		{"libvirt-html", ".html", libvirtHTML},
		{"markdown", ".md", markdown},
		{"mail", ".mail.txt", mail},
		{"ghsa", ".ghsa.md", ghsa},
		{"osv", ".json", osv},
		{"csaf", ".csaf.json", csaf},
		{"cve", ".cve.json", cve},
		{"openvex", ".openvex.json", openVEX},
		{"yaml", ".yml", func(r *Record, _ Look) ([]byte, error) { return writeYAML(r) }},
	}
}

// Formats are the names that Render knows.
func Formats() []string {
	var names []string
	for _, f := range formats() {
		names = append(names, f.name)
	}
	return names
}

// Path is where a notice in a format lies in a notices repository.
func Path(name string, r *Record) string {
	for _, f := range formats() {
		if f.name == name {
			return r.file() + f.ending
		}
	}
	return r.file() + "." + name
}

// Render writes a notice in a format. What must not be published, it refuses.
func Render(name string, r *Record, look Look) ([]byte, error) {
	all := formats()
	i := slices.IndexFunc(all, func(f format) bool { return f.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no format %.40q; known: %s", name, strings.Join(Formats(), ", "))
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	if err := look.Check(); err != nil {
		return nil, err
	}
	text, err := all[i].write(r, look)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", name, err)
	}
	return text, nil
}
