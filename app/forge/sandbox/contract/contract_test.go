package contract

import (
	"errors"
	"os"
	"testing"
)

// fresh gives a contract whose violations are expected.
func fresh[T terms](t *testing.T, load func() (T, error), missing string) *Contract {
	t.Helper()
	published, err := load()
	if errors.Is(err, os.ErrNotExist) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return &Contract{terms: published, seen: map[string]int{}}
}
