package spec

import (
	"strconv"
	"strings"
)

// The tables below are the format: the parser, the reference page and the JSON schema are all made from them, in this order.

// keyDoc is what a reader of the reference page and an editor learn about a key.
type keyDoc struct {
	typ     string // the type in words
	def     string // the default in words
	allowed string // what else the value has to be; empty when the type says it all
	example string // one line of YAML
	does    string // one or two sentences
	schema  schema
}

var fileKeys = []key[File]{
	{"go", keyDoc{
		typ: "string", def: "the toolchain line of go.mod, else the newest patch that its go line allows", allowed: "a Go release without the letters go", example: `go: "1.26.8"`,
		does:   "The Go that compiles: a release, or the newest patch of one without a patch level. [Which Go compiles](go-versions.md) has every case.",
		schema: schema{Type: []string{"string", "number"}, Pattern: goPattern},
	}, one(func(f *File) *Value[string] { return &f.Go }, orNumbers, goVersion)},
	{"module", keyDoc{
		typ: "string", def: "`.`", allowed: "a relative path with slashes, without `..`", example: `module: services/api`,
		does:   "The directory of the Go module inside the build context.",
		schema: schema{Type: "string", Default: "."},
	}, one(func(f *File) *Value[string] { return &f.Module }, onlyStrings, moduleDir)},
	{"platforms", keyDoc{
		typ: "list of strings", def: "the platform of the builder", allowed: "`OS/ARCH` or `OS/ARCH/VARIANT`, see [the known ones](#known-platforms)",
		example: `platforms: [linux/amd64, linux/arm64]`,
		does:    "The platforms to build for when the request names none (`--platform` wins).",
		schema:  schema{Type: "array", MinItems: 1, Items: &schema{Type: "string", Examples: platformNames()}},
	}, many(func(f *File) *[]Value[string] { return &f.Platforms }, listRule{notEmpty: true, unique: true, check: platform})},
	{"parallel", keyDoc{
		typ: "number", def: "by the cores and the free memory of the machine, see [memory](performance.md#memory)", allowed: "a whole number, 1 or more", example: `parallel: 2`,
		does:   "How many platforms are built at once, at most. Less needs less memory. What comes out is the same.",
		schema: schema{Type: "integer", Minimum: 1},
	}, readParallel},
	{"args", keyDoc{
		typ: "mapping of names to simple values", def: "none", allowed: "names of letters, digits and `_`; not one that crossgo sets",
		example: `args: {VERSION: dev}`,
		does:    "Build arguments (`--build-arg`) with their defaults. The text of the value counts: `1.20` stays `1.20`; nothing is the empty text. `${NAME}` in a default is [replaced](#arguments-in-other-texts) by an argument declared above it.",
		schema:  schema{Type: "object", PropertyNames: &schema{Pattern: argPattern}, AdditionalProperties: simpleValue()},
	}, readArgs},
	{"vcs", keyDoc{
		typ: "string", def: "`off`", allowed: "`on`, `off`", example: `vcs: on`,
		does:   "Whether Go's build info says which commit was built, as with `go build -buildvcs=true`. The [variables](#what-the-repository-says) of `ldflags` need no such key.",
		schema: schema{Enum: vcsWords, Default: string(VCSOff)},
	}, readVCS},
	{"binaries", keyDoc{
		typ: "list", def: "one entry that builds every main package of the module", allowed: "mappings with the keys of [one binary](#one-binary); a string stands for `main:` alone",
		example: `binaries: [{main: ./cmd/server, libc: musl}]`,
		does:    "What to build. Each entry is one or several main packages built with the same settings.",
		schema:  schema{Type: "array", MinItems: 1, Items: &schema{AnyOf: []*schema{{Type: "string", Pattern: mainPattern}, {Ref: "#/definitions/binary"}}}},
	}, readBinaries},
	{"image", keyDoc{
		typ: "mapping", def: "no image", allowed: "the keys of [the image](#the-image); an empty one means all defaults", example: `image: {entrypoint: [/server]}`,
		does:   "The container image. With this key the default target is `image`, without it `bin`.",
		schema: schema{AnyOf: []*schema{{Type: "null"}, {Ref: "#/definitions/image"}}},
	}, readImage},
	{"release", keyDoc{
		typ: "mapping", def: "all defaults", allowed: "the keys of [the release](#the-release); an empty one means all defaults", example: `release: {files: [README.md, LICENSE]}`,
		does:   "What the target `release` makes: an archive for each platform, with checksums, SBOMs, reports and the lock beside them, all in one folder.",
		schema: schema{AnyOf: []*schema{{Type: "null"}, {Ref: "#/definitions/release"}}},
	}, readRelease},
	{"cache", keyDoc{
		typ: "string or mapping", def: "`auto`", allowed: "`auto`, `layers`, `mounts`, `both`, or a mapping with the key of [the cache](#the-cache)", example: `cache: layers`,
		does:   "Where compiled code is kept for the next build. `auto` is right for nearly all. `layers`: compiled dependencies are layers, which `--cache-to` shares with other machines; choose it for a builder that you share with people whom you do not trust. `mounts`: everything is in cache mounts of the builder; choose it if builds always run on the same builder and you export no cache. `both`: dependencies in layers, and all packages and downloaded modules in the builder's cache mounts as well. `auto` is `both`, and `layers` with a Go older than 1.24. Builds that share a remote cache must use the same value.",
		schema: schema{AnyOf: []*schema{{Enum: cacheWords, Default: string(CacheAuto)}, {Ref: "#/definitions/cache"}}},
	}, readCache},
	{"verify", keyDoc{
		typ: "mapping", def: "none", allowed: "the keys of [the verification](#the-verification)", example: `verify: {allow: [exec-stack]}`,
		does:   "What the outputs are checked for, of all binaries without a `verify` of their own.",
		schema: schema{Ref: "#/definitions/verify"},
	}, readVerify(func(f *File) *Verify { return &f.Verify })},
	{"test", keyDoc{
		typ: "mapping", def: "all packages, on the builder's platform", allowed: "the keys of [tests](#tests)", example: `test: {race: true}`,
		does:   "What the targets `test` and `test-results` do; no other target tests.",
		schema: schema{AnyOf: []*schema{{Type: "null"}, {Ref: "#/definitions/test"}}},
	}, readTest},
}

