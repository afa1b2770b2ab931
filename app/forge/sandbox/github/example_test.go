package github_test

import (
	"context"
	"fmt"
	"os"

	hub "github.com/liftgate/liftgate/app/forge/sandbox/github"
)

// A sandbox with a person, a repository and an App that watches it.
func Example() {
	dir, err := os.MkdirTemp("", "sandbox-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := hub.Start(context.Background(), hub.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	ada, err := s.CreateUser("ada")
	if err != nil {
		panic(err)
	}
	repo, err := s.CreateRepo(hub.RepoSpec{Owner: "ada", Name: "toy"})
	if err != nil {
		panic(err)
	}
	app, err := s.CreateApp(hub.AppSpec{Slug: "watcher", Owner: "ada", Permissions: map[string]string{"contents": "read"}, Events: []string{"push"}})
	if err != nil {
		panic(err)
	}
	if _, err = s.Install(app.ID, "ada", []string{"ada/toy"}, nil); err != nil {
		panic(err)
	}
	fmt.Println(repo.FullName, ada.Login, app.BotLogin)
	// git clone http://ada:TOKEN@127.0.0.1:PORT/ada/toy.git
	// Output: ada/toy ada watcher[bot]
}
