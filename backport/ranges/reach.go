package ranges

import "slices"

// reach says for every commit which of some chosen ones it has, itself or behind it. It is computed for all commits at once, from
// the roots up: a commit has what its parents have.
type reach struct {
	bit   map[int32]int // of each chosen place
	from  int32         // before the first of them nobody has any
	width int           // words a commit
	words []uint64
}

// set is what one commit has.
type set []uint64

func (s set) has(bit int) bool { return s != nil && s[bit/64]>>(bit%64)&1 == 1 }

func (h *History) reach(chosen []int32) reach {
	r := reach{bit: make(map[int32]int, len(chosen)), from: int32(len(h.shas))}
	for _, at := range chosen {
		if _, known := r.bit[at]; !known {
			r.bit[at] = len(r.bit)
			r.from = min(r.from, at)
		}
	}
	r.width = (len(r.bit) + 63) / 64
	r.words = make([]uint64, (len(h.shas)-int(r.from))*r.width)
	own := make([]int, len(h.shas)-int(r.from)) // bit+1
	for at, bit := range r.bit {
		own[at-r.from] = bit + 1
	}
	for i, bit := range own {
		mine := r.words[i*r.width : (i+1)*r.width]
		for _, p := range h.below(r.from + int32(i)) {
			if p >= r.from {
				theirs := r.words[int(p-r.from)*r.width:]
				for w := range mine {
					mine[w] |= theirs[w]
				}
			}
		}
		if bit > 0 {
			mine[(bit-1)/64] |= 1 << ((bit - 1) % 64)
		}
	}
	return r
}

// of is what a commit has, nil for nothing.
func (r reach) of(at int32) set {
	if at < r.from || r.width == 0 {
		return nil
	}
	return r.words[int(at-r.from)*r.width : int(at-r.from+1)*r.width]
}

// has reports whether a commit has a chosen one.
func (r reach) has(at, chosen int32) bool {
	bit, ok := r.bit[chosen]
	return ok && r.of(at).has(bit)
}

// owners says for every commit to which of some branches it belongs: the first on whose own line it is, following first parents
// from the tip, or else the first that has it at all. -1 is none of them.
func (h *History) owners(tips []int32) []int32 {
	owner := slices.Repeat([]int32{-1}, len(h.shas))
	for i, at := range tips {
		for owner[at] < 0 {
			owner[at] = int32(i)
			if below := h.below(at); len(below) > 0 {
				at = below[0]
			}
		}
	}
	for i := range tips {
		for at := tips[i]; at >= 0; at-- { // who builds on a commit stands above it
			if owner[at] == int32(i) {
				for _, p := range h.below(at) {
					if owner[p] < 0 {
						owner[p] = int32(i)
					}
				}
			}
		}
	}
	return owner
}
