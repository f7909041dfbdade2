package main

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// sample is a run with an aim that is met, one that is not, one with seconds on top, and a layer.
func sample() Run {
	return Run{
		Machine:  Machine{Date: "2026-01-02", Cores: 2, MemoryGiB: 24, System: "Debian", Kernel: "6.1"},
		Versions: Versions{Crossgo: "abc", Go: "go1.26.8", BuildKit: "v1", Buildx: "v2"},
		Frontend: 19_000_000,
		Cases: []Case{
			{Name: cold, Seconds: map[string][]float64{dockerfile.name: {200}, crossgo.name: {100}}, Outside: []float64{12.5},
				Steps: []Step{{"[linux/amd64] compile a|b", 60}}},
			{Name: edited, Seconds: map[string][]float64{dockerfile.name: {3, 1, 2}, bare.name: {1, 3}, crossgo.name: {5, 4, 6}}},
			{Name: versionOnly, Seconds: map[string][]float64{crossgo.name: {4}}},
			{Name: freshModule, Seconds: map[string][]float64{crossgo.name: {8}}, Pulled: map[string][]int64{crossgo.name: {90_000_000, 110_000_000}},
				Blobs: []Blob{{Bytes: 50_000_000, Within: "out/go", Files: 7, Large: []string{"out/go/bin/go (12.0 MB)"}}}},
		},
	}
}

func TestMedian(t *testing.T) {
	require.Equal(t, 2.0, median([]float64{3, 1, 2}))
	require.Equal(t, 2.5, median([]int64{4, 1, 2, 3}))
	require.True(t, math.IsNaN(median([]float64{})))
	list := []float64{3, 1}
	median(list)
	require.Equal(t, []float64{3, 1}, list)
}

func TestMarkdown(t *testing.T) {
	text := Report{Runs: []Run{sample()}}.markdown()
	for _, line := range []string{
		"* Run 1: 2026-01-02, 2 cores, 24 GiB, Debian, Linux 6.1; BuildKit v1, buildx v2, Go 1.26.8, crossgo abc. Cases: cold, edit, version, fresh-module.",
		"| empty daemon | 200.00 |  |  | 100.00 |  | 0.50 | 0.65 |  |  |",
		"| one line edited | 2.00 |  | 2.00 | 5.00 |  | 2.50 | 0.9 | 2.50 | 1.3 + 0.6 s |",
		"| empty daemon: outside `go build` | 12.50 s | 20 s |",
		"| another VERSION, to one line edited | 0.80 | 1.0 |",
		"| fresh daemon, one more module: pulled | 100.0 MB | 120 MB |",
		"| frontend image, compressed | 19.0 MB | 20 MB |",
		"| 50.0 MB | 7 | `/out/go` | out/go/bin/go (12.0 MB) |",
		"| empty daemon | [linux/amd64] compile a/b 60.00 |",
	} {
		require.Contains(t, text, line+"\n")
	}
	require.NotContains(t, text, "NaN")
	require.NotContains(t, text, "nothing changed", "what was not measured has no row")
}

// Every row of a table has as many cells as its head.
func TestTablesAreEven(t *testing.T) {
	cells := 0
	for line := range strings.Lines(Report{Runs: []Run{sample()}}.markdown()) {
		if !strings.HasPrefix(line, "|") {
			cells = 0
			continue
		}
		if cells != 0 {
			require.Equal(t, cells, strings.Count(line, "|"), line)
		}
		cells = strings.Count(line, "|")
	}
}

func TestEveryCaseHasATitleAndEveryAimACase(t *testing.T) {
	titled := map[string]bool{}
	for _, title := range titles {
		titled[title.name] = true
	}
	for _, name := range caseNames(false) {
		require.True(t, titled[name], name)
	}
	for _, a := range aims {
		require.Contains(t, caseNames(false), a.name)
	}
	require.NotContains(t, caseNames(true), hundredByTen)
}

func TestBetween(t *testing.T) {
	page := "head\n" + markBegin + "old\n" + markEnd + "tail\n"
	changed, err := between(page, "new\n")
	require.NoError(t, err)
	require.Equal(t, "head\n"+markBegin+"new\n"+markEnd+"tail\n", changed)
	_, err = between("head\n"+markEnd+markBegin, "new\n")
	require.ErrorContains(t, err, "bench:begin")
}

// A case is from the newest run that has it; a run without cases is gone.
func TestNewRunsReplaceCases(t *testing.T) {
	one := Report{}.with(sample())
	newer := Run{Cases: []Case{{Name: cold, Seconds: map[string][]float64{crossgo.name: {1}}}}}
	two := one.with(newer)
	require.Len(t, two.Runs, 2)
	c, run, ok := two.find(cold)
	require.True(t, ok)
	require.Equal(t, []float64{1}, c.Seconds[crossgo.name])
	require.Equal(t, newer, run)
	_, _, ok = two.find(edited)
	require.True(t, ok)
	require.Len(t, two.with(sample()).Runs, 1)
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	require.ErrorIs(t, write(dir, sample()), os.ErrNotExist)
	page := filepath.Join(dir, "performance.md")
	require.NoError(t, os.WriteFile(page, []byte(markBegin+markEnd), 0o644))
	require.NoError(t, write(dir, sample()))
	data, err := os.ReadFile(filepath.Join(dir, "performance.json"))
	require.NoError(t, err)
	var r Report
	require.NoError(t, json.Unmarshal(data, &r))
	require.Equal(t, Report{Runs: []Run{sample()}}, r)
	require.NoError(t, write(dir, sample()))
	again, err := os.ReadFile(filepath.Join(dir, "performance.json"))
	require.NoError(t, err)
	require.Equal(t, data, again)
}

// The same numbers give the same bytes, which are XML; the aim lies where the ratio of that size would end.
func TestPlot(t *testing.T) {
	r := Report{Runs: []Run{sample()}}
	svg := r.plot()
	require.Equal(t, svg, r.plot())
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		_, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
	}
	bars := r.bars(dockerfile, "Dockerfile")
	require.Len(t, bars, 2)
	require.Equal(t, bar{Label: "empty daemon / Dockerfile", Value: "0.50", Length: 0.5 * plotUnit, Aim: 0.65 * plotUnit}, bars[0])
	require.True(t, bars[1].Cut)
	require.Equal(t, plotMost*plotUnit, bars[1].Length)
	require.InDelta(t, (1.3+0.6/2)*plotUnit, r.bars(bare, "go build")[0].Aim, 1e-9)
}
