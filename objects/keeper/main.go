// Command keeper answers the go command of a dependency step (GOCACHEPROG). It is a program of its own, so that nothing else of crossgo
// is in the keys of the layers.
//
//	keeper LAYER KEPT [ASSEMBLY [C FOLDER...]]
//
// LAYER and KEPT are folders laid out as a GOCACHE; ASSEMBLY and C are salts (objects.Salts), the latter with what is below the folders.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/crossgo/crossgo/objects"
)

func main() {
	args := os.Args[1:]
	if len(args) < 2 {
		fmt.Fprintln(os.Stderr, "keeper: want the folder of the layer and the folder of what is kept")
		os.Exit(2)
	}
	layer := objects.NewLayer(objects.Dir(args[0]), objects.Dir(args[1]), salts(args[2:]), time.Now(), os.Stderr)
	if err := objects.Serve(os.Stdin, os.Stdout, layer); err != nil {
		fmt.Fprintln(os.Stderr, "keeper:", err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, layer.Summary())
}

func salts(args []string) (s objects.Salts) {
	if len(args) > 0 {
		s.Assembly = args[0]
	}
	if len(args) > 1 {
		s.C = sync.OnceValues(func() ([]byte, error) { return trees([]byte(args[1]), args[2:]) })
	}
	return s
}

// trees goes on with what is below the folders.
func trees(salt []byte, dirs []string) ([]byte, error) {
	for _, dir := range dirs {
		sum, err := objects.HashTree(dir)
		if err != nil {
			return nil, err
		}
		salt = append(salt, sum...)
	}
	return salt, nil
}
