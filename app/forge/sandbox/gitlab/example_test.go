package gitlab_test

import (
	"context"
	"fmt"
	"os"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
)

// A stand-in with a person, a project and a bot that reads it.
func Example() {
	dir, err := os.MkdirTemp("", "sandbox-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	s, err := lab.Start(context.Background(), lab.Options{Dir: dir})
	if err != nil {
		panic(err)
	}
	defer s.Close()
	ada, err := s.CreateUser("ada")
	if err != nil {
		panic(err)
	}
	project, err := s.CreateProject(lab.ProjectSpec{Path: "ada/toy", Visibility: "public"})
	if err != nil {
		panic(err)
	}
	bot, err := s.CreateToken(lab.TokenSpec{Name: "watcher", Project: project.Path, Level: lab.Reporter, Scopes: []string{"read_api"}})
	if err != nil {
		panic(err)
	}
	fmt.Println(project.Path, ada.Username, bot.Username[:8])
	// git clone http://ada:TOKEN@127.0.0.1:PORT/ada/toy.git
	// Output: ada/toy ada project_
}
