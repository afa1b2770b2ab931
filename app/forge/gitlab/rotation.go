package gitlab

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// Rotation has GitLab replace the tokens before they end, where the operator wants it. All projects of a server that share
// the files share one. It is for a server that is alone: two would take each other's token away.
type Rotation struct {
	TokenFile     string
	LiftTokenFile string                                  // empty: one token serves both purposes
	Quiet         func(ctx context.Context) (bool, error) // no embargo ends within a day, and no fix may land at any moment

	mu   sync.Mutex // held while tending
	next time.Time
	news struct {
		mu   sync.Mutex
		said map[purpose]string
	}
	busy atomic.Bool // GitLab may have ended the token that is in the file
}

const (
	rotationEvery = time.Hour
	rotationDays  = 7
	// rotationSettles is how long a request that nobody waits for any more may still be carried out.
	rotationSettles = 10 * time.Minute
	rotationTimeout = 2 * time.Minute
	longestLifetime = 365 // days that GitLab gives a token at most, unless told otherwise
	day             = 24 * time.Hour
)

func (r *Rotation) say(as purpose, words string) {
	r.news.mu.Lock()
	defer r.news.mu.Unlock()
	if r.news.said == nil {
		r.news.said = map[purpose]string{}
	}
	r.news.said[as] = words
}

// warnings are what people have to do because rotating does not.
func (r *Rotation) warnings() (all []string) {
	r.news.mu.Lock()
	defer r.news.mu.Unlock()
	for _, as := range []purpose{asBot, asLifter} {
		if words := r.news.said[as]; words != "" {
			all = append(all, words)
		}
	}
	return all
}

// TendTokens finishes what an earlier rotation has left, and rotates each token that ends soon, if no lift is near. It is
// to be called at every start and now and then; it looks once an hour. What people have to do is an error, and a warning
// in the snapshots, for as long as there is one.
func (f *Forge) TendTokens(ctx context.Context) error {
	r := f.rotation
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.now().Before(r.next) {
		return nil
	}
	r.next = f.now().Add(rotationEvery)
	var errs []error
	for _, one := range []struct {
		as   purpose
		file string
	}{{asBot, r.TokenFile}, {asLifter, r.LiftTokenFile}} {
		if one.file == "" {
			continue
		}
		err := f.tend(ctx, one.as, tokenFile(one.file))
		if err == nil {
			r.say(one.as, "")
		}
		errs = append(errs, wire.Told("rotate the token for "+string(one.as), err))
	}
	return errors.Join(errs...)
}

// stuck is a rotation that people have to mend.
func (f *Forge) stuck(as purpose, words string) error {
	f.rotation.say(as, words)
	return wire.Refused(words)
}

func (f *Forge) tend(ctx context.Context, as purpose, file tokenFile) error {
	if settled, err := f.settle(ctx, as, file); err != nil || !settled {
		return err
	}
	if quiet, err := f.rotation.Quiet(ctx); err != nil || !quiet {
		return err
	}
	c, err := f.credential(ctx, as)
	if err != nil {
		if wire.Gone(err) { // an old GitLab
			return nil
		}
		return err
	}
	if !c.Active || c.Revoked || f.now().Before(c.due()) {
		return nil
	}
	if same, err := f.same(); err != nil || same && f.rotation.LiftTokenFile != "" {
		if err == nil {
			err = f.stuck(as, "two files hold one token, which is not rotated: name one file, or put two tokens there")
		}
		return err
	}
	if lacks := f.unrotatable(as, c); lacks != "" { // which is a warning long before
		return wire.Refused(lacks)
	}
	return f.rotate(ctx, as, file, c)
}

// unrotatable says that a token is not allowed to rotate itself, where that is wanted; empty if it is, or GitLab does not say.
func (f *Forge) unrotatable(as purpose, c credential) string {
	if f.rotation == nil || len(c.Scopes) == 0 || c.can("api") || c.can("self_rotate") {
		return ""
	}
	return "the token for " + string(as) + " lacks the scope self_rotate, so that it can't be rotated"
}

// due is when a token is rotated: a week before its end, or at half its life if that is short.
func (c credential) due() time.Time {
	end, err := time.Parse(time.DateOnly, c.Expires)
	if err != nil {
		return time.Unix(1<<40, 0) // it has no end
	}
	before := rotationDays * day
	if life := c.lifetime(); life > 0 {
		before = min(before, time.Duration(life)*day/2)
	}
	return end.Add(-before)
}

// lifetime is for how many days a token was made; zero if GitLab does not say.
func (c credential) lifetime() int {
	end, err := time.Parse(time.DateOnly, c.Expires)
	if err != nil || c.Created.IsZero() {
		return 0
	}
	return int(end.Sub(c.Created.UTC().Truncate(day)) / day)
}

