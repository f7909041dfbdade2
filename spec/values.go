package spec

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/distribution/reference"
)

// anyText lets every text through.
func anyText(s string) (string, error) { return s, nil }

// someText refuses the empty text.
func someText(s string) (string, error) {
	if s == "" {
		return "", errors.New("found an empty string")
	}
	return s, nil
}

// matching is the check of a pattern; says tells the user what the pattern means.
func matching(pattern, says string) check {
	re := regexp.MustCompile(pattern)
	return func(s string) (string, error) {
		if !re.MatchString(s) {
			return "", fmt.Errorf("found %s, wanted %s", quote(s), says)
		}
		return s, nil
	}
}

// goPattern is the form of Go's release names since 1.0, without the "go" in front (go.dev/doc/toolchain#version).
const goPattern = `^1\.(0|[1-9][0-9]{0,3})(\.(0|[1-9][0-9]{0,3})|(rc|beta)[1-9][0-9]{0,2})?$`

var goName = matching(goPattern, `a Go version such as "1.26", "1.26.8" or "1.27rc1"`)

func goVersion(s string) (string, error) {
	v, err := goName(s)
	if bare, ok := strings.CutPrefix(s, "go"); err != nil && ok {
		if _, bareErr := goName(bare); bareErr == nil {
			return "", fmt.Errorf("found %s, wanted it without the letters: %q", quote(s), bare)
		}
	}
	return v, err
}

