package step

import (
	"bytes"
	"compress/gzip"
	"context"
	"embed"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/crossgo/crossgo/plan"
)

// keepers are objects/keeper, compiled for the machines that compile: linux_amd64.gz and so on. They are in the keys of everybody's
// dependency layers, and so they are compiled once for all, not with each release: TestKeepersAreMadeOfTheirSources compares, and -update
// writes them anew, for a change that is worth it.
//
//go:embed keeper
var keepers embed.FS

// keeper writes the program for the build machine to where the dependency steps have it.
func keeper(_ context.Context, job plan.KeeperJob) error {
	program, err := keeperFor(job.Build)
	if err != nil {
		return err
	}
	return os.WriteFile(plan.PathOut+plan.PathKeeper, program, 0o755)
}

func keeperFor(build string) ([]byte, error) {
	packed, err := keepers.ReadFile("keeper/" + strings.ReplaceAll(build, "/", "_") + ".gz")
	if err != nil {
		return nil, fmt.Errorf("build machine: found %s, want one of %s", build, strings.Join(plan.BuildArchs, ", "))
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