var verifyKeys = []key[Verify]{
	{"allow", keyDoc{
		typ: "list of strings", def: "none", allowed: "ids of [checks](checks/README.md) that can be allowed to fail", example: `allow: [exec-stack]`,
		does:   "Checks that may fail: what they find stands in the report as a note, and the output leaves the build.",
		schema: schema{Type: "array", UniqueItems: true, Items: &schema{Type: "string"}},
	}, many(func(v *Verify) *[]Value[string] { return &v.Allow }, listRule{unique: true, check: someText})},
	{"run", keyDoc{
		typ: "mapping", def: "nothing is started", allowed: "the keys of [a run](#a-run); an empty one starts the program without arguments", example: `run: {args: [--version], expect: "server 1"}`,
		does:   "Start each program where it will run: in the root of the image if one is built, else in an empty one with its loader and libraries. It has no network and is the image's user. If a program does not do as expected, the build fails; if the builder can neither run nor emulate the platform, the report says so.",
		schema: schema{Ref: "#/definitions/run"},
	}, readRun},
	{"reproducible", keyDoc{
		typ: "true or false", def: "`false`", allowed: "`true`, `false`", example: `reproducible: true`,
		does:   "Build a second time, with nothing kept from before, at another time, in another folder and with another number of threads, and compare. It takes the time of a build without any cache.",
		schema: schema{Type: "boolean", Default: false},
	}, readReproducible},
}

var cacheKeys = []key[Cache]{
	{"prog", keyDoc{
		typ: "string or list of strings", def: "none", allowed: "a program in the build context, as a relative path, and its arguments, in which `${NAME}` is a build argument; a single string has no spaces", example: `prog: [tools/gocacheprog, --url, "${CACHE_URL}"]`,
		does:   "A program that keeps compiled packages for a whole fleet of builders, as the go command's GOCACHEPROG (`go doc cmd/go/internal/cacheprog`). It runs on the build machine, without a C library around it and with the network. What it writes on the machine is gone after the step, and tests never see it ([who trusts whom](security.md)).",
		schema: stringOrList(schema{Type: "string"}),
	}, many(func(c *Cache) *[]Value[string] { return &c.Prog }, listRule{orString: true, notEmpty: true, check: someText})},
}

