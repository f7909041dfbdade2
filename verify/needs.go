package verify

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// Image is where a program will run, as far as it is known when the program is checked.
type Image struct {
	Base   string   `json:"base"`             // how the user calls it: "auto", "scratch", "debian:12-slim"
	Chosen bool     `json:"chosen,omitempty"` // the user chose it: what it lacks is worth a warning, and no note
	Has    []string `json:"has,omitempty"`    // ids of needs that are met whatever Root has
	Root   string   `json:"root,omitempty"`   // the directory with the base's files; empty where there are none
	Env    []string `json:"env,omitempty"`    // the variables that the image sets, NAME=value
	Files  FS       `json:"-"`                // the base's files, where they are in no directory
}

// The ids of needs; the rule about one is called needs-ID.
const (
	NeedRoots    = "roots"
	NeedZones    = "zones"
	NeedUsers    = "users"
	NeedHome     = "home"
	NeedTmp      = "tmp"
	NeedDNS      = "dns"
	NeedPrograms = "programs"
)

// need is something that a Go program looks for on the system it runs on, and the functions by which that shows.
type need struct {
	id     string
	what   string             // "CA certificates"
	sure   []string           // functions that nobody links who does not use it
	maybe  []string           // functions that look for it and are linked by others, too
	own    []string           // functions by which the program brings it along
	env    []string           // variables that name another place for it: who sets one has seen to it
	in     func(d tree) bool  // whether the image has it; nil: nothing to look for
	brings string             // what would bring it, beside another base
	only   func(*binary) bool // further condition; nil: none
}

// needTable is what Go's standard library looks for, as of Go 1.26. The functions were read from its sources and from
// programs that call it; verify's tests build such programs.
var needTable = []need{
	{id: NeedRoots, what: "CA certificates",
		sure:   []string{"net/http.(*Client).do", "crypto/tls.dial", "crypto/tls.(*Dialer).DialContext", "crypto/x509.SystemCertPool"},
		maybe:  []string{"crypto/x509.loadSystemRoots"}, // the transport of net/http links it in every server
		own:    []string{"crypto/x509.SetFallbackRoots"},
		env:    []string{"SSL_CERT_FILE", "SSL_CERT_DIR"},
		in:     hasAny(certPlaces...), // crypto/x509/root_linux.go
		brings: "an import of golang.org/x/crypto/x509roots/fallback"},
	{id: NeedZones, what: "time zones",
		sure:   []string{"time.LoadLocation"},
		own:    []string{"time/tzdata.loadFromEmbeddedTZData"},
		env:    []string{"ZONEINFO"},
		in:     hasAny("/usr/share/zoneinfo/Europe", "/usr/share/lib/zoneinfo/Europe", "/usr/lib/locale/TZ/Europe", "/etc/zoneinfo/Europe"), // time/zoneinfo_unix.go
		brings: "an import of time/tzdata"},
	{id: NeedUsers, what: "the names of users and groups",
		sure: []string{"os/user.Current", "os/user.Lookup", "os/user.LookupId", "os/user.LookupGroup", "os/user.LookupGroupId", "os/user.(*User).GroupIds"},
		in:   hasAny("/etc/passwd"), brings: "an /etc/passwd"},
	{id: NeedHome, what: "a home directory",
		sure: []string{"os.UserCacheDir", "os.UserConfigDir"},
		env:  []string{"HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"},
		in:   hasAny("/root", "/home/*"), brings: "HOME in the image's environment"},
	{id: NeedTmp, what: "a directory for temporary files",
		sure: []string{"os.CreateTemp", "os.MkdirTemp"}, maybe: []string{"os.TempDir"},
		env: []string{"TMPDIR"},
		in:  writable("/tmp"), brings: "TMPDIR in the image's environment"},
	{id: NeedDNS, what: "glibc's name services (libnss_dns.so.2), by which the program resolves host names",
		sure: []string{"net._C2func_getaddrinfo"},
		only: func(b *binary) bool { return libcOfLoader(b.interp) == glibc },
		in:   hasNameServices, brings: "Go's own resolver, with the tag netgo"},
	{id: NeedPrograms, what: "other programs to start",
		sure: []string{"os/exec.(*Cmd).Start", "os.StartProcess", "syscall.Exec"},
		in:   hasAny("/bin/*", "/usr/bin/*", "/sbin/*", "/usr/sbin/*", "/usr/local/bin/*"), brings: "a base that has those programs"},
}

