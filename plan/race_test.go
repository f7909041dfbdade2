package plan

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRaceArchs compares our table with the Go distribution's.
func TestRaceArchs(t *testing.T) {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	require.NoError(t, err)
	file := filepath.Join(strings.TrimSpace(string(out)), "src/internal/platform/supported.go")
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	require.NoError(t, err)
	supported := parsed.Scope.Lookup("RaceDetectorSupported").Decl.(*ast.FuncDecl)
	var archs []string
	ast.Inspect(supported, func(n ast.Node) bool {
		clause, ok := n.(*ast.CaseClause)
		if !ok || len(clause.List) != 1 || clause.List[0].(*ast.BasicLit).Value != `"linux"` {
			return true
		}
		for _, s := range clause.Body {
			ast.Inspect(s, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok {
					arch, err := strconv.Unquote(lit.Value)
					require.NoError(t, err)
					archs = append(archs, arch)
				}
				return true
			})
		}
		return false
	})
	slices.Sort(archs)
	require.Equal(t, archs, raceArchs)
}
