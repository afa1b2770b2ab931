package notice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Namespaces of libvirt's formats.
const (
	noticeSpace = "http://security.libvirt.org/xmlns/security-notice/1.0"
	listSpace   = "http://security.libvirt.org/xmlns/security-notice-list/1.0"
)

// The elements as encoding/xml reads them.
type (
	xmlNotice struct {
		XMLName     xml.Name   `xml:"http://security.libvirt.org/xmlns/security-notice/1.0 security-notice"`
		ID          string     `xml:"id"`
		Summary     string     `xml:"summary"`
		Description string     `xml:"description"`
		Impact      string     `xml:"impact"`
		Workaround  string     `xml:"workaround"`
		Credits     xmlCredits `xml:"credits"`
		Lifecycle   xmlDays    `xml:"lifecycle"`
		Reference   xmlRefs    `xml:"reference"`
		Products    []xmlOne   `xml:"product"`
	}
	xmlCredits struct {
		People []xmlPerson `xml:",any"`
	}
	xmlPerson struct {
		XMLName xml.Name
		Name    string `xml:"name"`
		Email   string `xml:"email"`
	}
	xmlDays struct {
		Reported  Date `xml:"reported"`
		Published Date `xml:"published"`
		Fixed     Date `xml:"fixed"`
	}
	xmlRefs struct {
		Advisories []struct {
			Type string `xml:"type,attr"`
			ID   string `xml:"id,attr"`
		} `xml:"advisory"`
		Bugs []struct {
			Tracker string `xml:"tracker,attr"`
			ID      string `xml:"id,attr"`
		} `xml:"bug"`
	}
	xmlOne struct {
		Name       string      `xml:"name,attr"`
		Repository string      `xml:"repository"`
		Branches   []xmlBranch `xml:"branch"`
	}
	xmlBranch struct {
		Name    string    `xml:"name"`
		Tags    []xmlMark `xml:"tag"`
		Changes []xmlMark `xml:"change"`
	}
	xmlMark struct {
		State string `xml:"state,attr"`
		Value string `xml:",chardata"`
	}
)

func readXML(src []byte) (*Record, error) {
	decoder := xml.NewTokenDecoder(&strictXML{inner: xml.NewDecoder(bytes.NewReader(src))})
	var x xmlNotice
	if err := decoder.Decode(&x); err != nil {
		return nil, inXML(err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		for err == nil { // white space and comments may follow
			_, err = decoder.Token()
		}
		if !errors.Is(err, io.EOF) {
			return nil, inXML(err)
		}
	}
	return x.record()
}

// inXML tells the place, but not the text, which may be embargoed.
func inXML(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*xml.SyntaxError](err); ok {
		return fmt.Errorf("line %d: this is not well-formed XML", e.Line)
	}
	return errors.New("this is no security-notice 1.0 in XML")
}

// xmlPlace is what an element may hold: attributes, elements of which there is at most one, and elements of any number.
type xmlPlace struct{ attributes, once, often string }

// xmlPlaces are those of the elements that hold anything but text.
var xmlPlaces = map[string]xmlPlace{
	"security-notice": {once: "id summary description impact workaround credits lifecycle reference", often: "product"},
	"credits":         {often: "reporter patcher"},
	"reporter":        {once: "name email"},
	"patcher":         {once: "name email"},
	"lifecycle":       {once: "reported published fixed"},
	"reference":       {often: "advisory bug"},
	"advisory":        {attributes: "type id"},
	"bug":             {attributes: "tracker id"},
	"product":         {attributes: "name", once: "repository", often: "branch"},
	"branch":          {once: "name", often: "tag change"},
	"tag":             {attributes: "state"},
	"change":          {attributes: "state"},
}

// strictXML refuses declarations, a second root, and what encoding/xml would drop or join in silence: elements and attributes
// that have no place, and the second of what there is once. Words between elements are left out, as libvirt's style sheets do:
// one of the real notices has a slip of the keyboard there.
type strictXML struct {
	inner *xml.Decoder
	open  []string          // the elements around
	seen  []map[string]bool // the elements in each
}

