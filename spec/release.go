package spec

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Release is the release: block: the archives that are published, and what lies beside them.
type Release struct {
	Pos       Pos
	Name      Value[string] // of an archive without its ending, with ${NAME} not yet replaced; empty: the choice of ReleaseName
	Files     []ReleaseFile // what archives hold beside the binaries
	Formats   []ReleaseFormat
	Wrap      Value[string]   // the folder inside the archives, with ${NAME} not yet replaced; WrapOff or WrapOn
	Checksums Value[string]   // name of the file with the SHA-256 sums
	SBOM      Value[Switch]   // SwitchOn by default
	Signer    Value[Signer]   // SignNone by default
	Prog      []Value[string] // with SignProg alone: a file of the context and its arguments, with ${NAME} not yet replaced
}

// ReleaseFile is one entry of release.files.
type ReleaseFile struct {
	From Value[string] // a file, folder or pattern of the build context, clean
	To   Value[string] // where it stands in the archive: a folder with a slash at its end, else the file's new name; empty: where it stands in the context
	Mode Value[string] // "0755" or "0644"; empty: as the file can be executed or not
}

// ReleaseFormat is how the archives of a system are packed.
type ReleaseFormat struct {
	System Value[string] // "windows"; empty: all that no other entry names
	Format Value[string] // FormatTarGz or FormatZip
}

// The formats of archives.
const (
	FormatTarGz = "tar.gz"
	FormatZip   = "zip"
)

// Format is how a system's archives are packed: its own entry, else the one for all, else zip for Windows and tar.gz for others.
func (r *Release) Format(system string) string {
	for _, s := range []string{system, ""} {
		if i := slices.IndexFunc(r.Formats, func(f ReleaseFormat) bool { return f.System.V == s }); i >= 0 {
			return r.Formats[i].Format.V
		}
	}
	if system == "windows" {
		return FormatZip
	}
	return FormatTarGz
}

// The values of release.wrap that are no names.
const (
	WrapOff = "off"
	WrapOn  = "on" // a folder named as the archive
)

// Switch is on or off.
type Switch string

// The values of a Switch.
const (
	SwitchOn  Switch = "on"
	SwitchOff Switch = "off"
)

// Signer is who signs the file with the checksums.
type Signer string

// The values of release.signer. SignProg is not written as a word: it stands for a mapping with prog.
const (
	SignNone     Signer = "none"
	SignMinisign Signer = "minisign" // with a key of minisign's
	SignCosign   Signer = "cosign"   // with a key of cosign's
	SignProg     Signer = "prog"     // a program of the user's
)

// DefaultChecksums is the name of the file with the checksums.
const DefaultChecksums = "SHA256SUMS"

// ReleaseVariable is the one variable that release has besides those of ldflags: the binary's name.
const ReleaseVariable = "NAME"

// NewRelease is a block with all defaults.
func NewRelease(pos Pos) *Release {
	return &Release{
		Pos: pos, Wrap: Value[string]{V: WrapOff}, Checksums: Value[string]{V: DefaultChecksums},
		SBOM: Value[Switch]{V: SwitchOn}, Signer: Value[Signer]{V: SignNone},
	}
}

// ReleaseBlock is the file's release: block, or the defaults of one.
func (f *File) ReleaseBlock() *Release {
	if f.Release == nil {
		return NewRelease(Pos{})
	}
	return f.Release
}

// ReleaseName is the name of archives with ${NAME} not yet replaced: the block's, else one of name, version and platform, where
// the version is the argument VERSION if the file declares it.
func (f *File) ReleaseName() Value[string] {
	if name := f.ReleaseBlock().Name; name.V != "" {
		return name
	}
	version := ""
	if slices.ContainsFunc(f.Args, func(a Arg) bool { return a.Name.V == "VERSION" }) {
		version = "${VERSION}_"
	}
	return Value[string]{V: "${NAME}_" + version + "${TARGETOS}_${TARGETARCH}${TARGETVARIANT}"}
}

// ReleaseRefs are the names that the release's texts use as ${NAME}, each at the place of the text that uses it first.
func (f *File) ReleaseRefs() []Value[string] {
	r := f.ReleaseBlock()
	return refs(append([]Value[string]{r.Name, r.Wrap}, r.Prog...), strict)
}

