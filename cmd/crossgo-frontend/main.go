// Command crossgo-frontend is the binary of the frontend image. Without arguments it answers BuildKit's gateway, which
// talks to it over stdin and stdout; with "step" it is a build step inside a container.
package main

import (
	"fmt"
	"os"

	"github.com/crossgo/crossgo/frontend"
	"github.com/crossgo/crossgo/step"
	"github.com/moby/buildkit/frontend/gateway/grpcclient"
	"github.com/moby/buildkit/util/appcontext"
)

// version is set by the release build with -ldflags "-X main.version=v1.2.3"; empty otherwise.
var version string

func main() {
	step.Version = version
	if code, ok := step.Start(os.Args); ok {
		os.Exit(code)
	}
	if err := grpcclient.RunFromEnvironment(appcontext.Context(), frontend.New()); err != nil {
		fmt.Fprintln(os.Stderr, "crossgo-frontend:", err)
		os.Exit(1)
	}
}
