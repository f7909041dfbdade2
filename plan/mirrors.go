package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ArgMirror and ArgSecurity are the build args that name mirrors: one address, or several with commas between them.
const (
	ArgMirror   = "DEBIAN_MIRROR"
	ArgSecurity = "DEBIAN_SECURITY_MIRROR"
)

// ArgCheckValid is the build arg that says "no" for archives that are frozen on purpose, as apt's option
// Check-Valid-Until does.
const ArgCheckValid = "DEBIAN_CHECK_VALID_UNTIL"

// takeCheckValid takes apt's words for yes and no (sources.list(5)).
func (s *Settings) takeCheckValid(args map[string]string) error {
	text, ok := args[ArgCheckValid]
	switch {
	case !ok || slices.Contains([]string{"yes", "true", "1", "on"}, text):
		s.ExpiredIndexes = false
	case slices.Contains([]string{"no", "false", "0", "off"}, text):
		s.ExpiredIndexes = true
	default:
		return fmt.Errorf("build arg %s: found %q, want yes or no", ArgCheckValid, text)
	}
	return nil
}

// Mirrors are the base addresses of an archive ("main", "security") in the order in which they are tried. They have
// the same files.
func (s Settings) Mirrors(archive string) []string {
	list := s.DebianMirror
	if archive == ArchiveSecurity {
		list = s.SecurityMirror
	}
	if list == "" || list == SecurityOff {
		return nil
	}
	return strings.Split(list, ",")
}

// FirstMirrors are the addresses that graphs name, by archive. What these do not give is fetched from the next.
func (s Settings) FirstMirrors() map[string]string {
	first := map[string]string{}
	for _, archive := range []string{ArchiveMain, ArchiveSecurity} {
		if list := s.Mirrors(archive); len(list) > 0 {
			first[archive] = list[0]
		}
	}
	return first
}

// takeMirrors takes what a request's build args say about mirrors.
func (s *Settings) takeMirrors(args map[string]string) error {
	var errs []error
	if text, ok := args[ArgMirror]; ok {
		var err error
		s.DebianMirror, err = addresses(ArgMirror, text)
		s.SecurityMirror = siblingsSecurity(s.DebianMirror)
		errs = append(errs, err)
	}
	if text, ok := args[ArgSecurity]; ok && strings.TrimSpace(text) == SecurityOff {
		s.SecurityMirror = SecurityOff
	} else if ok {
		var err error
		s.SecurityMirror, err = addresses(ArgSecurity, text)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// addresses is a list of addresses as the user wrote it, each once and without slashes at its end.
func addresses(arg, text string) (string, error) {
	var list []string
	for _, address := range strings.Split(text, ",") {
		address = strings.TrimRight(strings.TrimSpace(address), "/")
		if !strings.HasPrefix(address, "http://") && !strings.HasPrefix(address, "https://") {
			return text, fmt.Errorf("build arg %s: found %q, want an address that begins with http:// or https://, "+
				"or several with commas between them", arg, address)
		}
		if !slices.Contains(list, address) {
			list = append(list, address)
		}
	}
	return strings.Join(list, ","), nil
}

// siblingsSecurity are where mirrors that carry the security archive have it: beside the main archive.
func siblingsSecurity(mirrors string) string {
	list := strings.Split(mirrors, ",")
	for i, main := range list {
		list[i] = strings.TrimSuffix(main, "/debian") + "/debian-security"
	}
	return strings.Join(list, ",")
}
