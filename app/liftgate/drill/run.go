package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options say what to play and where.
type Options struct {
	Forge   string
	Keep    string // folder to leave everything in; empty: a temporary one that is removed
	Real    *Real  // nil: the small project
	Waive   bool   // waive conflicts that nobody resolves
	Wall    func() time.Time
	Tell    io.Writer // one line a step
	LogTo   *slog.Logger
	Started func(*World) // for tests: called before the first scene
}

// ErrAsked says that what was asked for can't be played; nothing was tried.
var ErrAsked = errors.New("wrong request")

func asked(format string, args ...any) error { return &mistake{fmt.Sprintf(format, args...)} }

func unknownForge(name string) error {
	return asked("the forge %q is not known; known are %s", name, strings.Join(Forges(), " and "))
}

// mistake is an ErrAsked in words of its own.
type mistake struct{ words string }

func (m *mistake) Error() string        { return m.words }
func (m *mistake) Is(target error) bool { return target == ErrAsked }

// Run plays the whole case. The report says what happened; the error, if any, which step or check failed first.
func Run(ctx context.Context, o Options) (Report, error) {
	if !slices.Contains(Forges(), o.Forge) { // before anything is made for it
		return Report{}, unknownForge(o.Forge)
	}
	dir, remove, err := workplace(o.Keep)
	if err != nil {
		return Report{}, err
	}
	defer remove()
	log, err := os.Create(filepath.Join(dir, "requests.jsonl"))
	if err != nil {
		return Report{}, fmt.Errorf("open request log: %w", err)
	}
	defer log.Close()
	report, err := play(ctx, o, Setting{Dir: dir, Forge: o.Forge, Wall: o.Wall, Log: o.LogTo, RequestLog: log})
	if o.Keep != "" {
		report.Requests = log.Name()
	} else {
		report.PublicRepo, report.MirrorRepo, report.Notices = "", "", ""
	}
	return report, err
}

func workplace(keep string) (dir string, remove func(), err error) {
	if keep != "" {
		dir, err = filepath.Abs(keep)
		if err == nil {
			err = emptyFolder(dir)
		}
		return dir, func() {}, err
	}
	dir, err = os.MkdirTemp("", "liftgate-demo-")
	return dir, func() { _ = os.RemoveAll(dir) }, err // leftovers in the system's temporary folder harm nobody
}

// emptyFolder makes a folder, or takes an empty one: nothing of the user's is mixed with a drill's.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err == nil && len(entries) > 0 {
		return asked("%s is not empty; name a new folder", dir)
	}
	return err
}

func play(ctx context.Context, o Options, setting Setting) (report Report, err error) {
	s := &story{plot: smallProject(), waive: o.Waive}
	if o.Real != nil {
		if s.plot, err = o.Real.plot(ctx, &clone{author: "liftgate", now: o.Wall}); err != nil {
			return report, err
		}
	}
	setting.Rules, setting.Main, setting.Publishing = s.rules, s.plot.main, true
	if s.World, err = NewWorld(ctx, setting); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := errors.Join(s.seed(ctx, s.World), s.seedNotices(ctx), s.protect(append([]string{s.plot.main}, s.stable...))); err != nil {
		return report, err
	}
	if err := s.Serve(ctx); err != nil {
		return report, err
	}
	if o.Started != nil {
		o.Started(s.World)
	}
	defer s.robot(ctx)()
	err = s.playAll(ctx, o.Tell)
	report, checkErr := s.report(ctx)
	report.Forge = o.Forge
	return report, errors.Join(err, checkErr)
}

// playAll plays the scenes in order, each on a line of its own.
func (s *story) playAll(ctx context.Context, tell io.Writer) error {
	if tell == nil {
		tell = io.Discard
	}
	scenes := s.scenes()
	for i, scene := range scenes {
		started := s.Wall()
		fmt.Fprintf(tell, "[%2d/%d] %s", i+1, len(scenes), scene.name)
		if err := s.playOne(ctx, scene); err != nil {
			fmt.Fprintln(tell, ": FAILED")
			return fmt.Errorf("%s: %w", scene.name, err)
		}
		fmt.Fprintf(tell, " (%.1fs)\n", s.Wall().Sub(started).Seconds())
	}
	return nil
}

func (s *story) playOne(ctx context.Context, scene scene) error {
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	return scene.play(ctx)
}
