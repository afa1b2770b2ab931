package notice

import (
	"bytes"
	"fmt"
)

// Parse reads a notice in libvirt's XML or in YAML, whichever it is, and checks it.
func Parse(src []byte) (*Record, error) {
	if len(src) > MaxSize {
		return nil, fmt.Errorf("the file has %d bytes, and at most %d are read", len(src), MaxSize)
	}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	read := readYAML
	if bytes.HasPrefix(bytes.TrimSpace(src), []byte("<")) {
		read = readXML
	}
	r, err := read(src)
	if err != nil {
		return nil, err
	}
	if err := r.Check(); err != nil {
		return nil, err
	}
	return r, nil
}

// ParseLook reads a look. What it does not say is the founding project's.
func ParseLook(src []byte) (Look, error) {
	look := Libvirt()
	if err := decodeYAML(src, &look); err != nil {
		return Look{}, err
	}
	return look, look.Check()
}
