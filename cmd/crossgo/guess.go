package main

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
)

// How a platform is known.
const (
	byFlag   = "--platform"
	byName   = "its name"
	byRecord = "its Go build info"
)

// spellings are what people write in file names for Go's names of systems and architectures.
var spellings = map[string]string{
	"macos": "darwin", "osx": "darwin", "win": "windows", "win64": "windows/amd64", "x86_64": "amd64", "x64": "amd64", "aarch64": "arm64",
	"i386": "386", "i686": "386", "armv5": "arm/v5", "armv6": "arm/v6", "armv7": "arm/v7", "armhf": "arm/v7", "armel": "arm/v5",
}

// platformInName finds a platform in the words of a path: in the last folder of buildx's names (linux_arm_v7) or the last file name
// like server-1.2-linux-arm64 that has one. It is empty where there is none.
func platformInName(path string) string {
	elements := strings.Split(filepath.ToSlash(path), "/")
	for _, element := range slices.Backward(elements) {
		if platform := platformInWord(element); platform != "" {
			return platform
		}
	}
	return ""
}

// platformInWord looks for a system, an architecture after it and perhaps a variant.
func platformInWord(element string) string {
	text := strings.ReplaceAll(strings.ToLower(element), "x86_64", "amd64")
	words := strings.FieldsFunc(text, func(c rune) bool { return c == '_' || c == '-' || c == '.' })
	for i, word := range words {
		if other := spellings[word]; other != "" {
			words[i] = other
		}
	}
	for i := range words {
		for n := min(3, len(words)-i); n > 0; n-- {
			if goos, goarch, variant, err := verify.ParsePlatform(strings.Join(words[i:i+n], "/")); err == nil {
				return verify.Want{GOOS: goos, GOARCH: goarch, Variant: variant}.Platform()
			}
		}
	}
	return ""
}
