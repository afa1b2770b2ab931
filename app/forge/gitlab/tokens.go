package gitlab

import (
	"context"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// tokenNews is what people should know of the tokens: that one ends soon or can't do what it is for, and that one serves
// both purposes. The lift's is used for questions about itself and for no other.
func (f *Forge) tokenNews(ctx context.Context) (risks, warnings []string, err error) {
	purposes := []purpose{asBot, asLifter}
	same, err := f.same()
	if err == nil && same { // one that can't be read is told of below
		purposes = purposes[:1]
		risks = append(risks, "one token serves everything and the lift: whoever gets hold of it can move the public branches at any time")
	}
	if f.rotation != nil {
		warnings = f.rotation.warnings()
	}
	for _, as := range purposes {
		news, err := f.tokenWarnings(ctx, as)
		if err != nil {
			return nil, nil, err
		}
		warnings = append(warnings, news...)
	}
	return risks, warnings, nil
}

func (f *Forge) tokenWarnings(ctx context.Context, as purpose) ([]string, error) {
	c, err := f.credential(ctx, as)
	if wire.Gone(err) { // an old GitLab
		return []string{"GitLab does not show when the token for " + string(as) + " ends"}, nil
	}
	if hidden, other := unread(err); hidden {
		return []string{policy.AsTrouble(err).Hint}, nil // it names the token
	} else if other != nil {
		return nil, other
	}
	warnings := f.endingNews(as, c)
	if scope := c.lacks(as); scope != "" {
		warnings = append(warnings, "the token for "+string(as)+" lacks the scope "+scope)
	}
	if lacks := f.unrotatable(as, c); lacks != "" {
		warnings = append(warnings, lacks)
	}
	return warnings, nil
}
