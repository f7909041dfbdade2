package llb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/crossgo/crossgo/internal/plancase"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/stretchr/testify/require"
)

// TestOlderBuildKitsKnowTheGraphs: nothing in a graph is newer than the oldest BuildKit that builds run on, as file.symlink.create is.
func TestOlderBuildKitsKnowTheGraphs(t *testing.T) {
	for _, c := range plancase.All {
		for _, m := range emit(t, c).Metadata {
			for id := range m.Caps {
				require.Contains(t, gollb.Needs, apicaps.CapID(id), c.Name)
			}
		}
	}
}

// buildkitPaths are where BuildKit puts, drops or replaces mounts, by what a path begins with (v0.33.1): "/sys" without a slash
// behind it is what util/rootless/specconv drops, "/proc" executor/oci/mounts.go; the files of /etc and the socket in /dev are mounted
// over whatever is there (executor/oci/spec_linux.go).
var buildkitPaths = []string{"/sys", "/proc", "/dev", "/etc/resolv.conf", "/etc/hosts"}

// misplaced names the mounts that BuildKit does not leave alone.
func misplaced(all []*llbtext.Vertex) []string {
	var list []string
	for _, v := range all {
		for _, m := range v.Op.GetExec().GetMounts() {
			theirs := func(prefix string) bool { return strings.HasPrefix(m.Dest, prefix) }
			if slices.ContainsFunc(buildkitPaths, theirs) || m.Dest == "/run" {
				list = append(list, v.Name+" mounts "+m.Dest+", which is BuildKit's")
			}
		}
	}
	return list
}