var releaseKeys = []key[Release]{
	{"name", keyDoc{
		typ: "string", def: "`${NAME}_${VERSION}_${TARGETOS}_${TARGETARCH}${TARGETVARIANT}`; without `${VERSION}_` where no argument of that name is declared",
		allowed: "letters, digits and `. _ + -`, and `${NAME}` for [a variable](#names-of-archives)", example: `name: "server_${VCS_TAG}_${TARGETOS}_${TARGETARCH}${TARGETVARIANT}"`,
		does:   "The name of an archive, without its ending. Every platform needs another one.",
		schema: schema{Type: "string"},
	}, one(func(r *Release) *Value[string] { return &r.Name }, onlyStrings, archiveName)},
	{"files", keyDoc{
		typ: "list", def: "the binaries alone", allowed: "files, folders or patterns (`*`, `?`, `[a-z]`, `**`) of the build context as strings, or mappings with the keys of [a file](#files-of-a-release)",
		example: `files: [README.md, LICENSE, {from: "docs/*.1", to: man/}]`,
		does:    "What the archives hold beside the binaries, and the headers of libraries.",
		schema:  schema{Type: "array", Items: &schema{AnyOf: []*schema{{Type: "string"}, {Ref: "#/definitions/releaseFile"}}}},
	}, readReleaseFiles},
	{"format", keyDoc{
		typ: "string or mapping of systems to strings", def: "`zip` for windows, `tar.gz` for all others", allowed: "`tar.gz`, `zip`", example: `format: {darwin: zip}`,
		does:   "How archives are packed.",
		schema: schema{AnyOf: []*schema{{Enum: formatWords}, {Type: "object", AdditionalProperties: &schema{Enum: formatWords}}}},
	}, readFormat},
	{"wrap", keyDoc{
		typ: "string", def: "`off`", allowed: "`on`, `off`, or a folder's name, in which `${NAME}` is a variable", example: `wrap: on`,
		does:   "Whether all that an archive holds is in one folder. With `on` it is named as the archive.",
		schema: schema{Type: "string", Default: WrapOff},
	}, one(func(r *Release) *Value[string] { return &r.Wrap }, anyScalar, wrapName)},
	{"checksums", keyDoc{
		typ: "string", def: "`SHA256SUMS`", allowed: "a file name", example: `checksums: checksums.txt`,
		does:   "The file with the SHA-256 sums of all other files, as `sha256sum --check` reads it.",
		schema: schema{Type: "string", Pattern: namePattern, Default: DefaultChecksums},
	}, one(func(r *Release) *Value[string] { return &r.Checksums }, onlyStrings, binaryName)},
	{"sbom", keyDoc{
		typ: "string", def: "`on`", allowed: "`on`, `off`", example: `sbom: off`,
		does:   "Whether an SPDX document lies beside each archive.",
		schema: schema{Enum: switchWords, Default: string(SwitchOn)},
	}, readSBOM},
	{"signer", keyDoc{
		typ: "string or mapping", def: "`none`", allowed: "`none`, `minisign`, `cosign`, or a mapping with the key of [the signer](#the-signer)", example: `signer: minisign`,
		does:   "Who signs the file with the checksums. Keys are secrets of the build.",
		schema: schema{AnyOf: []*schema{{Enum: signerWords, Default: string(SignNone)}, {Ref: "#/definitions/signer"}}},
	}, readSigner},
}

var releaseFileKeys = []key[ReleaseFile]{
	{"from", keyDoc{
		typ: "string", def: "none, it is needed", allowed: "a file, folder or pattern of the build context, as a relative path with slashes", example: `from: "docs/*.1"`,
		does:   "What is taken: a folder with all below it. A pattern that nothing matches is an error, and so is a symbolic link.",
		schema: schema{Type: "string"},
	}, one(func(f *ReleaseFile) *Value[string] { return &f.From }, onlyStrings, contextPattern)},
	{"to", keyDoc{
		typ: "string", def: "where the file stands in the build context", allowed: "a relative path with slashes", example: `to: man/`,
		does:   "Where it stands in the archive. With a slash at the end it is a folder for all that `from` takes, without the folders that `from` begins with; else the new name of the one file.",
		schema: schema{Type: "string"},
	}, one(func(f *ReleaseFile) *Value[string] { return &f.To }, onlyStrings, archivePath)},
	{"mode", keyDoc{
		typ: "string or number", def: "`0755` for what can be executed, else `0644`", allowed: "three or four octal digits", example: `mode: "0755"`,
		does:   "The permissions in the archive.",
		schema: schema{Type: []string{"string", "integer"}},
	}, one(func(f *ReleaseFile) *Value[string] { return &f.Mode }, orNumbers, fileMode)},
}