// Token gives the next token.
func (s *strictXML) Token() (xml.Token, error) {
	t, err := s.inner.Token()
	if err != nil {
		return t, err
	}
	switch t := t.(type) {
	case xml.Directive:
		return nil, &Error{"XML", "document types and entities are not read; remove the <! line"}
	case xml.StartElement:
		if err := s.start(t); err != nil {
			return nil, err
		}
	case xml.EndElement:
		s.open, s.seen = s.open[:len(s.open)-1], s.seen[:len(s.seen)-1]
	}
	return t, nil
}

func (s *strictXML) start(t xml.StartElement) error {
	name, n := t.Name.Local, len(s.open)
	if s.seen == nil {
		s.seen = []map[string]bool{{}} // what is around the root
	}
	around := xmlPlace{once: "security-notice"}
	if n > 0 {
		around = xmlPlaces[s.open[n-1]]
	}
	once := among(name, around.once)
	switch {
	case once && s.seen[n][name]:
		return &Error{name, "it is there twice"}
	case n > 0 && (!once && !among(name, around.often) || t.Name.Space != noticeSpace):
		return &Error{fmt.Sprintf("%.40q", name), "there is no such element in security-notice 1.0 at this place"}
	}
	for _, a := range t.Attr {
		if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" && (a.Name.Space != "" || !among(a.Name.Local, xmlPlaces[name].attributes)) {
			return &Error{fmt.Sprintf("%.40q", a.Name.Local), "there is no such attribute in security-notice 1.0 at this place"}
		}
	}
	s.seen[n][name] = true
	s.open, s.seen = append(s.open, name), append(s.seen, map[string]bool{})
	return nil
}

func among(name, names string) bool { return slices.Contains(strings.Fields(names), name) }

// record makes the model of the elements.
func (x *xmlNotice) record() (*Record, error) {
	r := &Record{
		ID: strings.TrimSpace(x.ID), Summary: x.Summary,
		Description: x.Description, Impact: x.Impact, Workaround: x.Workaround,
		Lifecycle: Lifecycle{x.Lifecycle.Reported, x.Lifecycle.Published, x.Lifecycle.Fixed},
	}
	for _, p := range x.Credits.People {
		r.Credits = append(r.Credits, Credit{p.XMLName.Local, strings.TrimSpace(p.Name), strings.TrimSpace(p.Email)})
	}
	for _, a := range x.Reference.Advisories {
		r.References.Advisories = append(r.References.Advisories, Advisory{a.Type, a.ID})
	}
	for _, b := range x.Reference.Bugs {
		r.References.Bugs = append(r.References.Bugs, Bug{b.Tracker, b.ID})
	}
	for i, p := range x.Products {
		product := Product{Name: p.Name, Repository: strings.TrimSpace(p.Repository)}
		for j, b := range p.Branches {
			branch, err := b.branch(at(at("products", i)+".branches", j))
			if err != nil {
				return nil, err
			}
			product.Branches = append(product.Branches, branch)
		}
		r.Products = append(r.Products, product)
	}
	return r, nil
}

func (x *xmlBranch) branch(field string) (Branch, error) {
	b := Branch{Name: strings.TrimSpace(x.Name)}
	for _, kind := range []struct {
		name              string
		marks             []xmlMark
		vulnerable, fixed *[]string
	}{
		{"tag", x.Tags, &b.Vulnerable.Tags, &b.Fixed.Tags},
		{"change", x.Changes, &b.Vulnerable.Changes, &b.Fixed.Changes},
	} {
		for i, m := range kind.marks {
			into := kind.vulnerable
			switch m.State {
			case "vulnerable":
			case "fixed":
				into = kind.fixed
			default:
				return Branch{}, &Error{at(field+"."+kind.name, i), "its state must be vulnerable or fixed"}
			}
			*into = append(*into, strings.TrimSpace(m.Value))
		}
	}
	return b, nil
}
