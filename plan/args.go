package plan

import (
	"errors"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// Settings are what the request says beside the spec: where things are fetched from. They come from build args that need
// no declaration, and from the defaults of whoever runs the frontend.
type Settings struct {
	Proxy          Proxy
	DebianMirror   string // base addresses of the Debian archive, without a slash at the end, in the order they are tried; see Mirrors
	SecurityMirror string // the same for the security archive; SecurityOff to do without its updates
	DebianKeys     string // keys that may sign these archives besides Debian's, as sysroot.Keyring.Add takes them
	OnlyDebianKeys bool   // they may sign in place of Debian's
	ExpiredIndexes bool   // signed indexes are read after their Valid-Until too
}

// Where Debian's archives are when nobody says anything else: the project's own addresses. The frontend has no apt
// sources to look them up in. The second address of each is for builders that do not know who vouches for the first: signatures protect
// what they send, https who asks for it and what is held back.
const (
	DebianMirror   = "https://ftp.debian.org/debian,http://ftp.debian.org/debian"
	SecurityMirror = "https://security.debian.org/debian-security,http://security.debian.org/debian-security"
)

// SecurityOff is the value of DEBIAN_SECURITY_MIRROR that leaves security updates out, for mirrors that carry none.
const SecurityOff = "off"

// builtinArgs are the build args that every request may pass without the spec declaring them.
var builtinArgs = []string{
	"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE",
	ArgMirror, ArgSecurity, argKeys, argOnlyKeys, ArgCheckValid, "SOURCE_DATE_EPOCH",
	"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "FTP_PROXY", "ALL_PROXY",
	spec.VCSRevision, spec.VCSTime, spec.VCSModified, spec.VCSTag,
	"http_proxy", "https_proxy", "no_proxy", "ftp_proxy", "all_proxy",
}

// Unused lists the build args of a request that nothing will read, sorted: neither builtin nor declared, nor meant for
// BuildKit itself.
func Unused(file *spec.File, args map[string]string) []string {
	declared := slices.Clone(builtinArgs)
	for _, a := range file.Args {
		declared = append(declared, a.Name.V)
	}
	var unused []string
	for name := range args {
		foreign := strings.HasPrefix(name, "BUILDKIT_") || strings.HasPrefix(name, "DOCKER_META_") // docker/metadata-action's bake file has them
		if !slices.Contains(declared, name) && !foreign {
			unused = append(unused, name)
		}
	}
	slices.Sort(unused)
	return unused
}

// With is the settings with what a request's build args change.
func (s Settings) With(args map[string]string) (Settings, error) {
	for _, setting := range []struct {
		name  string
		field *string
	}{
		{"GOPROXY", &s.Proxy.GOPROXY}, {"GOSUMDB", &s.Proxy.GOSUMDB}, {"GONOSUMDB", &s.Proxy.GONOSUMDB},
		{"GONOPROXY", &s.Proxy.GONOPROXY}, {"GOPRIVATE", &s.Proxy.GOPRIVATE},
	} {
		if v, ok := args[setting.name]; ok {
			*setting.field = v
		}
	}
	return s, errors.Join(s.takeMirrors(args), s.takeKeys(args), s.takeCheckValid(args))
}
