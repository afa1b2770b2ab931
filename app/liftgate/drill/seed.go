package drill

import (
	"context"
	"os"
	"path/filepath"
)

// projectFile is the small project's configuration.
const projectFile = `main: master
branches:
  - name: stable-1.2
  - name: stable-1.1
  - name: stable-1.0
  - name: stable-0.9
    eol: 2020-01-01
people:
  team: [maintainer, developer, reviewer]
  release_managers: [manager]
  cve_allocators: [allocator]
checks:
  required: [ci/build]
notice:
  site: https://security.example.org/
  formats: [markdown, mail, ghsa, osv, csaf, cve, openvex]
  files: [patch, bundle]
lists:
  - {address: announce@lists.example.org, subject_tag: "[tinyserve-announce]"}
  - {address: devel@lists.example.org}
`

const parserOld = `#include "parse.h"
#include <string.h>

/* Copies one header line into out. */
int parse_header(const char *line, char *out)
{
	strcpy(out, line);
	return 0;
}
`

const parserNew = `#include "parse.h"
#include <string.h>

/* Copies the value of one header line into out, which holds size bytes. */
int parse_header(const char *line, char *out, size_t size)
{
	const char *value = strchr(line, ':');

	if (value == NULL)
		return -1;
	memcpy(out, value + 1, strlen(value));
	return 0;
}
`

const boundCheck = `	if (strlen(value) > size)
		return -1;
	memcpy(out, value + 1, strlen(value));
`

// fixFile is where the small project's fix goes, with what it replaces and by what.
const (
	fixFile = "src/parse.c"
	fixOld  = "	memcpy(out, value + 1, strlen(value));\n"
	fixNew  = boundCheck
	// On the older branches the code is another, so that the pick conflicts: a person writes the fix once, and the oldest
	// branch follows.
	oldFixOld = "	strcpy(out, line);\n"
	oldFixNew = "	if (strlen(line) >= HEADER_MAX)\n		return -1;\n	strcpy(out, line);\n"
)

// seed makes the small project: master, three maintained stable branches and one past its end of life.
func seed(ctx context.Context, w *World) (dir string, err error) {
	dir = filepath.Join(w.Dir, "seed")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	c := &clone{dir: dir, author: "developer", now: w.Clock.Now}
	if _, err := c.git(ctx, "init", "-q", "-b", "master"); err != nil {
		return "", err
	}
	steps := []struct {
		message string
		files   map[string]string
		branch  string
	}{
		{"Begin", map[string]string{
			"README": "tinyserve, a small server.\n", "Makefile": "tinyserve: src/main.c src/parse.c\n\tcc -Iinclude -o $@ $^\n",
			"include/parse.h": "#define HEADER_MAX 256\nint parse_header(const char *line, char *out);\n", "src/parse.c": parserOld,
			"src/main.c": "int main(void) { return 0; }\n", w.projectFile(): projectFile,
		}, "stable-0.9"},
		{"Document the limits", map[string]string{"README": "tinyserve, a small server.\nHeaders have 256 bytes.\n"}, "stable-1.0"},
		{"Log requests", map[string]string{"src/log.c": "void log_request(void) { }\n"}, "stable-1.1"},
		{"Parse header values", map[string]string{
			"src/parse.c": parserNew, "include/parse.h": "#include <stddef.h>\nint parse_header(const char *line, char *out, size_t size);\n",
		}, "stable-1.2"},
		{"Serve files", map[string]string{"src/files.c": "void serve_file(void) { }\n"}, ""},
	}
	for _, s := range steps {
		if err := c.write(s.files); err != nil {
			return "", err
		}
		if _, err := c.commit(ctx, s.message); err != nil {
			return "", err
		}
		if s.branch != "" {
			if _, err := c.git(ctx, "branch", s.branch); err != nil {
				return "", err
			}
		}
	}
	// Each stable branch has a life of its own after it was cut.
	for _, branch := range []string{"stable-1.2", "stable-1.1", "stable-1.0"} {
		if _, err := c.git(ctx, "switch", "-q", branch); err != nil {
			return "", err
		}
		if err := c.write(map[string]string{"NEWS": "Maintained as " + branch + ".\n"}); err != nil {
			return "", err
		}
		if _, err := c.commit(ctx, "Note the branch"); err != nil {
			return "", err
		}
	}
	_, err = c.git(ctx, "switch", "-q", "master")
	return dir, err
}
