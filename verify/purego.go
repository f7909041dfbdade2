package verify

import (
	"slices"
	"strings"
)

// pureChange is something that Go does otherwise without C code.
type pureChange struct {
	function string // the Go code that does it
	byC      string // the function that is linked where the C library does it
	text     string // what changes
}

// pureChanges are the parts of the standard library that have a C side on Unix systems (files with import "C" in net and
// os/user). macOS and windows have none: there Go calls the system either way.
var pureChanges = []pureChange{
	{"net.(*Resolver).goLookupIPCNAMEOrder", "net._C2func_getaddrinfo",
		"host names are resolved by Go itself, from /etc/resolv.conf and /etc/hosts, and not by the C library's name services (mDNS, LDAP, NIS)"},
	{"os/user.lookupUser", "os/user._C_getpwnam_r", userChange},
	{"os/user.lookupUserId", "os/user._C_getpwuid_r", userChange},
	{"os/user.lookupGroup", "os/user._C_getgrnam_r", userChange},
	{"os/user.lookupGroupId", "os/user._C_getgrgid_r", userChange},
}

const userChange = "users and groups are looked up in /etc/passwd and /etc/group alone, and not in the C library's name services (LDAP, SSSD)"

// pureSystems are those where it changes something.
var pureSystems = []string{"aix", "android", "dragonfly", "freebsd", "illumos", "linux", "netbsd", "openbsd", "solaris"}

// checkPureGo says what a program does otherwise because no C code is in it, where that was decided.
func checkPureGo(s *subject) []Finding {
	if s.want.CGO == "" || s.functions == nil || !slices.Contains(pureSystems, s.want.GOOS) {
		return nil
	}
	var texts []string
	for _, c := range pureChanges {
		if s.functions[c.function] && !s.functions[c.byC] && !slices.Contains(texts, c.text) {
			texts = append(texts, c.text)
		}
	}
	if len(texts) == 0 {
		return pass("pure-go", "nothing", "", "does nothing that the C library would do otherwise")
	}
	return fail("pure-go", "Go's own", "", "without the C library "+strings.Join(texts, "; "))
}
