package verify

import "slices"

// checkStaticTLS: a library whose thread-local variables have fixed places beside the program's. musl keeps no room for those that are
// loaded later, and refuses; glibc keeps some.
func checkStaticTLS(s *subject) []Finding {
	if !s.onLinux() || !s.bin.isLibrary() || !s.bin.elf.dynamic.staticTLS {
		return nil
	}
	isMusl := s.want.Libc == musl || slices.ContainsFunc(s.libcSigns(), func(e evidence) bool { return e.says == musl })
	if isMusl {
		return fail("static-tls", "static", "dynamic", "has thread-local variables at fixed places (DF_STATIC_TLS): musl's dlopen refuses it")
	}
	return pass("static-tls", "static", "", "has thread-local variables at fixed places (DF_STATIC_TLS), for which glibc keeps some room")
}
