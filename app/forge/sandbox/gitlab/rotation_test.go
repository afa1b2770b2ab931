package gitlab

import "testing"

// TestARotationTwiceEndsTheFamily: who rotates a token that was rotated before is taken for a thief.
func TestARotationTwiceEndsTheFamily(t *testing.T) {
	w := newTown(t)
	const rotate = "/personal_access_tokens/self/rotate"
	made, err := w.s.CreateToken(TokenSpec{Name: "x", User: "dev", Scopes: []string{"api"}})
	must(t, err)
	next := func(token string) string {
		t.Helper()
		return w.with(token, "POST", rotate, obj{}).want(200).obj["token"].(string)
	}
	second := next(made.Secret)
	third := next(second)
	w.with(made.Secret, "GET", "/user", nil).want(401) // to use it is no rotation
	w.with(third, "GET", "/user", nil).want(200)
	w.with(made.Secret, "POST", rotate, obj{}).want(401)
	w.with(third, "GET", "/user", nil).want(401)
	w.with(w.tokens["dev"], "GET", "/user", nil).want(200) // another family
}

func TestTokensAreMadeForALimitedTime(t *testing.T) {
	w := newTown(t)
	made, err := w.s.CreateToken(TokenSpec{Name: "x", User: "dev", Scopes: []string{"self_rotate"}})
	must(t, err)
	if w.s.SetTokenLifetime(0) == nil || w.s.SetTokenLifetime(366) == nil {
		t.Error("a lifetime that there is not")
	}
	must(t, w.s.SetTokenLifetime(30))
	late, soon := w.wall.AddDate(0, 0, 31).Format("2006-01-02"), w.wall.AddDate(0, 0, 30).Format("2006-01-02")
	w.with(made.Secret, "POST", "/personal_access_tokens/self/rotate", obj{"expires_at": late}).want(400)
	w.with(made.Secret, "POST", "/personal_access_tokens/self/rotate", obj{"expires_at": soon}).want(200).says(`"expires_at":"` + soon)
}

func TestGroupHooks(t *testing.T) {
	w := newTown(t)
	const hooks = "/groups/tools/hooks"
	if w.s.AddGroupHook("tools", "https://ear.example/") == nil {
		t.Error("the free tier has none")
	}
	w.do("mia", "GET", hooks, nil).want(404)
	must(t, w.s.SetTier("premium"))
	if w.s.AddGroupHook("nowhere", "https://ear.example/") == nil {
		t.Error("a group that is not there")
	}
	must(t, w.s.AddGroupHook("tools", "https://ear.example/"))
	w.do("dev", "GET", hooks, nil).want(403)
	w.do("mia", "GET", hooks, nil).want(200).says(`"url":"https://ear.example/"`).says(`"group_id":`)
}
