package main

import (
	"strings"
	"testing"

	"github.com/liftgate/liftgate/app/notice"
)

// The notice in the help is one, and has nothing to be mended.
func TestNoticeInHelp(t *testing.T) {
	text := strings.NewReplacer("\n  ", "\n", "<hash of a commit>", strings.Repeat("1", 40), "<64 digits>", strings.Repeat("1", 64)).Replace("\n" + noticeExample)
	r, err := notice.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range r.Lint(r.Lifecycle.Fixed.Time) {
		t.Error(e)
	}
}
