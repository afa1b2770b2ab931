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
		if err := w.Sandbox.SetHook(w.App.ID, hook, w.secret); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err := w.introduce(out); err != nil {
		return errors.Join(err, w.Close())
	}
	<-ctx.Done()
	return w.Close()
}

// introduce prints addresses and tokens, and writes a configuration with which `liftgate serve` looks after the project.
func (w *World) introduce(out io.Writer) error {
	file := filepath.Join(w.Dir, "liftgate.yml")
	content := fmt.Sprintf(`listen: 127.0.0.1:8080
data: data
github:
  app_id: %d
  private_key_file: data/app.pem
  webhook_secret_files: [data/webhook.secret]
  api: %s
  git: %s/
projects:
  - {name: tinyserve, public: %s, mirror: %s}
`, w.App.ID, w.Sandbox.API(), w.Sandbox.URL(), w.Public.FullName, w.Mirror.FullName)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		return fmt.Errorf("write configuration: %w", err)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "REST API\t%s\n", w.Sandbox.API())
	fmt.Fprintf(t, "public repository\t%s\n", w.Public.CloneURL)
	fmt.Fprintf(t, "private mirror\t%s\n", w.Mirror.CloneURL)
	fmt.Fprintf(t, "App\tid %d, slug %s\n", w.App.ID, w.App.Slug)
	fmt.Fprintf(t, "App key\t%s\n", w.config.GitHub.PrivateKeyFile)
	fmt.Fprintf(t, "webhook secret\t%s\n", w.config.GitHub.WebhookSecretFiles[0])
	for _, login := range []string{reporter, maintainer, developer, reviewer, manager, allocator, ci} {
		fmt.Fprintf(t, "token of %s\t%s\n", login, w.People[login].Token)
	}
	fmt.Fprintf(t, "\nlook after it\tliftgate serve --config %s\n", file)
	fmt.Fprintf(t, "with webhooks to\thttp://127.0.0.1:8080/webhooks/github (--hook)\n")
	fmt.Fprintf(t, "report\tcurl -u reporter:%s %srepos/%s/security-advisories/reports -d '{\"summary\":\"s\",\"description\":\"d\",\"severity\":\"high\"}'\n",
		w.People[reporter].Token, w.Sandbox.API(), w.Public.FullName)
	fmt.Fprintf(t, "clone\tgit -c http.extraHeader='Authorization: Basic %s' clone %s\n", basic(developer, w.People[developer].Token), w.Mirror.CloneURL)
	return t.Flush()
}