var binaryKeys = []key[Binary]{
	{"main", keyDoc{
		typ: "string or list of strings", def: "`./...`", allowed: "package directories or patterns relative to the module, with `./` in front", example: `main: ./cmd/server`,
		does:   "The main packages. A pattern builds every main package it matches.",
		schema: stringOrList(schema{Type: "string", Pattern: mainPattern}),
	}, many(func(b *Binary) *[]Value[string] { return &b.Main }, listRule{orString: true, notEmpty: true, unique: true, check: mainPackage})},
	{"name", keyDoc{
		typ: "string", def: "the last element of the package's import path", allowed: "a file name, only with exactly one main that is no pattern; no two binaries may share it", example: `name: server`,
		does:   "The name of the output file, without `.exe`.",
		schema: schema{Type: "string", Pattern: namePattern},
	}, one(func(b *Binary) *Value[string] { return &b.Name }, onlyStrings, binaryName)},
	{"cgo", keyDoc{
		typ: "string", def: "`auto`", allowed: "`auto`, `on`, `off`", example: `cgo: off`,
		does:   "Whether C code is compiled in. `auto` lets the code decide; the decision is checked in the output.",
		schema: schema{Enum: cgoWords, Default: string(CGOAuto)},
	}, readCGO},
	{"libc", keyDoc{
		typ: "string", def: "crossgo's choice", allowed: "`musl`, `glibc`, `glibc>=VERSION`", example: `libc: glibc>=2.31`,
		does:   "The C library of the target. With a version, it is the oldest glibc that the program must run on: the build fails if it needs a newer one.",
		schema: schema{Type: "string", Pattern: libcPattern},
	}, readLibc},
	{"link", keyDoc{
		typ: "string", def: "static where that is possible", allowed: "`static`, `static-pie`, `dynamic`, `pie`", example: `link: static`,
		does:   "What the output file is: without a loader (`static`, and position independent `static-pie`) or loaded by the libc's loader (`dynamic`, and position independent `pie`). A program that loads shared libraries without cgo (`//go:cgo_import_dynamic`) is `dynamic`.",
		schema: schema{Enum: linkWords},
	}, readLink},
	{"buildmode", keyDoc{
		typ: "string", def: "`exe`", allowed: "`exe`, `c-shared`, `c-archive`; not with `cgo: off`, `libc: musl` or `link`", example: `buildmode: c-shared`,
		does:   "A program, or a library for programs in C and other languages, as `go build -buildmode`: `c-shared` gives `libNAME.so`, `c-archive` gives `libNAME.a`, each with its header `NAME.h`, for glibc.",
		schema: schema{Enum: modeWords, Default: string(BuildExe)},
	}, readMode},
	{"packages", keyDoc{
		typ: "list of strings", def: "none", allowed: "names of Debian packages, without version or architecture; not with `cgo: off`", example: `packages: [libsqlite3-dev]`,
		does:   "Debian packages of the target that cgo compiles and links against.",
		schema: schema{Type: "array", UniqueItems: true, Items: &schema{Type: "string", Pattern: packagePattern}},
	}, many(func(b *Binary) *[]Value[string] { return &b.Packages }, listRule{unique: true, check: debianPackage})},
	{"tags", keyDoc{
		typ: "list of strings", def: "none", allowed: "Go build tags", example: `tags: [sqlite_fts5]`,
		does:   "Go build tags.",
		schema: schema{Type: "array", UniqueItems: true, Items: &schema{Type: "string", Pattern: `^[^\s,!&|()]+$`}},
	}, many(func(b *Binary) *[]Value[string] { return &b.Tags }, listRule{unique: true, check: buildTag})},
	{"ldflags", keyDoc{
		typ: "string or list of strings", def: "none", allowed: "flags of the Go linker that crossgo does not set itself", example: `ldflags: -s -w -X main.version=${VERSION}`,
		does:   "Flags for the Go linker, split into words as `go build -ldflags` does. `${NAME}` is replaced by a build argument, `$$` is one dollar sign; a value with spaces stays one word. A `-X` of a variable that the build does not have, or that is no string variable, is an error.",
		schema: stringOrList(schema{Type: "string"}),
	}, many(func(b *Binary) *[]Value[string] { return &b.LDFlags }, listRule{orString: true, check: someText})},
	{"verify", keyDoc{
		typ: "mapping", def: "the file's `verify`", allowed: "the keys of [the verification](#the-verification)", example: `verify: {allow: [exec-stack]}`,
		does:   "What the outputs of this entry are checked for, instead of the file's `verify`.",
		schema: schema{Ref: "#/definitions/verify"},
	}, readVerify(func(b *Binary) *Verify { return &b.Verify })},
}

