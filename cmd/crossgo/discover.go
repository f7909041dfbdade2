package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// found is a setting of this machine that a build takes over unless the user says otherwise, and where it was found.
type found struct {
	arg   string // name of the build arg
	value string
	from  string
}

// goArgs are Go's own settings about where modules come from.
var goArgs = []string{"GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE"}

// proxyArgs are the usual names of proxy settings; lower case counts as well and wins, as in curl.
var proxyArgs = []string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"}

// discover reads what this machine knows about reaching the outside: Go's settings, proxies, Debian's mirrors.
func discover() []found {
	out := discoverGo()
	for _, name := range proxyArgs {
		for _, spelling := range []string{strings.ToLower(name), name} {
			if v := os.Getenv(spelling); v != "" {
				out = append(out, found{name, v, "environment"})
				break
			}
		}
	}
	return append(out, discoverDebian(aptDir)...)
}

// discoverGo asks the go command, which also knows what `go env -w` wrote. Without one, the environment is all
// there is.
func discoverGo() []found {
	settings, from := map[string]string{}, "go env"
	cmd := exec.Command("go", append([]string{"env", "-json"}, goArgs...)...)
	cmd.Dir = os.TempDir() // outside any module: its toolchain line must not start a download
	cmd.Env = append(os.Environ(), "GOTOOLCHAIN=local")
	data, err := cmd.Output()
	if err != nil || json.Unmarshal(data, &settings) != nil {
		from = "environment"
		for _, name := range goArgs {
			settings[name] = os.Getenv(name)
		}
	}
	var out []found
	for _, name := range goArgs {
		if v := settings[name]; v != "" {
			out = append(out, found{name, v, from})
		}
	}
	return out
}

// caFiles are the places where systems keep their bundle of CA certificates.
var caFiles = []string{
	"/etc/ssl/certs/ca-certificates.crt", // Debian, Alpine, Arch
	"/etc/pki/tls/certs/ca-bundle.crt",   // Fedora, RHEL
	"/etc/ssl/ca-bundle.pem",             // openSUSE
	"/etc/ssl/cert.pem",                  // macOS, BSD
	"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
}

// discoverCA returns the file with the CA certificates that this machine trusts, "" when there is none.
// It is handed to the steps that use https, for networks whose proxy has a CA of its own.
func discoverCA() string {
	for _, path := range append([]string{os.Getenv("SSL_CERT_FILE")}, caFiles...) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path
		}
	}
	return ""
}

// switchesOff says which checks a build goes without because of this machine's setting: nobody asked for that on
// the command line.
func (f found) switchesOff() (list []string) {
	settings, _ := plan.Settings{}.With(map[string]string{f.arg: f.value}) // addresses are checked by the build
	for _, e := range settings.SwitchedOff() {
		list = append(list, fmt.Sprintf("%s=%s is taken from %s: %s; --build-arg %s= keeps this machine's setting out",
			f.arg, f.value, f.from, e.Unchecked, f.arg))
	}
	return list
}

func (f found) String() string {
	return fmt.Sprintf("build arg %s=%s (%s)", f.arg, plan.Redacted(f.value), f.from)
}
