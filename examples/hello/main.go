// Command hello is pure Go and uses what pure Go programs stumble over when they are built for another system: TLS with the
// system's certificates, time zones, and the user database. It prints the same lines on every platform.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	_ "time/tzdata" // an image from scratch has no zoneinfo
)

// version is set by the linker.
var version = "unset"

func main() {
	fmt.Println("hello: ok")
	fmt.Println("hello from " + platform())
	fmt.Println("version: " + version)
	for _, part := range []struct {
		name string
		run  func() (string, error)
	}{
		{"tls", tlsRoundTrip},
		{"roots", systemRoots},
		{"tz", berlin},
		{"user", userName},
	} {
		text, err := part.run()
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", part.name, err)
			os.Exit(1)
		}
		fmt.Printf("%s: %s\n", part.name, text)
	}
}

// variants are the settings of the build information that narrow an architecture, with what stands before their number in a
// platform's name. The value at the baseline is not part of the name.
var variants = map[string]struct{ setting, prefix, baseline string }{
	"amd64": {"GOAMD64", "", "v1"},
	"arm":   {"GOARM", "v", ""},
	"arm64": {"GOARM64", "", "v8.0"},
}

// platform is what this file was built for, as the compiler wrote it down: "linux/arm/v7".
func platform() string {
	name := runtime.GOOS + "/" + runtime.GOARCH
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name
	}
	v := variants[runtime.GOARCH]
	for _, s := range info.Settings {
		level, _, _ := strings.Cut(s.Value, ",") // options such as ",softfloat" follow
		if s.Key == v.setting && level != v.baseline {
			return name + "/" + v.prefix + level
		}
	}
	return name
}

func berlin() (string, error) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		return "", err
	}
	return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).In(zone).Format(time.RFC3339), nil
}
