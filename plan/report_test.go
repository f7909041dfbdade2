package plan_test

import (
	"testing"

	"github.com/crossgo/crossgo/internal/plancase"
	"github.com/crossgo/crossgo/plan"
	"github.com/stretchr/testify/require"
)

// TestReportSaysWhereEachDecisionComesFrom: the line that says it, or why.
func TestReportSaysWhereEachDecisionComesFrom(t *testing.T) {
	for _, c := range plancase.All {
		if c.Kind == "" {
			c.Kind = "report"
		}
		in, err := c.Input()
		require.NoError(t, err)
		in.Select.Kind = plan.KindReport
		p, err := plan.New(in)
		require.NoError(t, err, c.Name)
		require.NoError(t, p.Pin(plancase.Lock(p)))
		job := p.Report([]plan.ReportLayer{{Name: "Go"}})
		files := 0
		for i, u := range job.Units {
			require.Len(t, u.Files, len(p.Units[i].Outputs), c.Name)
			for _, f := range u.Files {
				files++
				require.Equal(t, "main", f.Decisions[0].Name)
				for _, d := range f.Decisions {
					require.NotEmpty(t, d.Value, c.Name)
					require.True(t, d.Where != "" || d.Why != "", "%s: %s: %s", c.Name, f.Name, d.Name)
				}
			}
		}
		require.Equal(t, len(p.Reported), files)
		withC := false
		for _, u := range p.Units {
			withC = withC || u.C != nil
		}
		require.Equal(t, plan.Component{Group: "Go", Name: "go", Version: "1.26.8"}, job.Components[0])
		require.Equal(t, withC, len(job.Components) > 1, c.Name)
	}
}

// TestOthersCarryNoReport: what only a report needs is in no other plan, so that no key of theirs hangs on lines of the spec.
func TestOthersCarryNoReport(t *testing.T) {
	for _, c := range plancase.All {
		in, err := c.Input()
		require.NoError(t, err)
		p, err := plan.New(in)
		require.NoError(t, err)
		require.Equal(t, p.Kind == plan.KindReport || p.Kind == plan.KindRelease, len(p.Reported) > 0, c.Name)
	}
}