var certPlaces = []string{
	"/etc/ssl/certs/*", "/etc/pki/tls/certs/*", "/etc/ssl/ca-bundle.pem", "/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
}

// hasAny looks for one of several paths; the last element of each may be a pattern.
func hasAny(patterns ...string) func(tree) bool {
	return func(t tree) bool {
		return slices.ContainsFunc(patterns, func(p string) bool { return slices.ContainsFunc(t.glob(p), t.exists) })
	}
}

// writable looks for a directory that every user may write to.
func writable(dir string) func(tree) bool {
	return func(t tree) bool {
		_, info, err := t.resolve(dir)
		return err == nil && info.IsDir() && info.Mode()&0o002 != 0
	}
}

// hasNameServices looks for the library by which glibc asks DNS servers. Since 2.34 it is a part of the C library.
func hasNameServices(t tree) bool {
	for _, l := range loaders {
		real, _, err := t.resolve(l.path)
		if err != nil || l.libc != glibc {
			continue
		}
		for _, dir := range glibcDirs(t, real) {
			if t.exists(dir+"/libnss_dns.so.2") || newerThan(t, dir+"/libc.so.6", "2.34") {
				return true
			}
		}
	}
	return false
}

// newerThan reports whether the glibc at a path is of that version or a later one.
func newerThan(t tree, name, version string) bool {
	f, _, info, err := t.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	bin, err := parse(f, info.Size())
	if err != nil || bin.elf == nil {
		return false
	}
	order, ok := CompareGlibc(bin.elf.highestDefined(), version)
	return ok && order >= 0
}

// askedFunctions are all that the needs and the rules about cgo ask for.
var askedFunctions = func() map[string]bool {
	names := map[string]bool{}
	for _, n := range needTable {
		for _, f := range slices.Concat(n.sure, n.maybe, n.own) {
			names[f] = true
		}
	}
	for _, c := range pureChanges {
		names[c.function], names[c.byC] = true, true
	}
	return names
}()

// TellsNeed reports whether an environment variable says where something that programs look for is.
func TellsNeed(variable string) bool {
	return slices.ContainsFunc(needTable, func(n need) bool { return slices.Contains(n.env, variable) })
}

// sign is the function by which a need shows, and whether only its users link it. It is empty when nothing shows it, or
// when the program brings along what it needs.
func (n need) sign(s *subject) (function string, sure bool) {
	linked := func(f string) bool { return s.functions[f] }
	if slices.ContainsFunc(n.own, linked) || n.only != nil && !n.only(s.bin) {
		return "", false
	}
	if i := slices.IndexFunc(n.sure, linked); i >= 0 {
		return n.sure[i], true
	}
	if i := slices.IndexFunc(n.maybe, linked); i >= 0 {
		return n.maybe[i], false
	}
	return "", false
}

// met says why the image has what is needed; empty when it has not.
func (n need) met(img Image) string {
	if slices.Contains(img.Has, n.id) {
		return "the image has " + n.what
	}
	for _, kv := range img.Env {
		if name, value, _ := strings.Cut(kv, "="); value != "" && slices.Contains(n.env, name) {
			return fmt.Sprintf("the image says where to find %s (%s)", n.what, kv)
		}
	}
	if n.in != nil && img.lookIn(n.in) {
		return "the image has " + n.what
	}
	return ""
}

