package ranges

import (
	"context"
	"fmt"
	"slices"

	"github.com/liftgate/liftgate/backport"
)

// behindOf marks a commit and what it builds on.
func (h *History) behindOf(at int32) []bool {
	behind := make([]bool, len(h.shas))
	behind[at] = true
	for ; at >= 0; at-- {
		if behind[at] {
			for _, p := range h.below(at) {
				behind[p] = true
			}
		}
	}
	return behind
}

// samePatch finds the commits with the patch of another one among those that could have it.
func (h *History) samePatch(ctx context.Context, own int32, could func([]int32) []int32) ([]instance, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.readShapes(ctx); err != nil || h.trouble != nil {
		return nil, err
	}
	shape := h.shape[own]
	if h.merge(own) { // a whole branch that came in may have gone elsewhere as one commit
		var err error
		if shape, err = h.repo.Shape(ctx, h.shas[own]); err != nil {
			return nil, fmt.Errorf("look for the same patch: %w", err)
		}
	}
	if shape == 0 {
		return nil, nil
	}
	places := could(h.shaped[shape])
	if len(places) == 0 {
		return nil, nil
	}
	var ask []backport.SHA
	for _, at := range append([]int32{own}, places...) {
		if _, known := h.ids[h.shas[at]]; !known {
			ask = append(ask, h.shas[at])
		}
	}
	ids, err := h.repo.PatchIDs(ctx, ask)
	if unreadable(ctx, err) {
		h.trouble = err
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for the same patch: %w", err)
	}
	for _, sha := range ask {
		h.ids[sha] = ids[sha]
	}
	want := h.ids[h.shas[own]]
	var same []instance
	for _, at := range places {
		if want != "" && h.ids[h.shas[at]] == want {
			same = append(same, instance{at, backport.HowPatch})
		}
	}
	return same, nil
}

// readShapes reads once what each commit changes. Where that can't be read, in a clone without trees or one that is too large, the
// other signs are all there is, and every answer says so.
func (h *History) readShapes(ctx context.Context) error {
	if h.shape != nil || h.trouble != nil {
		return nil
	}
	shape, shaped := make([]uint64, len(h.shas)), map[uint64][]int32{}
	err := h.repo.Shapes(ctx, h.tips, func(sha backport.SHA, is uint64) {
		if at, ok := h.at[sha]; ok {
			shape[at] = is
			shaped[is] = append(shaped[is], at)
		}
	})
	if unreadable(ctx, err) {
		h.trouble = err
		return nil
	}
	if err == nil {
		h.shape, h.shaped = shape, shaped
	}
	return err
}

// unreadable reports whether git came to something that it can't read, or to a bound, while the caller still has time.
func unreadable(ctx context.Context, err error) bool {
	return ctx.Err() == nil && slices.Contains([]backport.Kind{backport.ErrNoObject, backport.ErrCorrupt, backport.ErrTimeout, backport.ErrTooLarge, backport.ErrGit}, backport.KindOf(err))
}

// alike finds the commits that are the same change by their words.
func (h *History) alike(ctx context.Context, own int32, could func([]int32) []int32) ([]instance, error) {
	places := could(h.named[h.name[own]])
	if len(places) == 0 {
		return nil, nil
	}
	others := make([]backport.SHA, len(places))
	for i, at := range places {
		others[i] = h.shas[at]
	}
	likens, err := h.repo.Likens(ctx, h.shas[own], others)
	if err != nil {
		return nil, fmt.Errorf("look for the same words: %w", err)
	}
	var list []instance
	for _, at := range places {
		if how := likens[h.shas[at]]; how != "" {
			list = append(list, instance{at, how})
		}
	}
	return list, nil
}

// blind reports whether the same patch can't be looked for.
func (h *History) blind() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.trouble != nil
}
