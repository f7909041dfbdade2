// Command keeper answers the go command of a dependency step (GOCACHEPROG): keeper LAYER KEPT [SALT], see objects.NewLayer. It is compiled from its sources where
// it runs, so that nothing else of crossgo is in the keys of the layers.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/crossgo/crossgo/objects"
)

func main() {
	args := append(os.Args[1:], "")
	if len(args) != 3 && len(args) != 4 {
		fmt.Fprintln(os.Stderr, "keeper: want the folder of the layer, the folder of what is kept, and a salt or none")
		os.Exit(2)
	}
	store := objects.NewLayer(objects.Dir(args[0]), objects.Dir(args[1]), args[2], time.Now(), os.Stderr)
	if err := objects.Serve(os.Stdin, os.Stdout, store); err != nil {
		fmt.Fprintln(os.Stderr, "keeper:", err)
		os.Exit(1)
	}
}
