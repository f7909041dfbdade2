package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExpand(t *testing.T) {
	vars := map[string]string{"A": "1", "_b2": "$A", "EMPTY": ""}
	for in, want := range map[string]string{
		"": "", "plain": "plain", "${A}": "1", "x${A}y${A}": "x1y1", "$$": "$", "$${A}": "${A}", "${_b2}": "$A", "[${EMPTY}]": "[]", "$$$${A}$$": "$${A}$",
	} {
		got, err := Expand(in, vars)
		require.NoError(t, err, in)
		require.Equal(t, want, got, in)
	}
	for in, want := range map[string]string{
		"${B}": "found ${B}, which has no value", "$A": "write ${NAME}", "a$": "write ${NAME}", "${A": "no }", "${}": "wanted a name", "${a-b}": "wanted a name",
	} {
		_, err := Expand(in, vars)
		require.ErrorContains(t, err, want, in)
	}
}

func TestSplitFlags(t *testing.T) {
	got, err := SplitFlags(" -s\t-X 'main.a=b c' \"-X\" it's\n")
	require.NoError(t, err)
	require.Equal(t, []string{"-s", "-X", "main.a=b c", "-X", "it's"}, got)
	_, err = SplitFlags("-X 'main.a=b")
	require.ErrorContains(t, err, "no closing '")
}

// TestLinkerWords shows that a value cannot bring flags of its own.
func TestLinkerWords(t *testing.T) {
	f, err := Parse("crossgo.yaml", []byte("args: {V: x}\nbinaries:\n  - ldflags: ['-s -X main.v=${V}', -w]\n"))
	require.NoError(t, err)
	words, err := f.Binaries[0].LinkerWords(map[string]string{"V": "1 -linkmode=external"})
	require.NoError(t, err)
	require.Equal(t, []string{"-s", "-X", "main.v=1 -linkmode=external", "-w"}, words)
	_, err = f.Binaries[0].LinkerWords(nil)
	require.EqualError(t, err, "3:15: found ${V}, which has no value")
}

func TestNearest(t *testing.T) {
	require.Equal(t, "musl", nearest("mulsl", libcWords))
	require.Equal(t, "static", nearest("Static", linkWords))
	require.Empty(t, nearest("x", linkWords))
	require.Empty(t, nearest("something else", linkWords))
}

func TestVCSNeeds(t *testing.T) {
	for text, want := range map[string][]string{
		"": {},
		"binaries: [{main: ., ldflags: ['-X main.v=${TARGETOS}']}]":                             {},
		"binaries: [{main: ., ldflags: ['-X main.v=${VCS_TAG}', '-X main.t=${VCS_REVISION}']}]": {VCSRevision, VCSTag},
		"vcs: on\n": VCSStamp,
		"vcs: on\nbinaries: [{main: ., ldflags: ['-X main.v=${VCS_TAG}']}]": VCSVariables,
		"vcs: off\n": {},
		"image: {labels: {r: '${VCS_REVISION}'}}":                           {VCSRevision},
		"args: {V: '${VCS_TAG}', W: '${V}'}\nimage: {cmd: ['${W}']}":        {VCSTag},
		"args: {V: '${VCS_TAG}', W: '${V}'}\nimage: {cmd: ['${TARGETOS}']}": {},
		"image: {cmd: ['$${VCS_TAG}']}":                                     {},
	} {
		f, err := Parse("f", []byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, f.VCSNeeds(), text)
	}
}

func TestRefs(t *testing.T) {
	f, err := Parse("f", []byte("binaries:\n  - main: .\n    ldflags: ['-X main.v=${VCS_TAG}$$', '-X main.w=${VCS_TAG}${TARGETOS}']\n"))
	require.NoError(t, err)
	require.Equal(t, []Value[string]{{VCSTag, Pos{3, 15}}, {"TARGETOS", Pos{3, 41}}}, f.Binaries[0].Refs())
}

func TestLinkerSettings(t *testing.T) {
	words := []string{"-s", "--w=0", "-X", "main.a=-w", "-buildid", "-s=0", "-X=main.b=c"}
	require.Equal(t, map[string]string{"s": "true", "w": "0", "X": "main.b=c", "buildid": "-s=0"}, LinkerSettings(words))
	require.Empty(t, LinkerSettings(nil))
}
