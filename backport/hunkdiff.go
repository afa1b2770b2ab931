package backport

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/liftgate/liftgate/policy"
)

// compareHunks counts by file which hunks of two changes agree, wherever in the file they stand. Each change is from a base
// to a head; what the head does not have of the base's later commits is no part of it.
func (r *Repo) compareHunks(ctx context.Context, main, branch [2]SHA) ([]FileDifference, error) {
	var sides [2]map[string][]string // hunks by path
	for i, ends := range [][2]SHA{main, branch} {
		from, err := r.MergeBase(ctx, ends[0], ends[1])
		if err != nil {
			return nil, err
		}
		if from == "" {
			from = emptyTree
		}
		if sides[i], err = r.hunksByPath(ctx, from, ends[1]); err != nil {
			return nil, err
		}
	}
	found := map[string]*FileDifference{}
	at := func(path string) *FileDifference {
		if found[path] == nil {
			found[path] = &FileDifference{Path: policy.Embargoed(path)}
		}
		return found[path]
	}
	dropped, added := sides[0], sides[1]
	for path, hunks := range dropped {
		dropped[path] = slices.DeleteFunc(hunks, func(h string) bool {
			there := take(added, path, h)
			if there {
				at(path).Same++
			}
			return there
		})
	}
	froms := slices.Sorted(maps.Keys(dropped))
	for _, path := range slices.Sorted(maps.Keys(added)) {
		added[path] = slices.DeleteFunc(added[path], func(h string) bool {
			for _, from := range froms {
				if take(dropped, from, h) {
					at(path).Moved++
					return true
				}
			}
			return false
		})
	}
	for path, hunks := range dropped {
		changed := min(len(hunks), len(added[path]))
		at(path).Changed, at(path).Dropped = changed, len(hunks)-changed
	}
	for path, hunks := range added {
		at(path).Added = len(hunks) - at(path).Changed
	}
	var list []FileDifference
	for _, path := range slices.Sorted(maps.Keys(found)) {
		if f := *found[path]; f.Changed+f.Dropped+f.Added+f.Moved > 0 {
			list = append(list, f)
		}
	}
	return list, nil
}

// take removes one hunk of a path, if it is there.
func take(hunks map[string][]string, path, hunk string) bool {
	i := slices.Index(hunks[path], hunk)
	if i >= 0 {
		hunks[path] = slices.Delete(hunks[path], i, i+1)
	}
	return i >= 0
}

// maxHunks bounds a change that is compared hunk by hunk, each with each.
const maxHunks = 10_000

func (r *Repo) hunksByPath(ctx context.Context, a, b SHA) (map[string][]string, error) {
	out, err := r.diff(ctx, a, b, "--unified=0")
	if err != nil {
		return nil, err
	}
	hunks, path, count := map[string][]string{}, "", 0
	var hunk strings.Builder
	end := func() {
		if hunk.Len() > 0 && count <= maxHunks {
			hunks[path] = append(hunks[path], hunk.String())
		}
		hunk.Reset()
	}
	diffScan{
		commit: func(SHA) {},
		header: func(line []byte) {
			end()
			if p := headerPath(line); p != "" {
				path = p // of the new file, unless there is none
			}
		},
		hunk: func() { end(); count++ },
		body: func(op byte, line []byte, _ int) {
			if op != ' ' {
				hunk.Write(line)
			}
		},
	}.run(out)
	end()
	if count > maxHunks {
		return nil, ErrTooLarge
	}
	return hunks, nil
}
