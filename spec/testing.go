package spec

import (
	"fmt"
	"slices"
	"strings"
)

// Test is the test: block: what the target test does.
type Test struct {
	Pos       Pos
	Packages  []Value[string] // patterns, relative to the module and clean; empty: all
	Flags     []Value[string] // of go test, one word each
	Race      Value[bool]
	Platforms []Value[string] // besides the builder's own; normalised
	Timeout   Value[int64]    // milliseconds; 0: the go command's own
	Env       []EnvVar
}

var testKeys = []key[Test]{
	{"packages", keyDoc{
		typ: "string or list of strings", def: "`./...`", allowed: "package directories or patterns relative to the module, with `./` in front", example: `packages: [./internal/..., ./cmd/server]`,
		does:   "The packages to vet and to test.",
		schema: stringOrList(schema{Type: "string", Pattern: mainPattern}),
	}, many(func(t *Test) *[]Value[string] { return &t.Packages }, listRule{orString: true, notEmpty: true, unique: true, check: mainPackage})},
	{"flags", keyDoc{
		typ: "list of strings", def: "none", allowed: "flags of `go test`, each as one word: " + testFlagNames(), example: `flags: [-short, "-run=^TestServer"]`,
		does:   "Flags for `go test`.",
		schema: schema{Type: "array", Items: &schema{Type: "string", Pattern: "^-"}},
	}, many(func(t *Test) *[]Value[string] { return &t.Flags }, listRule{check: testFlag})},
	{"race", keyDoc{
		typ: "true or false", def: "`false`", allowed: "`true`, `false`; `true` on linux/amd64, arm64, loong64, ppc64le and s390x", example: `race: true`,
		does:   "Look for data races. It needs cgo and glibc, which these tests then have whatever the entry says. On emulated platforms tests run without.",
		schema: schema{Type: "boolean", Default: false},
	}, readRace},
	{"platforms", keyDoc{
		typ: "list of strings", def: "none", allowed: "`OS/ARCH` or `OS/ARCH/VARIANT`, see [the known ones](#known-platforms)", example: `platforms: [linux/arm64, linux/arm/v7]`,
		does:   "Platforms to test for besides the builder's own. The tests are compiled on the builder and run by an emulator if it has one; else they are compiled only, and the result says so. `--platform` wins over all.",
		schema: schema{Type: "array", MinItems: 1, Items: &schema{Type: "string", Examples: platformNames()}},
	}, many(func(t *Test) *[]Value[string] { return &t.Platforms }, listRule{notEmpty: true, unique: true, check: platform})},
	{"timeout", keyDoc{
		typ: "string", def: "`10m`, the go command's", allowed: "a whole number with `ms`, `s`, `m` or `h`", example: `timeout: 5m`,
		does:   "How long the tests of one package may take.",
		schema: schema{Type: "string", Pattern: durationPattern},
	}, amount(func(t *Test) *Value[int64] { return &t.Timeout }, duration)},
	{"env", keyDoc{
		typ: "mapping of names to simple values", def: "none", allowed: "names without `=` and spaces that do not begin with `GO` or `CGO_`", example: `env: {DATABASE: memory}`,
		does:   "Environment variables of the tests.",
		schema: schema{Type: "object", AdditionalProperties: simpleValue()},
	}, func(r reading, to *Test, path string, n *node) {
		for _, p := range r.pairs(path, n, testEnvName) {
			to.Env = append(to.Env, EnvVar(p))
		}
	}},
}

// testFlags are the flags of go test that a user may give (go help testflag, go help build), and those with a key of their own.
var testFlags = []linkerFlag{
	{"run", true, ""}, {"skip", true, ""}, {"short", false, ""}, {"count", true, ""}, {"cpu", true, ""}, {"parallel", true, ""},
	{"shuffle", true, ""}, {"failfast", false, ""}, {"fullpath", false, ""}, {"bench", true, ""}, {"benchtime", true, ""},
	{"benchmem", false, ""}, {"covermode", true, ""}, {"coverpkg", true, ""}, {"trimpath", true, ""}, {"p", true, ""},
	{"race", false, "race:"}, {"timeout", true, "timeout:"}, {"tags", true, "tags: of the binary"}, {"ldflags", true, "ldflags: of the binary"},
	{"json", false, noKey}, {"v", false, noKey}, {"vet", true, noKey}, {"cover", false, noKey}, {"coverprofile", true, noKey}, {"exec", true, noKey},
	{"c", false, noKey}, {"o", true, noKey}, {"outputdir", true, noKey}, {"C", true, noKey},
}

func testFlagNames() string {
	var list []string
	for _, f := range testFlags {
		if f.owner == "" {
			list = append(list, "`-"+f.name+"`")
		}
	}
	return strings.Join(list, ", ")
}

// testFlag checks one flag, which carries its value with it.
func testFlag(s string) (string, error) {
	name, _, hasValue := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(s, "-"), "-"), "=")
	i := slices.IndexFunc(testFlags, func(f linkerFlag) bool { return f.name == name })
	allowed := strings.ReplaceAll(testFlagNames(), "`", "")
	switch {
	case !strings.HasPrefix(s, "-"):
		return "", fmt.Errorf("found %s, wanted a flag of go test and its value in one word, such as \"-run=^TestServer\"", quote(s))
	case i < 0:
		return "", fmt.Errorf("found the flag %s, allowed are %s%s", quote(s), allowed, didYouMean("-"+name, strings.Split(allowed, ", ")))
	case testFlags[i].owner == noKey:
		return "", fmt.Errorf("found the flag -%s, which crossgo sets itself", name)
	case testFlags[i].owner != "":
		return "", fmt.Errorf("found the flag -%s: use %s", name, testFlags[i].owner)
	case testFlags[i].value && !hasValue:
		return "", fmt.Errorf("found %s, wanted it with its value in one word: -%s=…", quote(s), name)
	}
	return "-" + strings.TrimLeft(s, "-"), nil
}

func testEnvName(s string) (string, error) {
	if strings.HasPrefix(s, "GO") || strings.HasPrefix(s, "CGO_") {
		return "", fmt.Errorf("found %s, but variables of the go command are crossgo's to set", quote(s))
	}
	return envName(s)
}

func readRace(r reading, to *Test, path string, n *node) {
	if v, ok := r.truth(path, n); ok {
		to.Race = v
	}
}

// truth reads true or false.
func (r reading) truth(path string, n *node) (Value[bool], bool) {
	if n.kind != kindBool {
		r.wrongType(path, n, "true or false")
		return Value[bool]{}, false
	}
	return Value[bool]{n.text == "true", n.pos}, true
}

func readTest(r reading, to *File, path string, n *node) {
	to.Test = &Test{Pos: n.pos}
	if n.kind != kindNull {
		mapping(r, to.Test, path, n, testKeys)
	}
}
