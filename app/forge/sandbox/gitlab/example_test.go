package gitlab_test

import (
	"context"
	"fmt"
	"os"

	gogitlab "github.com/xanzy/go-gitlab"

	lab "github.com/liftgate/liftgate/app/forge/sandbox/gitlab"
)

// A stand-in with a person and a project, and GitLab's client talking to it.
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
	client, err := gogitlab.NewClient(ada.Token, gogitlab.WithBaseURL(s.API()))
	if err != nil {
		panic(err)
	}
	issue, _, err := client.Issues.CreateIssue(project.Path, &gogitlab.CreateIssueOptions{
		Title: gogitlab.Ptr("It breaks"), Confidential: gogitlab.Ptr(true), Labels: &gogitlab.LabelOptions{"bug"},
	})
	if err != nil {
		panic(err)
	}
	fmt.Println(issue.References.Full, issue.Confidential, issue.Labels)
	// git clone http://ada:TOKEN@127.0.0.1:PORT/ada/toy.git
	// Output: ada/toy#1 true [bug]
}
