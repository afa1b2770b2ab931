package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/app/notice"
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
	"github.com/liftgate/liftgate/policy"
)

// maxDoubts is how many mistakes in typed versions are told one by one.
const maxDoubts = 10

// doubts hold versions that people typed against the public repository. They are warnings: whoever typed them has said why. The
// record has been checked before, so that its names are fit to be shown.
func (e *Engine) doubts(ctx context.Context, p Project, w *workshop, r *notice.Record, do policy.PublishNotice) ([]string, error) {
	if r.ByHand == "" {
		return nil, nil
	}
	i := slices.IndexFunc(r.Products, func(one notice.Product) bool { return one.Repository == p.Public })
	if i < 0 {
		return []string{"the notice's versions are typed by hand, and no product has the repository " + p.Public + ": nothing was compared with it"}, nil
	}
	fixed, err := w.landing(ctx, do.Fixed)
	if err != nil {
		return nil, err
	}
	past, _, err := e.past(ctx, p)
	if err != nil {
		return nil, err
	}
	return doubtful(ctx, past.history, r.Products[i], fixed, releases(do.Facts)), nil
}

// doubtful compares a product with a history. What is still to land is in no public history, and left out.
func doubtful(ctx context.Context, history *ranges.History, product notice.Product, fixed map[string][]backport.SHA, tags ranges.Tags) []string {
	claims := ClaimsOf(product)
	for i, c := range claims {
		claims[i].Fixed.Changes = slices.DeleteFunc(c.Fixed.Changes, func(sha backport.SHA) bool { return slices.Contains(fixed[c.Branch], sha) })
	}
	const begin = "the notice's versions are typed by hand: "
	wrong, err := history.Verify(ctx, claims, tags)
	if err != nil { // no reason to keep from publishing what people answer for
		return []string{begin + "they can't be compared with the repository"}
	}
	var list []string
	for _, w := range wrong[:min(len(wrong), maxDoubts)] {
		list = append(list, begin+w.Error())
	}
	if more := len(wrong) - maxDoubts; more > 0 {
		list = append(list, fmt.Sprintf("%sand %d more doubts", begin, more))
	}
	return list
}

// ClaimsOf is what a notice says of a product.
func ClaimsOf(p notice.Product) []ranges.Claim {
	var claims []ranges.Claim
	for _, b := range p.Branches {
		claims = append(claims, ranges.Claim{Branch: b.Name, Vulnerable: claimed(b.Vulnerable), Fixed: claimed(b.Fixed)})
	}
	return claims
}

func claimed(m notice.Marks) ranges.Marks {
	marks := ranges.Marks{Tags: m.Tags}
	for _, sha := range m.Changes {
		marks.Changes = append(marks.Changes, backport.SHA(strings.ToLower(sha)))
	}
	return marks
}
