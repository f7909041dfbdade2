package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is set by the release build with -ldflags "-X main.version=v1.2.3"; empty otherwise.
var version string

// bkModule is the module whose version says which BuildKit is embedded.
const bkModule = "github.com/moby/buildkit"

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of crossgo and of the BuildKit in it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{GoVersion: runtime.Version()}
			}
			fmt.Fprintln(cmd.OutOrStdout(), versionText(info))
			return nil
		},
	}
}

// versionText is one line: crossgo's version, its commit when the build recorded one, BuildKit's and Go's version.
func versionText(info *debug.BuildInfo) string {
	own := cmp.Or(version, info.Main.Version, "(devel)")
	text := "crossgo " + own
	if commit := commitOf(info); commit != "" {
		text += " (" + commit + ")"
	}
	for _, dep := range info.Deps {
		if dep.Path == bkModule {
			text += ", BuildKit " + dep.Version
		}
	}
	return text + ", " + info.GoVersion + " " + runtime.GOOS + "/" + runtime.GOARCH
}

// commitOf is the commit that the go command recorded, with a mark when files were changed after it.
func commitOf(info *debug.BuildInfo) string {
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	commit := settings["vcs.revision"]
	if commit != "" && settings["vcs.modified"] == "true" {
		commit += ", changed"
	}
	return commit
}
