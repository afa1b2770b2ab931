package backport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strconv"
)

// merger does merges through one git merge-tree process, where git hands over each result before it reads the next question
// (from 2.49 on): a pick whose target is the result of another one needs no process of its own then. It keeps to merges with
// the same attributes; others get another process. It is used by one goroutine.
type merger struct {
	git      *git
	ctx      context.Context
	dir      string
	proc     *talk
	workTree string // of proc
	broken   bool   // has failed once: whatever it was, it may not cost the next merge its time too
}

// merge does one merge. Where ok is false it is for the caller to do in a process of its own, which can tell what is wrong.
func (mr *merger) merge(of merging) (m merged, ok bool) {
	if mr == nil || mr.broken {
		return merged{}, false
	}
	if mr.proc != nil && mr.workTree != of.workTree {
		mr.end()
	}
	if mr.proc == nil {
		proc, err := mr.git.talk(mr.ctx, call{args: append(mergeTree(), "--stdin"), dir: mr.dir, workTree: of.workTree})
		if err != nil {
			return merged{}, false
		}
		mr.proc, mr.workTree = proc, of.workTree
	}
	m, err := mr.proc.merge(of)
	if err != nil {
		mr.end()
		mr.broken = true
	}
	return m, err == nil
}

func (mr *merger) end() {
	if mr != nil && mr.proc != nil {
		mr.proc.end()
		mr.proc = nil
	}
}

// merge asks git merge-tree --stdin.
func (t *talk) merge(of merging) (merged, error) {
	if _, err := fmt.Fprintf(t.in, "%s %s\n", of.ours, of.theirs); err != nil {
		return merged{}, err
	}
	return t.merged()
}

// merged is the answer: the fields that [readMerge] reads, after one that says whether it is clean.
func (t *talk) merged() (merged, error) {
	room := maxOutput
	field := func() (string, error) {
		var text []byte
		for {
			part, err := t.out.ReadSlice(0)
			if room -= len(part); room < 0 {
				return "", ErrTooLarge
			}
			text = append(text, part...)
			if err == nil {
				return string(text[:len(text)-1]), nil
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				return "", err
			}
		}
	}
	clean, err := field()
	if err != nil {
		return merged{}, err
	}
	var fields []string
	for ended := 0; ended < 2; { // by an empty field each: the stages, then the messages
		f, err := field()
		if err != nil {
			return merged{}, err
		}
		fields = append(fields, f)
		switch {
		case f == "":
			ended++
		case ended == 1:
			paths, err := strconv.Atoi(f)
			if err != nil || paths < 0 {
				return merged{}, ErrGit
			}
			for range paths + 2 { // the kind and the words follow
				if f, err = field(); err != nil {
					return merged{}, err
				}
				fields = append(fields, f)
			}
		}
	}
	m, _, err := readMerge(fields)
	m.clean = clean == "1"
	return m, err
}