// signer is what a mapping of release.signer says.
type signer struct{ prog []Value[string] }

var signerKeys = []key[signer]{
	{"prog", keyDoc{
		typ: "string or list of strings", def: "none, it is needed", allowed: "a program in the build context, as a relative path, and its arguments, in which `${NAME}` is a variable other than those of the target; a single string has no spaces",
		example: `prog: [tools/sign, --kms, "${KEY}"]`,
		does:    "A program that signs. It gets the file's path as its last argument and writes what it makes to the folder that it finds by the variable `CROSSGO_SIGN_OUT`.",
		schema:  stringOrList(schema{Type: "string"}),
	}, many(func(s *signer) *[]Value[string] { return &s.prog }, listRule{orString: true, notEmpty: true, check: someText})},
}

// The words of release, in the order messages name them.
var (
	formatWords = []string{FormatTarGz, FormatZip}
	switchWords = []string{string(SwitchOn), string(SwitchOff)}
	signerWords = []string{string(SignNone), string(SignMinisign), string(SignCosign)}
)

func readRelease(r reading, to *File, path string, n *node) {
	to.Release = NewRelease(n.pos)
	if n.kind != kindNull {
		mapping(r, to.Release, path, n, releaseKeys)
	}
}

func readReleaseFiles(r reading, to *Release, path string, n *node) {
	if n.kind != kindList {
		r.wrongType(path, n, "a list of files")
		return
	}
	for i, item := range n.items {
		if f, ok := r.releaseFile(fmt.Sprintf("%s[%d]", path, i), item); ok {
			to.Files = append(to.Files, f)
		}
	}
}

func (r reading) releaseFile(path string, n *node) (f ReleaseFile, ok bool) {
	switch n.kind {
	case kindString:
		f.From, ok = r.text(path, n, onlyStrings, contextPattern)
		return f, ok
	case kindMapping:
		mapping(r, &f, path, n, releaseFileKeys)
		if !f.From.Pos.Known() {
			r.fail(n.pos, path, "found no from, wanted the file, folder or pattern that is taken")
		}
		return f, f.From.V != ""
	}
	r.wrongType(path, n, "a file of the build context, or a mapping with the keys "+strings.Join(names(releaseFileKeys), ", "))
	return f, false
}

func readFormat(r reading, to *Release, path string, n *node) {
	if n.kind != kindMapping {
		if v, ok := r.text(path, n, onlyStrings, word(formatWords)); ok {
			to.Formats = []ReleaseFormat{{Format: v}}
		}
		return
	}
	for _, p := range r.pairs(path, n, system) {
		if v, err := word(formatWords)(p.Value.V); err != nil {
			r.fail(p.Value.Pos, path+"."+p.Name.V, "%s", err)
		} else {
			to.Formats = append(to.Formats, ReleaseFormat{p.Name, Value[string]{v, p.Value.Pos}})
		}
	}
}

// system checks the name of an operating system.
func system(s string) (string, error) {
	var known []string
	for _, row := range osRows {
		known = append(known, row.name)
	}
	return word(known)(s)
}

// readSBOM takes other scalars only to say what to write instead.
func readSBOM(r reading, to *Release, path string, n *node) {
	if !n.scalar() || n.kind == kindNull {
		r.wrongType(path, n, "one of "+strings.Join(switchWords, ", "))
	} else if v, ok := r.text(path, n, anyScalar, switchOr(switchWords)); ok {
		to.SBOM = Value[Switch]{Switch(v.V), v.Pos}
	}
}

