package gitlab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/liftgate/liftgate/app/forge/wire"
	"github.com/liftgate/liftgate/policy"
)

// maxToken is more than any token of GitLab's takes, which are about thirty characters long.
const maxToken = 512

// secret reads a purpose's token. It goes nowhere but into requests and to git.
func (f *Forge) secret(as purpose) (string, error) {
	raw, err := f.tokens[as]()
	if err != nil { // the words of the error name a file, which is the operator's own business
		return "", wire.Refused("the token for " + string(as) + " can't be read")
	}
	token := strings.TrimSpace(string(raw))
	if !validToken(token) {
		return "", wire.Refused("the token for " + string(as) + " is not a token: one line of printable characters is wanted")
	}
	return token, nil
}

// validToken reports whether a text can be a token.
func validToken(token string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return token != "" && len(token) <= maxToken && !strings.ContainsFunc(token, odd)
}

// person is a GitLab user; null for one that was deleted.
type person struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"` // of a bot: that of its token
	State    string `json:"state"`
	Bot      bool   `json:"bot"` // only where one user is read
}

func (p *person) id() int64 {
	if p == nil {
		return 0
	}
	return p.ID
}

func (p *person) login() string {
	if p == nil {
		return ""
	}
	return p.Username
}

// human reports whether commands and opinions of a user count. The bots behind project and group tokens have no mark but
// their names, which nobody else can take; so have GitLab's own, in whose names it writes for people without an account.
func (p *person) human() bool {
	own := []string{"", "ghost", "support-bot", "alert-bot"}
	return p != nil && !slices.Contains(own, p.Username) && !botName(p.Username)
}

func botName(login string) bool {
	for _, kind := range []string{"project_", "group_"} {
		rest, ok := strings.CutPrefix(login, kind)
		if !ok {
			continue
		}
		number, tail, _ := strings.Cut(rest, "_")
		tail, bot := strings.CutPrefix(tail, "bot")
		if bot && number != "" && digits(number) && (digits(tail) || tail[0] == '_') { // bot, bot1, bot_1f: as the years went
			return true
		}
	}
	return false
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// identities remember who a token belongs to. A token never changes hands, so each is asked about once.
type identities struct {
	mu    sync.Mutex
	token string
	me    person
}

// me is the user of the token that everything is written with.
func (f *Forge) me(ctx context.Context) (person, error) {
	token, err := f.secret(asBot)
	if err != nil {
		return person{}, err
	}
	f.self.mu.Lock()
	defer f.self.mu.Unlock() // held while asking, so that a burst of reads asks once
	if f.self.token == token {
		return f.self.me, nil
	}
	var me person
	if err := f.get(ctx, asBot, "user", &me); err != nil {
		return person{}, err
	}
	if me.ID == 0 {
		return person{}, &policy.Trouble{Kind: policy.TroubleAway, Hint: "GitLab does not say whose the token is"}
	}
	f.self.token, f.self.me = token, me
	return me, nil
}

// credential is what GitLab says of a token.
type credential struct {
	UserID  int64     `json:"user_id"`
	Scopes  []string  `json:"scopes"`
	Revoked bool      `json:"revoked"`
	Active  bool      `json:"active"`
	Created time.Time `json:"created_at"`
	Expires string    `json:"expires_at"` // a date, or empty
}

func (f *Forge) credential(ctx context.Context, as purpose) (c credential, err error) {
	err = f.get(ctx, as, "personal_access_tokens/self", &c)
	return c, err
}

func (c credential) can(scope string) bool { return slices.Contains(c.Scopes, scope) }

// lacks names the scope that a purpose needs and the token does not have; empty if it has all, or GitLab does not say.
func (c credential) lacks(as purpose) string {
	switch {
	case len(c.Scopes) == 0 || c.can("api"):
		return ""
	case as == asBot:
		return "api"
	case c.can("write_repository"):
		return ""
	}
	return "write_repository"
}

// expiring warns of a token's end when it is near. Each of the warnings is said once, so the words change as the end comes
// nearer, and not from day to day.
func (c credential) expiring(as purpose, now time.Time) string {
	end, err := time.Parse(time.DateOnly, c.Expires)
	if err != nil {
		return "" // it has no end, or none that can be read: then GitLab refuses it one day, which shows everywhere
	}
	for _, near := range []struct {
		days  int
		words string
	}{{1, "in a day or less"}, {7, "within a week"}, {30, "within a month"}} {
		if !now.Before(end.AddDate(0, 0, -near.days)) {
			return fmt.Sprintf("GitLab's token for %s ends on %s, %s: put a new one in its place", as, c.Expires, near.words)
		}
	}
	return ""
}

// same reports whether one token serves both purposes, so that nothing is said twice.
func (f *Forge) same() (bool, error) {
	bot, err := f.secret(asBot)
	lifter, liftErr := f.secret(asLifter)
	return bot == lifter, errors.Join(err, liftErr)
}
