package verify

import "strings"

// bringer is the package that has a file which programs need.
type bringer struct {
	file   string // soname or loader path
	debian string // of Debian 12 and 13, and Ubuntu; empty where there is none
	alpine string // empty where there is none
}

// bringers are what Go programs with cgo need most often. Debian: packages.debian.org, "search the contents of packages"; Alpine:
// pkgs.alpinelinux.org/contents. Where Debian 13 has another name for its move to 64-bit times, both are told.
var bringers = []bringer{
	{"libstdc++.so.6", "libstdc++6", "libstdc++"},
	{"libgcc_s.so.1", "libgcc-s1", "libgcc"},
	{"libgomp.so.1", "libgomp1", "libgomp"},
	{"libatomic.so.1", "libatomic1", "libatomic"},
	{"libgfortran.so.5", "libgfortran5", "libgfortran"},
	{"libc++.so.1", "libc++1", "libc++"},
	{"libc++abi.so.1", "libc++abi1", "libc++"},
	{"libunwind.so.8", "libunwind8", "libunwind"},
	{"libz.so.1", "zlib1g", "zlib"},
	{"libbz2.so.1.0", "libbz2-1.0", ""},
	{"libbz2.so.1", "", "libbz2"},
	{"liblzma.so.5", "liblzma5", "xz-libs"},
	{"libzstd.so.1", "libzstd1", "zstd-libs"},
	{"liblz4.so.1", "liblz4-1", "lz4-libs"},
	{"libsnappy.so.1", "libsnappy1v5", "snappy"},
	{"libssl.so.3", "libssl3 (libssl3t64 since Debian 13)", "libssl3"},
	{"libcrypto.so.3", "libssl3 (libssl3t64 since Debian 13)", "libcrypto3"},
	{"libcurl.so.4", "libcurl4 (libcurl4t64 since Debian 13)", "libcurl"},
	{"libsqlite3.so.0", "libsqlite3-0", "sqlite-libs"},
	{"libpq.so.5", "libpq5", "libpq"},
	{"librdkafka.so.1", "librdkafka1", "librdkafka"},
	{"libgit2.so.1.5", "libgit2-1.5", ""},
	{"libpcap.so.0.8", "libpcap0.8 (libpcap0.8t64 since Debian 13)", ""},
	{"libpcap.so.1", "", "libpcap"},
	{"libusb-1.0.so.0", "libusb-1.0-0", "libusb"},
	{"libudev.so.1", "libudev1", "eudev-libs"},
	{"libsystemd.so.0", "libsystemd0", ""},
	{"libseccomp.so.2", "libseccomp2", "libseccomp"},
	{"libgpgme.so.11", "libgpgme11 (libgpgme11t64 since Debian 13)", "gpgme"},
	{"libdevmapper.so.1.02.1", "libdevmapper1.02.1", ""},
	{"libpam.so.0", "libpam0g", "linux-pam"},
	{"libasound.so.2", "libasound2 (libasound2t64 since Debian 13)", "alsa-lib"},
	{"libX11.so.6", "libx11-6", "libx11"},
	{"libGL.so.1", "libgl1", "mesa-gl"},
	{"libvips.so.42", "libvips42 (libvips42t64 since Debian 13)", "vips"},
	{"libglib-2.0.so.0", "libglib2.0-0 (libglib2.0-0t64 since Debian 13)", "glib"},
	{"libnss_files.so.2", "libc6", ""},
}

// bringsLibrary says which package of the libc's own distribution has a library, in words to end a message with.
func bringsLibrary(libc, name string) string {
	if libc == glibc && libcOfLibrary(name) == glibc {
		return "; Debian's libc6 brings it"
	}
	for _, b := range bringers {
		switch {
		case b.file != name:
		case libc == musl && b.alpine != "":
			return "; Alpine's " + b.alpine + " brings it"
		case libc == glibc && b.debian != "":
			return "; Debian's " + b.debian + " brings it"
		}
	}
	return ""
}

// bringsLoader says what has a loader. Alpine's gcompat has the names of glibc's and a part of its functions.
func bringsLoader(loader string) string {
	switch {
	case libcOfLoader(loader) == musl:
		return "; Alpine's base images have it, Debian's musl brings it"
	case libcOfLoader(loader) == glibc && strings.HasPrefix(loader, "/lib"):
		return "; Debian's libc6 brings it, Alpine's gcompat stands in for it with simple programs"
	}
	return ""
}
