package drill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
)

// Alone runs the sandbox with the small project in it and no server, until the context ends. A person drives it with curl,
// git and `liftgate serve`. What is needed for that is written to out; keys go to files in dir.
func Alone(ctx context.Context, setting Setting, hook string, out io.Writer) error {
	if err := emptyFolder(setting.Dir); err != nil {
		return err
	}
	w, err := NewWorld(ctx, setting)
	if err != nil {
		return err
	}
	p := smallProject()
	if err := errors.Join(p.seed(ctx, w), w.protect(append([]string{p.main}, p.stable...)), w.configure()); err != nil {
		return errors.Join(err, w.Close())
	}
	if hook != "" {
		if err := w.town.hookTo(hook); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err := w.introduce(out, hook); err != nil {
		return errors.Join(err, w.Close())
	}
	<-ctx.Done()
	return w.Close()
}

// introduce prints addresses and tokens, and writes a configuration with which `liftgate serve` looks after the project.
func (w *World) introduce(out io.Writer, hook string) error {
	file := filepath.Join(w.Dir, "liftgate.yml")
	if err := os.WriteFile(file, []byte(w.Document("listen: 127.0.0.1:8080\ndata: data\n")), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	if err := w.town.introduce(out, w.config); err != nil {
		return err
	}
	if hook == "" {
		hook = "nobody; name a server with --hook http://127.0.0.1:8080/webhooks/" + w.forge()
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "webhooks go to\t%s\n", hook)
	fmt.Fprintf(t, "public repository\t%s\n", w.Public.CloneURL)
	fmt.Fprintf(t, "private mirror\t%s\n", w.Mirror.CloneURL)
	for _, login := range everybody() {
		fmt.Fprintf(t, "token of %s\t%s\n", login, w.town.token(login))
	}
	fmt.Fprintf(t, "\nlook after it\tliftgate serve --config %s\n", file)
	fmt.Fprintf(t, "clone\tgit -c http.extraHeader='Authorization: Basic %s' clone %s\n", basic(developer, w.town.token(developer)), w.Mirror.CloneURL)
	return t.Flush()
}
