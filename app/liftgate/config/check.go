package config

import (
	"fmt"
	"path/filepath"
	"slices"
)

// Check reads a file of either kind and says what is wrong with it. A file in a folder named .github or .gitlab is a
// project's document, every other one is the server's. The warnings are about files that the document names, and what
// [Server.Advice] has to say. The server is nil for a project's document.
func Check(path string) (server *Server, warnings []string, err error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return nil, nil, fmt.Errorf("find %s: %w", path, err)
	}
	if !slices.Contains([]string{".github", ".gitlab"}, filepath.Base(filepath.Dir(absolute))) {
		s, warnings, err := LoadServer(path)
		if err != nil {
			return nil, warnings, err
		}
		return &s, append(warnings, s.Advice()...), nil
	}
	src, err := readBounded(path, maxSize)
	if err != nil {
		return nil, nil, fmt.Errorf("read configuration: %w", err)
	}
	_, err = ParseProject(path, src)
	return nil, nil, err
}
