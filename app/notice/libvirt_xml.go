package notice

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Namespaces of libvirt's formats.
const (
	noticeSpace = "http://security.libvirt.org/xmlns/security-notice/1.0"
	listSpace   = "http://security.libvirt.org/xmlns/security-notice-list/1.0"
)

// The elements as encoding/xml reads them. What is not listed lands in Other, and is refused: nothing is dropped in silence.
type (
	xmlNotice struct {
		XMLName     xml.Name    `xml:"http://security.libvirt.org/xmlns/security-notice/1.0 security-notice"`
		ID          string      `xml:"id"`
		Summary     string      `xml:"summary"`
		Description string      `xml:"description"`
		Impact      string      `xml:"impact"`
		Workaround  string      `xml:"workaround"`
		Credits     xmlCredits  `xml:"credits"`
		Lifecycle   xmlDays     `xml:"lifecycle"`
		Reference   xmlRefs     `xml:"reference"`
		Products    []xmlOne    `xml:"product"`
		Other       []xmlOthers `xml:",any"`
	}
	xmlCredits struct {
		People []xmlPerson `xml:",any"`
	}
	xmlPerson struct {
		XMLName xml.Name
		Name    string      `xml:"name"`
		Email   string      `xml:"email"`
		Other   []xmlOthers `xml:",any"`
	}
	xmlDays struct {
		Reported  Date        `xml:"reported"`
		Published Date        `xml:"published"`
		Fixed     Date        `xml:"fixed"`
		Other     []xmlOthers `xml:",any"`
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
		Other []xmlOthers `xml:",any"`
	}
	xmlOne struct {
		Name       string      `xml:"name,attr"`
		Repository string      `xml:"repository"`
		Branches   []xmlBranch `xml:"branch"`
		Other      []xmlOthers `xml:",any"`
	}
	xmlBranch struct {
		Name    string      `xml:"name"`
		Tags    []xmlMark   `xml:"tag"`
		Changes []xmlMark   `xml:"change"`
		Other   []xmlOthers `xml:",any"`
	}
	xmlMark struct {
		State string `xml:"state,attr"`
		Value string `xml:",chardata"`
	}
	xmlOthers struct{ XMLName xml.Name }
)

func readXML(src []byte) (*Record, error) {
	decoder := xml.NewTokenDecoder(&boundedXML{inner: xml.NewDecoder(bytes.NewReader(src))})
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

// boundedXML refuses declarations, elements that are nested deeply, and a second root.
type boundedXML struct {
	inner        *xml.Decoder
	depth, roots int
}

// Token gives the next token.
func (b *boundedXML) Token() (xml.Token, error) {
	t, err := b.inner.Token()
	if err != nil {
		return t, err
	}
	switch t.(type) {
	case xml.Directive:
		return nil, &Error{"XML", "document types and entities are not read; remove the <! line"}
	case xml.StartElement:
		if b.depth == 0 {
			b.roots++
		}
		b.depth++
	case xml.EndElement:
		b.depth--
	}
	if b.depth > maxDepth || b.roots > 1 {
		return nil, &Error{"XML", "want one security-notice, and nothing nested below what belongs there"}
	}
	return t, nil
}

// record makes the model of the elements.
func (x *xmlNotice) record() (*Record, error) {
	r := &Record{
		ID: strings.TrimSpace(x.ID), Summary: x.Summary,
		Description: x.Description, Impact: x.Impact, Workaround: x.Workaround,
		Lifecycle: Lifecycle{x.Lifecycle.Reported, x.Lifecycle.Published, x.Lifecycle.Fixed},
	}
	others := [][]xmlOthers{x.Other, x.Lifecycle.Other, x.Reference.Other}
	for _, p := range x.Credits.People {
		if p.XMLName.Local != Reporter && p.XMLName.Local != Patcher {
			others = append(others, []xmlOthers{{p.XMLName}})
		}
		r.Credits = append(r.Credits, Credit{p.XMLName.Local, strings.TrimSpace(p.Name), strings.TrimSpace(p.Email)})
		others = append(others, p.Other)
	}
	for _, a := range x.Reference.Advisories {
		r.References.Advisories = append(r.References.Advisories, Advisory{a.Type, a.ID})
	}
	for _, b := range x.Reference.Bugs {
		r.References.Bugs = append(r.References.Bugs, Bug{b.Tracker, b.ID})
	}
	for i, p := range x.Products {
		product := Product{Name: p.Name, Repository: strings.TrimSpace(p.Repository)}
		others = append(others, p.Other)
		for j, b := range p.Branches {
			branch, err := b.branch(at(at("products", i)+".branches", j))
			if err != nil {
				return nil, err
			}
			product.Branches = append(product.Branches, branch)
			others = append(others, b.Other)
		}
		r.Products = append(r.Products, product)
	}
	for _, list := range others {
		if len(list) > 0 {
			return nil, &Error{fmt.Sprintf("%.40q", list[0].XMLName.Local), "there is no such element in security-notice 1.0 at this place"}
		}
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
