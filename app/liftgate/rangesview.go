package main

import (
	"github.com/liftgate/liftgate/backport"
	"github.com/liftgate/liftgate/backport/ranges"
)

// rangesView is the answer for programs.
type rangesView struct {
	Introduced []backport.SHA `json:"introduced"`
	Branches   []rangeView    `json:"branches"`
	Others     struct {
		Vulnerable []string `json:"vulnerable,omitempty"`
		Fixed      []string `json:"fixed,omitempty"`
	} `json:"tags_on_no_branch"`
	Stray      []string `json:"refs_without_commit,omitempty"`
	Unsearched bool     `json:"patches_not_compared,omitempty"`
}

// rangeView is one branch.
type rangeView struct {
	Branch     string         `json:"branch"`
	At         backport.SHA   `json:"at"`
	State      ranges.State   `json:"state"`
	Vulnerable marksView      `json:"vulnerable"`
	Fixed      marksView      `json:"fixed"`
	Introduced []signView     `json:"introduced,omitempty"`
	Fix        []signView     `json:"fix,omitempty"`
	Missing    []backport.SHA `json:"missing,omitempty"`
	Inherited  bool           `json:"cut_after_the_fix,omitempty"`
	Unsure     bool           `json:"unsure,omitempty"`
}

type marksView struct {
	Tags    []string       `json:"tags,omitempty"`
	Changes []backport.SHA `json:"changes,omitempty"`
}

type signView struct {
	Of     backport.SHA `json:"of"`
	By     backport.SHA `json:"by"`
	How    backport.How `json:"how"`
	Undone bool         `json:"reverted,omitempty"`
}

func viewRanges(a *ranges.Answer) rangesView {
	view := rangesView{Introduced: a.Introduced, Branches: []rangeView{}, Stray: a.Stray, Unsearched: a.Unsearched}
	view.Others.Vulnerable, view.Others.Fixed = a.Others.Vulnerable, a.Others.Fixed
	for _, b := range a.Branches {
		view.Branches = append(view.Branches, rangeView{b.Name, b.Tip, b.State, marksView(b.Vulnerable), marksView(b.Fixed),
			viewSigns(b.Introduced), viewSigns(b.Fix), b.Missing, b.Inherited, b.Unsure})
	}
	return view
}

func viewSigns(signs []ranges.Sign) []signView {
	var views []signView
	for _, s := range signs {
		views = append(views, signView(s))
	}
	return views
}