// moduleDir checks a directory inside the build context and gives its clean form.
func moduleDir(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New(`found an empty string, wanted a directory, "." is the build context itself`)
	case strings.Contains(s, `\`):
		return "", fmt.Errorf("found %s, wanted slashes between directories, as in %q", quote(s), strings.ReplaceAll(s, `\`, "/"))
	case path.IsAbs(s):
		return "", fmt.Errorf("found the absolute path %s, wanted a directory relative to the build context", quote(s))
	case outside(s):
		return "", fmt.Errorf("found %s, which may leave the build context: allowed are directories without ..", quote(s))
	}
	return path.Clean(s), nil
}

// contextFile checks the path of a file inside the build context and gives its clean form.
func contextFile(s string) (string, error) {
	if path.IsAbs(s) || outside(s) || strings.Contains(s, `\`) || strings.ContainsAny(s, " \t\n") || path.Clean(s) == "." {
		return "", fmt.Errorf("found %s, wanted a file of the build context as a relative path with slashes, without .. and spaces, such as \"tools/gocacheprog\"", quote(s))
	}
	return path.Clean(s), nil
}

func outside(s string) bool { return slices.Contains(strings.Split(s, "/"), "..") }

// mainPattern is a package pattern relative to the module. Its letters are those of Go import paths
// (golang.org/x/mod/module.CheckImportPath).
const mainPattern = `^\.(/[A-Za-z0-9._~+-]+)*/?$`

var mainName = matching(mainPattern, `a package directory or pattern such as "./cmd/server", "./..." or "."`)

// mainPackage checks a package pattern and gives its clean form, with "./" in front.
func mainPackage(s string) (string, error) {
	switch {
	case s == "":
		return "", errors.New(`found an empty string, wanted a package directory or pattern such as "./cmd/server"`)
	case path.IsAbs(s):
		return "", fmt.Errorf("found the absolute path %s, wanted one relative to the module, such as \"./cmd/server\"", quote(s))
	case outside(s):
		return "", fmt.Errorf("found %s, which leaves the module: allowed are paths without ..", quote(s))
	case strings.HasSuffix(s, ".go"):
		return "", fmt.Errorf("found the file %s, wanted the directory of its package", quote(s))
	}
	if v, err := mainName("./" + s); err == nil && !strings.HasPrefix(s, "./") && s != "." {
		return "", fmt.Errorf("found %s, wanted a path relative to the module (did you mean %q?)", quote(s), v)
	}
	v, err := mainName(s)
	if err != nil {
		return "", err
	}
	if v = path.Clean(v); v != "." {
		v = "./" + v
	}
	return v, nil
}

// isPattern reports whether a main stands for any number of packages.
func isPattern(main string) bool { return strings.Contains(main, "...") }

// namePattern is a file name that needs no quotes on any system and looks like no option.
const namePattern = `^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$`

var binaryName = matching(namePattern, "a file name of letters, digits and . _ + - that begins with a letter, digit or _")

// The values of cgo, vcs, link and others, in the order messages name them.
var (
	cgoWords   = []string{string(CGOAuto), string(CGOOn), string(CGOOff)}
	vcsWords   = []string{string(VCSOn), string(VCSOff)}
	linkWords  = []string{string(LinkStatic), string(LinkStaticPIE), string(LinkDynamic), string(LinkPIE)}
	modeWords  = []string{string(BuildExe), string(BuildCShared), string(BuildCArchive)}
	cacheWords = []string{string(CacheAuto), string(CacheLayers), string(CacheMounts), string(CacheBoth)}
	libcWords  = []string{string(Musl), string(Glibc), "glibc>=VERSION"}
)

// switches are the other ways to write on and off that YAML and people know.
var switches = map[string]string{"true": "on", "yes": "on", "y": "on", "1": "on", "false": "off", "no": "off", "n": "off", "0": "off"}

var (
	cgo = switchOr(cgoWords)
	vcs = switchOr(vcsWords)
)

// switchOr is the check of an enumeration that has on and off in it.
func switchOr(words []string) check {
	return func(s string) (string, error) {
		if w, ok := switches[strings.ToLower(s)]; ok {
			return "", fmt.Errorf("found %s, allowed are %s (did you mean %q?)", s, strings.Join(words, ", "), w)
		}
		return word(words)(s)
	}
}

// word is the check of an enumeration.
func word(words []string) check {
	return func(s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", errors.New(notAllowed(s, words))
		}
		return s, nil
	}
}

// libcPattern is one word of libcWords; the version is that of glibc's symbols, GLIBC_2.31.
const libcPattern = `^(musl|glibc|glibc\s*>=\s*([0-9]{1,3}\.[0-9]{1,3}))$`

var libcForm = regexp.MustCompile(libcPattern)

// parseLibc reads "musl", "glibc" or "glibc>=2.31".
func parseLibc(s string) (Libc, error) {
	m := libcForm.FindStringSubmatch(s)
	switch {
	case m == nil && strings.HasPrefix(s, "glibc") && len(s) > len("glibc") && strings.Contains("<>=~ :-0123456789.", s[5:6]):
		return Libc{}, fmt.Errorf(`found %s, allowed are %s, for example "glibc>=2.31"`, quote(s), strings.Join(libcWords, ", "))
	case m == nil && strings.HasPrefix(s, "musl") && strings.ContainsAny(s, "<>="):
		return Libc{}, fmt.Errorf("found %s, but musl has no symbol versions to check: allowed are %s", quote(s), strings.Join(libcWords, ", "))
	case m == nil:
		return Libc{}, errors.New(notAllowed(s, libcWords))
	case m[2] != "":
		return Libc{Name: Glibc, Floor: m[2]}, nil
	}
	return Libc{Name: LibcName(m[1])}, nil
}

// packagePattern is the form of Debian package names (Debian policy 5.6.1).
const packagePattern = `^[a-z0-9][a-z0-9+.-]+$`

var packageName = matching(packagePattern, `a Debian package name such as "libsqlite3-dev": lower case letters, digits and + . -`)

func debianPackage(s string) (string, error) {
	if i := strings.IndexAny(s, "=:/ "); i > 0 {
		if name, err := packageName(s[:i]); err == nil {
			return "", fmt.Errorf("found %s, wanted the bare name %q: version, architecture and suite come from the lock and the target", quote(s), name)
		}
	}
	return packageName(s)
}

// tagPattern is the form of Go build tags (go/build/constraint).
const tagPattern = `^[\p{L}\p{Nd}_.]+$`

var buildTag = matching(tagPattern, "one Go build tag of letters, digits, _ and .")

// argPattern is the form of a build argument's name.
const argPattern = `^[A-Za-z_][A-Za-z0-9_]*$`

var argForm = matching(argPattern, "a name of letters, digits and _ that does not begin with a digit")

// The variables of ldflags that say which state of the sources is built.
const (
	VCSRevision = "VCS_REVISION" // the commit's whole hash
	VCSTime     = "VCS_TIME"     // when it was committed, as RFC 3339 in UTC
	VCSModified = "VCS_MODIFIED" // "true" where the sources are not those of the commit, else "false"
	VCSTag      = "VCS_TAG"      // the commit's tag; empty when it has none
)

// VCSVariables are all of them.
var VCSVariables = []string{VCSRevision, VCSTime, VCSModified, VCSTag}

// VCSStamp are those that vcs: on needs.
var VCSStamp = []string{VCSRevision, VCSTime, VCSModified}

// BuiltinArgs are the names that ldflags may use without declaring them: the target of the build in the words of
// Dockerfiles, the time that stands for the build, in seconds since 1970, and what the repository says.
var BuiltinArgs = append([]string{"TARGETOS", "TARGETARCH", "TARGETVARIANT", "TARGETPLATFORM", "SOURCE_DATE_EPOCH"}, VCSVariables...)

func argName(s string) (string, error) {
	if slices.Contains(BuiltinArgs, s) {
		return "", fmt.Errorf("%s is set by crossgo, choose another name (taken are %s)", s, strings.Join(BuiltinArgs, ", "))
	}
	return argForm(s)
}

func platform(s string) (string, error) {
	p, err := ParsePlatform(s)
	if err != nil {
		return "", err
	}
	return p.String(), nil
}

var (
	imageUser = matching(`^[A-Za-z0-9_][A-Za-z0-9_.-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]*)?$`, `USER or USER:GROUP, by name or number, such as "65532:65532"`)
	envName   = matching(`^[^=\x00-\x20]+$`, "a variable name without = and spaces")
	labelName = matching(`^[^\x00-\x20]+$`, `a label name without spaces, such as "org.opencontainers.image.title"`)
)

// baseImage checks the name of an image by docker's rules; BaseWords are none.
func baseImage(s string) (string, error) {
	if slices.Contains(BaseWords, s) {
		return s, nil
	}
	ref, err := reference.ParseNormalizedNamed(s)
	lower, lowerErr := reference.ParseNormalizedNamed(lowerName(s))
	switch {
	case err == nil && bareDigest(ref):
		return "", fmt.Errorf("found the digest %s alone, wanted the image's name before it, as in \"debian@sha256:…\"", quote(s))
	case err == nil:
		return s, nil
	case strings.Contains(s, "://"):
		return "", fmt.Errorf("found %s, wanted an image reference without %q before it", quote(s), s[:strings.Index(s, "://")+3])
	case lowerErr == nil && lower != nil:
		return "", fmt.Errorf("found %s, but names of images have no capital letters (did you mean %q?)", quote(s), lowerName(s))
	}
	return "", fmt.Errorf(`found %s, wanted "auto", "scratch" or an image reference such as "debian:12-slim": %w`, quote(s), err)
}

// BaseWords are the values of base that name no image.
var BaseWords = []string{"auto", "scratch"}

// bareDigest reports whether docker takes a digest for an image that is named sha256.
func bareDigest(ref reference.Named) bool {
	tagged, ok := ref.(reference.Tagged)
	return ok && reference.FamiliarName(ref) == "sha256" && len(tagged.Tag()) == 64
}

// lowerName is the reference with its name, but neither tag nor digest, in small letters.
func lowerName(s string) string {
	end := len(s)
	if i := strings.Index(s, "@"); i >= 0 {
		end = i
	}
	if i := strings.LastIndex(s[:end], ":"); i > strings.LastIndex(s[:end], "/") {
		end = i
	}
	return strings.ToLower(s[:end]) + s[end:]
}

// program is what stands alone in entrypoint or cmd: without a shell nobody splits it at spaces.
func program(s string) (string, error) {
	if strings.ContainsAny(s, " \t\n") {
		return "", fmt.Errorf("found %s, wanted a list with one entry per argument: no shell splits the text", quote(s))
	}
	return someText(s)
}

func workDir(s string) (string, error) {
	if !path.IsAbs(s) {
		return "", fmt.Errorf("found %s, wanted an absolute path", quote(s))
	}
	return path.Clean(s), nil
}