var imageKeys = []key[Image]{
	{"base", keyDoc{
		typ: "string", def: "`auto`", allowed: "`auto`, `scratch` or an image reference as in a Dockerfile's FROM", example: `base: debian:12-slim`,
		does:   "The image that yours [is built on](image.md). `auto`: a minimal image with /etc/passwd, a home directory and /tmp; CA certificates, time zones and shared libraries are added if a program [needs](verify.md#what-the-program-will-miss) them. `scratch`: only the programs and their shared libraries. With a base of your own, crossgo warns about what is missing. A [build context](buildx.md#bases) of the same name takes the image's place.",
		schema: schema{Type: "string", Default: "auto"},
	}, one(func(i *Image) *Value[string] { return &i.Base }, onlyStrings, baseImage)},
	{"entrypoint", keyDoc{
		typ: "string or list of strings", def: "the only binary, as `/NAME`", allowed: "a list with one item for each argument; a string is a single argument, without spaces", example: `entrypoint: [/server, --listen, ":8080"]`,
		does:   "The program that a container runs, and its first arguments. Programs of the build are at the top of the image: `/NAME`. What the image does not have is an error. An image of one program (`--target NAME/image`) starts that one where the entrypoint is another of the spec's programs. `${NAME}` is [replaced](#arguments-in-other-texts).",
		schema: stringOrList(schema{Type: "string"}),
	}, readProgram(func(i *Image) *[]Value[string] { return &i.Entrypoint })},
	{"cmd", keyDoc{
		typ: "string or list of strings", def: "none", allowed: "a list with one item for each argument; a string is a single argument, without spaces", example: `cmd: [--help]`,
		does:   "Arguments that `docker run IMAGE …` replaces. `${NAME}` is [replaced](#arguments-in-other-texts).",
		schema: stringOrList(schema{Type: "string"}),
	}, readProgram(func(i *Image) *[]Value[string] { return &i.Cmd })},
	{"env", keyDoc{
		typ: "mapping of names to simple values", def: "none", allowed: "names without `=` and spaces", example: `env: {PORT: 8080}`,
		does:   "Environment variables of the container. `${NAME}` in a value is [replaced](#arguments-in-other-texts).",
		schema: schema{Type: "object", AdditionalProperties: simpleValue()},
	}, func(r reading, to *Image, path string, n *node) {
		for _, p := range r.pairs(path, n, envName) {
			to.Env = append(to.Env, EnvVar(p))
		}
	}},
	{"user", keyDoc{
		typ: "string or number", def: "the base image's; without one `65532:65532`", allowed: "`USER` or `USER:GROUP`, names or numbers", example: `user: "1000:1000"`,
		does:   "The user that the container runs as. 65532 is an unprivileged one that needs no /etc/passwd. A name that the image does not know is an error; `auto` knows root, nobody and nonroot.",
		schema: schema{Type: []string{"string", "integer"}},
	}, one(func(i *Image) *Value[string] { return &i.User }, orNumbers, imageUser)},
	{"workdir", keyDoc{
		typ: "string", def: "the base image's; without one `/`", allowed: "an absolute path", example: `workdir: /data`,
		does:   "The working directory of the container. Where the image lacks it, it is made and belongs to the user; one that the user may not enter is an error.",
		schema: schema{Type: "string", Pattern: "^/"},
	}, one(func(i *Image) *Value[string] { return &i.WorkDir }, onlyStrings, workDir)},
	{"certificates", keyDoc{
		typ: "string or list of strings", def: "none", allowed: "files or patterns of the build context with CA certificates in PEM", example: `certificates: [certs/company-ca.pem]`,
		does:   "CA certificates that the container trusts beside those that the image has: see [certificates](image.md#certificates). What is no certificate, or has expired, is an error.",
		schema: stringOrList(schema{Type: "string"}),
	}, many(func(i *Image) *[]Value[string] { return &i.Certificates }, listRule{orString: true, notEmpty: true, unique: true, check: contextPattern})},
	{"labels", keyDoc{
		typ: "mapping of names to simple values", def: "none", allowed: "names without spaces", example: `labels: {org.opencontainers.image.revision: "${VCS_REVISION}"}`,
		does:   "Labels of the image. They replace those of the base, and [labels of the request](buildx.md#labels) replace them. `${NAME}` in a value is [replaced](#arguments-in-other-texts).",
		schema: schema{Type: "object", AdditionalProperties: simpleValue()},
	}, func(r reading, to *Image, path string, n *node) {
		for _, p := range r.pairs(path, n, labelName) {
			to.Labels = append(to.Labels, Label(p))
		}
	}},
}

