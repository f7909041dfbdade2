package spec

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestExpandText: what a shell or a regular expression reads later stays as it is.
func TestExpandText(t *testing.T) {
	vars := map[string]string{"V": "1.2", "EMPTY": "", "D": "${V}"}
	for text, want := range map[string]string{
		"": "", "plain": "plain", "${V}": "1.2", "v${V}-${V}x": "v1.2-1.2x", "[${EMPTY}]": "[]", "${D}": "${V}",
		"echo $HOME": "echo $HOME", "a$": "a$", "$$": "$$", "$$x": "$$x", "^x$": "^x$", "$1 ${V}": "$1 1.2",
		"$${V}": "${V}", "$${HOME:-x}": "${HOME:-x}", "$$${V}": "$${V}",
	} {
		got, err := ExpandText(text, vars)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	_, err := ExpandText("${W}", vars)
	require.EqualError(t, err, "found ${W}, which has no value")
}

// TestTextsName: every key whose text is filled refuses what nobody declared, where it stands.
func TestTextsName(t *testing.T) {
	for text, want := range map[string]string{
		"image: {labels: {a: '${NO}'}}":                   `crossgo.yaml:1:21: image.labels["a"]: found ${NO}, which is not declared under args`,
		"image: {env: {A: '${NO}'}}":                      `crossgo.yaml:1:18: image.env["A"]: found ${NO}`,
		"image: {cmd: [x, '${NO}']}":                      `crossgo.yaml:1:18: image.cmd[1]: found ${NO}`,
		"image: {cmd: '${NO}'}":                           `crossgo.yaml:1:14: image.cmd[0]: found ${NO}`,
		"image: {entrypoint: ['${HOME:-x}']}":             `crossgo.yaml:1:22: image.entrypoint[0]: in "${HOME:-x}": `,
		"image: {entrypoint: ['${open']}":                 `crossgo.yaml:1:22: image.entrypoint[0]: found no } after "${open"; write $${ for the text ${ itself`,
		"test: {env: {A: '${NO}'}}":                       `crossgo.yaml:1:17: test.env["A"]: found ${NO}`,
		"test: {flags: ['-run=${NO}']}":                   `crossgo.yaml:1:16: test.flags[0]: found ${NO}`,
		"args: {A: '${NO}'}":                              `crossgo.yaml:1:11: args.A: found ${NO}`,
		"args: {A: '${B}', B: x}":                         `crossgo.yaml:1:11: args.A: found ${B}, which is not above it: a default names arguments that are declared before`,
		"args: {A: '${A}'}":                               `crossgo.yaml:1:11: args.A: found ${A}, which is not above it`,
		"args: {VERSION: x}\nimage: {cmd: ['${VERSON}']}": "(did you mean \"VERSION\"?); write $${ for the text ${ itself",
	} {
		_, err := Parse("crossgo.yaml", []byte(text+"\n"))
		require.ErrorContains(t, err, want, text)
	}
	for _, text := range []string{
		"image: {labels: {a: '${TARGETARCH} ${VCS_REVISION} ${SOURCE_DATE_EPOCH}'}, env: {A: '$HOME $${HOME}'}, cmd: [sh, -c, 'echo $1 $$']}",
		"args: {A: x, B: '${A}-${TARGETOS}', C: '${B}'}", "test: {flags: ['-run=^TestX$']}",
	} {
		_, err := Parse("crossgo.yaml", []byte(text+"\n"))
		require.NoError(t, err, text)
	}
}

// TestFilledLeavesTheFile: the file that was read is as it was.
func TestFilledLeavesTheFile(t *testing.T) {
	f, err := Parse("crossgo.yaml", []byte("args: {V: x}\nimage: {cmd: ['${V}'], entrypoint: ['${V}'], env: {A: '${V}'}, labels: {l: '${V}'}}\ntest: {env: {A: '${V}'}, flags: ['-run=${V}']}\n"))
	require.NoError(t, err)
	filled, err := f.Filled(map[string]string{"V": "y"}, nil)
	require.NoError(t, err)
	require.Len(t, filled.texts(), 6)
	for i, text := range filled.texts() {
		require.Contains(t, text.value.V, "y")
		require.Contains(t, f.texts()[i].value.V, "${V}")
		require.Equal(t, f.texts()[i].value.Pos, text.value.Pos)
	}
	_, err = f.Filled(nil, func(path string, _ Value[string], err error) error { return errors.New(path) })
	require.EqualError(t, err, "image.entrypoint[0]\nimage.cmd[0]\nimage.env[\"A\"]\nimage.labels[\"l\"]\ntest.flags[0]\ntest.env[\"A\"]")
}