// lookIn asks for something in the image's files. Where there are none, or they cannot be read, the answer is no.
func (img Image) lookIn(has func(tree) bool) bool {
	if img.Files != nil {
		return has(tree{img.Files})
	}
	if img.Root == "" {
		return false
	}
	dir, err := os.OpenRoot(img.Root)
	if err != nil {
		return false
	}
	defer dir.Close()
	files, err := DirFS(dir)
	return err == nil && has(tree{files})
}

// checkNeed is the check of one need. Without an image there is nothing to compare: then checkNeeds lists them.
func checkNeed(id string) func(*subject) []Finding {
	rule := "needs-" + id
	return func(s *subject) []Finding {
		n := needTable[slices.IndexFunc(needTable, func(n need) bool { return n.id == id })]
		function, sure := n.sign(s)
		if s.want.Image == nil || function == "" {
			return nil
		}
		if why := n.met(*s.want.Image); why != "" {
			return pass(rule, function, n.what, fmt.Sprintf("%s, which %s looks for", why, function))
		}
		text := fmt.Sprintf("the program looks for %s (%s is linked), which the image on %s does not have: %s", n.what, function, s.want.Image.Base, n.remedy(*s.want.Image))
		switch {
		case !sure:
			return note(rule, function, n.what, strings.Replace(text, "looks", "may look", 1))
		case !s.want.Image.Chosen:
			return note(rule, function, n.what, text)
		}
		return fail(rule, function, n.what, text)
	}
}

// AutoMeets are the needs that an image without a base of the user's meets.
func AutoMeets() []string {
	return []string{NeedRoots, NeedZones, NeedUsers, NeedHome, NeedTmp, NeedDNS}
}

// remedy says what would bring it.
func (n need) remedy(img Image) string {
	if img.Chosen && slices.Contains(AutoMeets(), n.id) {
		return "base: auto brings it, or " + n.brings
	}
	return n.brings + " would do"
}

// checkNeeds lists, for a program whose system is not known, what that system has to have. Windows has no time zones by the names that
// Go asks for (time/zoneinfo_windows.go).
func checkNeeds(s *subject) []Finding {
	if s.want.Image != nil || s.functions == nil || s.want.GOOS != "linux" {
		return nil
	}
	var whats, words []string
	for _, n := range needTable {
		if function, sure := n.sign(s); sure {
			whats, words = append(whats, n.what), append(words, fmt.Sprintf("%s (%s)", n.what, function))
		}
	}
	if len(whats) == 0 {
		return pass("needs", "nothing", "", "looks for nothing on the system it runs on")
	}
	return fail("needs", strings.Join(whats, ", "), "", "looks on the system it runs on for "+strings.Join(words, ", "))
}

// checkWindowsZones finds programs that get no time zone where Go is not installed (time/zoneinfo_windows.go, BUG).
func checkWindowsZones(s *subject) []Finding {
	n := needTable[slices.IndexFunc(needTable, func(n need) bool { return n.id == NeedZones })]
	function, sure := n.sign(s)
	if s.want.GOOS != "windows" || !sure {
		return nil
	}
	return fail("needs-zones", function, n.what, fmt.Sprintf("the program looks for %s (%s is linked), which windows does not have by these names: %s would do", n.what, function, n.brings))
}

// Needs reads from an executable which of those ids it needs met, sorted. What C code looks for nobody can see: a program with cgo in it
// needs all. The error is for a file that cannot be read.
func Needs(path string, ids []string) ([]string, error) {
	s, err := open(path)
	if err != nil {
		return nil, err
	}
	needed := map[string]bool{}
	for _, n := range needTable {
		function, _ := n.sign(s)
		if slices.Contains(ids, n.id) && (function != "" || s.bin.cgoLinked) {
			needed[n.id] = true
		}
	}
	return slices.Sorted(maps.Keys(needed)), nil
}

// open reads the facts of an executable.
func open(path string) (*subject, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	bin, err := parse(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: is %w", path, err)
	}
	return &subject{bin: bin, functions: linkedFunctions(f, info.Size(), bin, true, askedFunctions)}, nil
}
