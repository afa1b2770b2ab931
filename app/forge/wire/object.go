package wire

import "strings"

// Object is what a path is about, in words that may be shown: never a name, a number or a branch.
type Object struct {
	Name  string // "issue in the mirror"
	Takes string // the permission or the role that it usually takes; empty: none that an operator could give
}

// Deed names what a request does with the object.
func (o Object) Deed(method string) string {
	if Writes(method) {
		return "write of the " + o.Name
	}
	return "read of the " + o.Name
}

// Place is a repository whose objects a path may be about.
type Place struct {
	Path string // below the API's base
	Object
}

// ObjectOf names what a path is about, if it lies in one of the places. KindOf reads what follows the place's own path.
func (w *Wire) ObjectOf(path string, kindOf func(parts []string) Object, places ...Place) (Object, bool) {
	rest := strings.TrimPrefix(path, w.API.Path)
	for _, at := range places {
		tail, ok := strings.CutPrefix(rest, at.Path)
		switch {
		case !ok || tail != "" && tail[0] != '/':
			continue
		case tail == "":
			return at.Object, true
		}
		o := kindOf(strings.Split(tail[1:], "/"))
		o.Name += " in the " + at.Name
		return o, true
	}
	return Object{}, false
}
