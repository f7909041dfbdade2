package frontend

import (
	"fmt"
	"strings"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/moby/buildkit/util/apicaps"
)

// tooOld says what the builder's BuildKit lacks: left to itself it would say "invalid action type" of some step, or nothing.
func tooOld(caps apicaps.CapSet) error {
	var lacks []string
	for _, id := range gollb.Needs {
		if caps.Supports(id) != nil {
			lacks = append(lacks, string(id))
		}
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("builder: found a BuildKit that lacks %s, want BuildKit %s or newer: \"docker buildx inspect\" prints its version, "+
		"and \"docker buildx create --use\" makes a builder with a newer one", strings.Join(lacks, ", "), gollb.OldestBuildKit)
}
