package config

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Check reads a file of either kind and says what is wrong with it. A file in a folder named .github or .gitlab is a
// project's document, every other one is the server's. The warnings are about files that the document names, and what
// [Server.Advice] has to say.
func Check(path string) (warnings []string, err error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", path, err)
	}
	if !slices.Contains([]string{".github", ".gitlab"}, filepath.Base(filepath.Dir(absolute))) {
		s, warnings, err := LoadServer(path)
		if err != nil {
			return warnings, err
		}
		return append(warnings, s.Advice()...), nil
	}
	src, err := readBounded(path, maxSize)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	_, err = ParseProject(path, src)
	return nil, err
}
