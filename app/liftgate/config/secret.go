package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// maxSecret bounds what is read from a file with a secret, in case the path is that of something else.
const maxSecret = 64 << 10

// LoadServer reads the server's document, makes its paths relative to it, and looks at every file with a secret: one that
// is missing or empty is an error, one that others can read is a warning.
func LoadServer(path string) (s Server, warnings []string, err error) {
	src, err := readBounded(path, maxSize)
	if err != nil {
		return Server{}, nil, fmt.Errorf("read configuration: %w", err)
	}
	s, err = ParseServer(path, src)
	if err != nil {
		return Server{}, nil, err
	}
	dir, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Server{}, nil, fmt.Errorf("find the folder of %s: %w", path, err)
	}
	s.relativeTo(dir)
	warnings, err = s.inspectSecrets()
	return s, warnings, err
}

// DatabaseURL is sqlite:PATH or a postgres:// URL, read from its file if the document names one. It may hold a password:
// never log it.
func (s Server) DatabaseURL() (string, error) {
	if s.DatabaseFile == "" {
		return s.Database, nil
	}
	secret, err := readSecret("database URL", s.DatabaseFile)
	if err != nil {
		return "", err
	}
	u, err := url.Parse(string(secret))
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") { // the parser's error would repeat the URL
		return "", fmt.Errorf("read database URL: %s does not hold a postgres:// URL", s.DatabaseFile)
	}
	return string(secret), nil
}

// inspectSecrets reads every secret once, so that a mistake shows at the start and not in the middle of a lift.
func (s Server) inspectSecrets() (warnings []string, err error) {
	var files []string
	var problems []error
	if s.GitHub.PrivateKeyFile != "" { // a forge that no project needs may be left out
		more, wrong := s.githubSecrets()
		files, problems = append(files, more...), append(problems, wrong...)
	}
	if s.GitLab.TokenFile != "" {
		more, wrong := s.GitLab.secrets()
		files, problems = append(files, more...), append(problems, wrong...)
	}
	if s.CNA.On() {
		_, err = s.CNA.Key()
		files, problems = append(files, s.CNA.KeyFile), append(problems, err)
	}
	if s.Committer.Sign != "" {
		_, err = s.Committer.Key()
		files, problems = append(files, s.Committer.KeyFile), append(problems, err)
	}
	if s.Mail.Server != "" {
		more, wrong := s.Mail.secrets()
		files, problems = append(files, more...), append(problems, wrong)
	}
	if s.DatabaseFile != "" {
		_, err = s.DatabaseURL()
		files, problems = append(files, s.DatabaseFile), append(problems, err)
	}
	for _, file := range append(files, s.Keys.Identity) { // the identity is made at the first start, and may not be there yet
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0 {
			warnings = append(warnings, fmt.Sprintf("%s can be read by others (mode %04o); run: chmod 600 %q", file, info.Mode().Perm(), file))
		}
	}
	return warnings, errors.Join(problems...)
}

// readSecrets reads several secrets of one kind.
func readSecrets(what string, files []string) ([][]byte, error) {
	secrets := make([][]byte, 0, len(files))
	for _, file := range files {
		secret, err := readSecret(what, file)
		if err != nil {
			return nil, err
		}
		secrets = append(secrets, secret)
	}
	return secrets, nil
}

// readSecret reads a secret, without the line end that editors add.
func readSecret(what, file string) ([]byte, error) {
	secret, err := readBounded(file, maxSecret)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	secret = bytes.TrimSpace(secret)
	if len(secret) == 0 {
		return nil, fmt.Errorf("read %s: %s is empty", what, file)
	}
	return secret, nil
}

// readBounded reads a file, and no more of it than its bound and one byte.
func readBounded(file string, most int) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	if info, err := f.Stat(); err != nil {
		return nil, err
	} else if info.IsDir() {
		return nil, &fs.PathError{Op: "read", Path: file, Err: errors.New("is a folder")}
	}
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, err
	}
	if len(text) > most {
		return nil, &fs.PathError{Op: "read", Path: file, Err: fmt.Errorf("more than %d bytes", most)}
	}
	return text, nil
}