// rotate replaces one token. GitLab ends the old one in the same instant as it makes the new, so nothing is asked before the
// place for the answer is proven, and nothing interrupts what follows.
func (f *Forge) rotate(ctx context.Context, as purpose, file tokenFile, c credential) error {
	old, err := f.secret(as)
	if err != nil {
		return err
	}
	path, err := f.rotationPath(ctx, c)
	if err != nil {
		return err
	}
	slot, err := file.prepare(old, f.now())
	if err != nil {
		return f.stuck(as, "the file of the token for "+string(as)+", or its folder, can't be written, so that the token is not rotated")
	}
	defer slot.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rotationTimeout)
	defer cancel()
	f.rotation.busy.Store(true)
	defer f.rotation.busy.Store(false)
	token, err := f.askRotation(ctx, as, path, c)
	switch t := policy.AsTrouble(err); {
	case t == nil && validToken(token) && token != old:
	case t == nil, t.Kind == policy.TroubleUnknown:
		if slot.unclear() != nil { // the mark stands without the word, and the next start asks GitLab
			f.wire.Log.Error("the mark of an unclear rotation could not be written")
		}
		return f.stuck(as, unclearWords(as))
	default: // GitLab says no, or was not asked: nothing happened
		return errors.Join(err, slot.drop())
	}
	if err := slot.store(token); err != nil {
		return f.stuck(as, lostWords(as))
	}
	if err := file.adopt(); err != nil {
		return f.stuck(as, besideWords(as))
	}
	f.wire.Log.Info("a token was rotated", "for", string(as))
	return nil
}

// askRotation asks for a token of the same lifetime. One that GitLab refuses to make, its own limit being shorter, is asked
// for without an end: then GitLab gives it a week, or its own limit where tokens need not end. A refusal is clear: the old
// token stands, since GitLab ends it in one transaction with making the new.
func (f *Forge) askRotation(ctx context.Context, as purpose, path string, c credential) (string, error) {
	var made struct {
		Token string `json:"token"`
	}
	body := map[string]any{}
	if life := min(c.lifetime(), longestLifetime); life > 0 {
		body["expires_at"] = f.now().UTC().AddDate(0, 0, life).Format(time.DateOnly)
	}
	_, err := f.call(ctx, as, http.MethodPost, path, nil, body, &made)
	if wire.StatusOf(err) == http.StatusBadRequest && len(body) > 0 {
		_, err = f.call(ctx, as, http.MethodPost, path, nil, map[string]any{}, &made)
	}
	return made.Token, err
}

// rotationPath is where a token of its kind is rotated: a project's or group's by the name of its bot, which says where it
// belongs; a person's or service account's otherwise.
func (f *Forge) rotationPath(ctx context.Context, c credential) (string, error) {
	who, err := f.me(ctx)
	if err == nil && who.ID != c.UserID {
		err = f.get(ctx, asBot, "users/"+strconv.FormatInt(c.UserID, 10), &who)
	}
	if err != nil {
		return "", err
	}
	if kind, number, ok := botOf(who.Username); ok {
		return kind + "s/" + number + "/access_tokens/self/rotate", nil
	}
	return "personal_access_tokens/self/rotate", nil
}

func unclearWords(as purpose) string {
	return "GitLab was asked to rotate the token for " + string(as) + " and gave no clear answer: the token may have ended, and its " +
		"successor is lost. It is not asked again, since that could end them all: make a new token at GitLab and put it into the file"
}

func lostWords(as purpose) string {
	return "GitLab rotated the token for " + string(as) + ", and its successor is lost: it could not be stored. " +
		"Make a new token at GitLab and put it into the file"
}

func besideWords(as purpose) string {
	return "GitLab rotated the token for " + string(as) + ", and its successor could not take the place of the file: it lies beside it, in a " +
		"file that ends in .rotating. Liftgate tries again within the hour; rename it, if that is faster"
}

// settle deals with what an earlier rotation has left beside the file, and reports whether the way is free. A token that was
// stored takes its place if the old one has ended; a mark alone means that GitLab may not have been asked, which it tells.
func (f *Forge) settle(ctx context.Context, as purpose, file tokenFile) (bool, error) {
	l, err := file.left()
	if err != nil {
		return false, f.stuck(as, "what an earlier rotation has left beside the file of the token for "+string(as)+" can't be read")
	}
	token, err := f.secret(as)
	switch {
	case !l.found || err != nil:
		return err == nil, err
	case l.of != "" && l.of != fingerprint(token): // people have put another token there since
		return true, file.forget()
	case l.unclear:
		return false, f.stuck(as, unclearWords(as))
	}
	c, err := f.credential(ctx, as)
	alive := err == nil && c.Active && !c.Revoked
	switch {
	case alive && f.now().Before(l.at.Add(rotationSettles)): // GitLab may still be at it
		f.rotation.next = l.at.Add(rotationSettles)
		return false, nil
	case alive:
		return true, file.forget()
	case err != nil && wire.StatusOf(err) != http.StatusUnauthorized:
		return false, err
	case l.token == "":
		return false, f.stuck(as, lostWords(as))
	}
	if err := file.adopt(); err != nil {
		return false, f.stuck(as, besideWords(as))
	}
	f.wire.Log.Info("a token that was rotated is put in its place", "for", string(as))
	return true, nil
}

// replaced reports whether a token that GitLab did not accept is another one by now, or about to be: then nothing is wrong
// with it, and the request is to be made again.
func (f *Forge) replaced(as purpose, used string) bool {
	now, err := f.secret(as)
	return err == nil && now != used || f.rotation != nil && f.rotation.busy.Load()
}

// endingNews are the warnings of a token's end that people should see: with a rotation, those that it ought to have prevented.
func (f *Forge) endingNews(as purpose, c credential) []string {
	if w := c.expiring(as, f.now().UTC()); w != "" && (f.rotation == nil || f.now().After(c.due().Add(day))) {
		return []string{w}
	}
	return nil
}