// readSigner takes a word, or a mapping for what a word cannot say.
func readSigner(r reading, to *Release, path string, n *node) {
	if n.kind != kindMapping {
		if v, ok := r.text(path, n, onlyStrings, word(signerWords)); ok {
			to.Signer = Value[Signer]{Signer(v.V), v.Pos}
		}
		return
	}
	var s signer
	mapping(r, &s, path, n, signerKeys)
	to.Signer, to.Prog = Value[Signer]{SignProg, n.pos}, s.prog
	if len(s.prog) == 0 {
		if len(n.fields) == 0 {
			r.fail(n.pos, path, "found an empty mapping, wanted the key prog, or one of %s", strings.Join(signerWords, ", "))
		}
		return
	}
	if _, err := contextFile(s.prog[0].V); err != nil {
		r.fail(s.prog[0].Pos, path+".prog", "%s", err)
	}
}

// releaseRefs checks that the release's texts name what is declared.
func (r reading) releaseRefs(f *File, declared []string) {
	if f.Release == nil {
		return
	}
	check := func(path string, v Value[string], known []string) {
		if err := refsDeclared(v.V, known); err != nil {
			r.fail(v.Pos, "release."+path, "%s", err)
		}
	}
	named := append(slices.Clone(declared), ReleaseVariable)
	check("name", f.Release.Name, named)
	check("wrap", f.Release.Wrap, named)
	// A release is signed once, for all targets.
	once := slices.DeleteFunc(slices.Clone(declared), func(name string) bool { return strings.HasPrefix(name, "TARGET") && slices.Contains(BuiltinArgs, name) })
	for i, w := range f.Release.Prog {
		check(fmt.Sprintf("signer.prog[%d]", i), w, once)
	}
}

// archiveLetters is what a template may hold besides its variables; namePattern is asked of what comes out.
var archiveLetters = matching(`^([A-Za-z0-9._+-]|\$\{[^{}]*\}|\$\$)+$`, "a file name of letters, digits, . _ + - and ${NAME}")

func archiveName(s string) (string, error) {
	for _, ending := range []string{".tar.gz", ".tgz", ".zip"} {
		if name, ok := strings.CutSuffix(s, ending); ok && name != "" {
			return "", fmt.Errorf("found %s, wanted it without the ending %s, which format decides", quote(s), ending)
		}
	}
	return archiveLetters(s)
}

// wrapName is on or off, or a name.
func wrapName(s string) (string, error) {
	if w, ok := switches[strings.ToLower(s)]; ok {
		return "", fmt.Errorf("found %s, allowed are on, off or a folder's name (did you mean %q?)", s, w)
	}
	return archiveLetters(s)
}

// contextPattern checks a file, folder or pattern of the build context and gives its clean form.
func contextPattern(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New("found an empty string, wanted a file, folder or pattern of the build context")
	case path.IsAbs(s) || outside(s) || strings.Contains(s, `\`) || strings.HasPrefix(s, "!"):
		return "", fmt.Errorf("found %s, wanted a relative path with slashes inside the build context, without ..", quote(s))
	case path.Clean(s) == ".":
		return "", fmt.Errorf("found %s, which is the whole build context: name the files and folders that are wanted", quote(s))
	}
	if _, err := path.Match(s, ""); err != nil {
		return "", fmt.Errorf("found %s, which is no pattern: a [ without its ]", quote(s))
	}
	return path.Clean(s), nil
}

// archivePath checks a place inside an archive; a slash at the end stays.
func archivePath(s string) (string, error) {
	clean := path.Clean(s)
	switch {
	case s == "":
		return "", errors.New(`found an empty string, wanted a path inside the archive, such as "doc/"`)
	case path.IsAbs(s) || outside(s) || strings.ContainsAny(s, "\\:") || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return "", fmt.Errorf("found %s, wanted a relative path with slashes, without .. and :", quote(s))
	case clean == ".":
		return "./", nil
	case strings.HasSuffix(s, "/"):
		return clean + "/", nil
	}
	return clean, nil
}

var modeForm = matching(`^(0o|0)?[0-7]{3}$`, `permissions as three or four octal digits, such as "0644"`)

// fileMode gives permissions as four octal digits.
func fileMode(s string) (string, error) {
	v, err := modeForm(s)
	if err != nil {
		return "", err
	}
	return "0" + v[len(v)-3:], nil
}