func readArgs(r reading, to *File, path string, n *node) {
	for _, p := range r.pairs(path, n, argName) {
		to.Args = append(to.Args, Arg{Name: p.Name, Default: p.Value})
	}
}

func readParallel(r reading, to *File, path string, n *node) {
	if n.kind != kindNumber {
		r.wrongType(path, n, "a whole number, 1 or more")
		return
	}
	v, err := strconv.Atoi(n.text)
	if err != nil || v < 1 {
		r.fail(n.pos, path, "found %s, wanted a whole number, 1 or more; leave the key out for crossgo's choice", n.text)
		return
	}
	to.Parallel = Value[int]{v, n.pos}
}

// readCGO takes other scalars only to say what to write instead.
func readCGO(r reading, to *Binary, path string, n *node) {
	if !n.scalar() || n.kind == kindNull {
		r.wrongType(path, n, "one of "+strings.Join(cgoWords, ", "))
	} else if v, ok := r.text(path, n, anyScalar, cgo); ok {
		to.CGO = Value[CGO]{CGO(v.V), v.Pos}
	}
}

// readVCS takes other scalars only to say what to write instead.
func readVCS(r reading, to *File, path string, n *node) {
	if !n.scalar() || n.kind == kindNull {
		r.wrongType(path, n, "one of "+strings.Join(vcsWords, ", "))
	} else if v, ok := r.text(path, n, anyScalar, vcs); ok {
		to.VCS = Value[VCS]{VCS(v.V), v.Pos}
	}
}

func readLibc(r reading, to *Binary, path string, n *node) {
	v, ok := r.text(path, n, onlyStrings, func(s string) (string, error) {
		_, err := parseLibc(s)
		return s, err
	})
	if libc, err := parseLibc(v.V); ok && err == nil {
		to.Libc = Value[Libc]{libc, v.Pos}
	}
}

func readLink(r reading, to *Binary, path string, n *node) {
	if v, ok := r.text(path, n, onlyStrings, word(linkWords)); ok {
		to.Link = Value[Link]{Link(v.V), v.Pos}
	}
}

func readMode(r reading, to *Binary, path string, n *node) {
	if v, ok := r.text(path, n, onlyStrings, word(modeWords)); ok {
		to.Mode = Value[BuildMode]{BuildMode(v.V), v.Pos}
	}
}

// readProgram reads an argument list: alone a text is one argument, in a list an argument may be any text.
func readProgram(at func(*Image) *[]Value[string]) reader[Image] {
	return func(r reading, to *Image, path string, n *node) {
		rule := listRule{orString: true, check: anyText}
		if n.kind == kindString {
			rule.check = program
		}
		*at(to) = r.texts(path, n, rule)
	}
}

// readCache takes a word, or a mapping for what a word cannot say.
func readCache(r reading, to *File, path string, n *node) {
	if n.kind == kindMapping {
		to.Cache.Mode = Value[CacheMode]{CacheProg, n.pos}
		mapping(r, &to.Cache, path, n, cacheKeys)
		r.cacheProg(path, n, to.Cache.Prog)
		return
	}
	if v, ok := r.text(path, n, onlyStrings, word(cacheWords)); ok {
		to.Cache.Mode = Value[CacheMode]{CacheMode(v.V), v.Pos}
	}
}

// cacheProg checks the words of the program: the first is a file of the build context.
func (r reading) cacheProg(path string, n *node, prog []Value[string]) {
	if len(prog) == 0 {
		if len(n.fields) == 0 {
			r.fail(n.pos, path, "found an empty mapping, wanted the key prog, or one of %s", strings.Join(cacheWords, ", "))
		}
		return
	}
	if _, err := contextFile(prog[0].V); err != nil {
		r.fail(prog[0].Pos, path+".prog", "%s", err)
	}
}

// readVerify takes the mapping of a file or of a binary.
func readVerify[T any](at func(*T) *Verify) reader[T] {
	return func(r reading, to *T, path string, n *node) {
		if n.kind != kindMapping {
			r.wrongType(path, n, "a mapping, for example {allow: [exec-stack]}")
			return
		}
		v := at(to)
		v.Pos = n.pos
		mapping(r, v, path, n, verifyKeys)
	}
}

func readImage(r reading, to *File, path string, n *node) {
	image := &Image{
		Pos:  n.pos,
		Base: Value[string]{V: "auto"},
	}
	to.Image = image
	if n.kind != kindNull {
		mapping(r, image, path, n, imageKeys)
	}
}
