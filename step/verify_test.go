package step

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
)

// TestWarningsHaveThePlaceTheyAreAbout: what an image lacks is said of its base, all else of the program's entry.
func TestWarningsHaveThePlaceTheyAreAbout(t *testing.T) {
	const where = "@{binaries[0].main[0]}"
	found := []verify.Finding{
		{Check: "needs-tmp", Level: verify.Warn, Text: "no /tmp"},
		{Check: "exec-stack", Level: verify.Warn, Text: "executable"},
		{Check: "needs-roots", Level: verify.Note, Text: "maybe"},
		{Check: "machine", Level: verify.Pass, Text: "fine"},
	}
	rep := report.Report{Files: []report.File{{Name: "app", Findings: found}}}
	for _, c := range []struct {
		image *verify.Image
		place string
	}{{&verify.Image{}, plan.ImagePlace}, {nil, where}} { // windows has no image, and no time zones
		list := warnings(plan.VerifyJob{Files: []plan.VerifyFile{{Name: "app", Where: where, Want: verify.Want{Image: c.image}}}}, rep)
		require.Len(t, list, 2)
		require.Equal(t, []string{c.place, where}, []string{list[0].Where, list[1].Where})
		require.Equal(t, "app needs-tmp no /tmp", list[0].File+" "+list[0].Check+" "+list[0].Text)
		require.Contains(t, list[0].Detail[1], "what to do: ")
	}
	require.Equal(t, []plan.Warning{}, warnings(plan.VerifyJob{}, report.Report{}), "no warning is a list, too")
}

func TestOfNotesTheLogHasWhatChangesWithoutCGO(t *testing.T) {
	var log strings.Builder
	tellNotes(&log, report.Report{Files: []report.File{{Name: "app", Findings: []verify.Finding{
		{Check: "pure-go", Level: verify.Note, Text: "other names"}, {Check: "needs", Level: verify.Note, Text: "much"}, {Check: "pure-go", Level: verify.Pass},
	}}}})
	require.Equal(t, "note: app: other names\n", log.String())
}
