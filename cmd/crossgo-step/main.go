// Command crossgo-step is what runs inside build containers, and nothing else. crossgo compiles it where its own program cannot run
// in a container of the builder: it links libc, or is for another system.
package main

import (
	"fmt"
	"os"

	"github.com/crossgo/crossgo/step"
)

// version is set by who compiles it with -ldflags "-X main.version=v1.2.3".
var version string

func main() {
	step.Version = version
	if code, ok := step.Start(os.Args); ok {
		os.Exit(code)
	}
	fmt.Fprintln(os.Stderr, "crossgo-step runs in the containers of a build; the command for people is crossgo")
	os.Exit(2)
}
