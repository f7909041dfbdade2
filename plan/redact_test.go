package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

func TestRedacted(t *testing.T) {
	for text, want := range map[string]string{
		"https://me:secret@proxy/x":                            "https://***@proxy/x",
		"https://token@proxy,https://me:p@ss@other|direct":     "https://***@proxy,https://***@other|direct",
		"https://proxy/golang.org/toolchain@v0.0.1":            "https://proxy/golang.org/toolchain@v0.0.1",
		`Get "http://me:x@proxy": refused; see me@example.com`: `Get "http://***@proxy": refused; see me@example.com`,
		"example.com/m@v1.2.3":                                 "example.com/m@v1.2.3",
	} {
		require.Equal(t, want, plan.Redacted(text))
	}
}
