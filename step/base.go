package step

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/crossgo/crossgo/verify"
)

// needs is what verify writes for step base.
type needs struct {
	Parts []string `json:"parts"` // sorted: the same needs are the same bytes, whatever programs have them
}

// writeNeeds lists which of the job's parts its files need.
func writeNeeds(job plan.VerifyJob) error {
	if len(job.Needs) == 0 {
		return nil
	}
	found := needs{Parts: []string{}}
	for _, f := range job.Files {
		parts, err := verify.Needs(filepath.Join(plan.PathIn, f.Name), job.Needs)
		if err != nil {
			return fmt.Errorf("%s: what %s needs: %w", f.Where, f.Name, err)
		}
		found.Parts = append(found.Parts, parts...)
	}
	slices.Sort(found.Parts)
	found.Parts = slices.Compact(found.Parts)
	return writeJSON(filepath.Join(plan.PathNeeds, plan.NeedsFile), found)
}

// baseTree makes what an image without a base stands on.
func baseTree(_ context.Context, job plan.BaseJob) error {
	var dirs []string
	for i := range job.Units {
		dirs = append(dirs, filepath.Join(plan.PathNeeds, fmt.Sprint(i)))
	}
	parts, err := neededParts(job.Keep, dirs)
	if err != nil {
		return err
	}
	own, err := ownCertificates(job.Certificates, plan.PathFiles, time.Now())
	if err != nil {
		return err
	}
	var base sysroot.Base
	if slices.Contains(parts, sysroot.PartRoots) {
		base.Roots = addCertificates(mozillaRoots(), own)
	}
	if slices.Contains(parts, sysroot.PartZones) {
		base.Zones = plan.PathZones
	}
	return sysroot.BaseFiles(plan.PathOut, base)
}

// neededParts are the parts to keep in any case and those that the needs in the directories name, sorted.
func neededParts(keep, dirs []string) ([]string, error) {
	parts := slices.Clone(keep)
	for _, dir := range dirs {
		var found needs
		if err := readJSON(filepath.Join(dir, plan.NeedsFile), &found); err != nil {
			return nil, err
		}
		parts = append(parts, found.Parts...)
	}
	slices.Sort(parts)
	return slices.Compact(parts), nil
}
