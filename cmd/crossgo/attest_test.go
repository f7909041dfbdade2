package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAttests(t *testing.T) {
	for _, c := range []struct {
		values           []string
		sbom, provenance string
		want             map[string]string
	}{
		{nil, "", "", map[string]string{}},
		{nil, "true", "mode=max", map[string]string{"attest:sbom": "", "attest:provenance": "mode=max"}},
		{[]string{"type=sbom,generator=x"}, "", "", map[string]string{"attest:sbom": "generator=x"}},
		{[]string{"type=sbom"}, "false", "1", map[string]string{"attest:provenance": ""}},
		{[]string{"type=sbom,disabled=true", `type=sbom,"a=b,c"`}, "", "", map[string]string{"attest:sbom": `"a=b,c"`}},
	} {
		got, err := attests(c.values, c.sbom, c.provenance)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for value, want := range map[string]string{
		"sbom":                 `--attest sbom: found "sbom", want KEY=VALUE`,
		"type=vex":             `--attest type=vex: type "vex" is unknown, known are provenance, sbom`,
		"mode=max":             `--attest mode=max: type "" is unknown, known are provenance, sbom`,
		"type=sbom,disabled=x": `--attest type=sbom,disabled=x: found "disabled=x", want disabled=true or disabled=false`,
	} {
		_, err := attests([]string{value}, "", "")
		require.EqualError(t, err, want)
	}
}
