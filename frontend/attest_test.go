package frontend

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/crossgo/crossgo/plan"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/result"
	"github.com/stretchr/testify/require"
)

// said names each attestation of a platform: its type and what it is about.
func said(list []gwclient.Attestation) []string {
	var texts []string
	for _, a := range list {
		text := a.InToto.PredicateType + " in " + a.Path + ":"
		for _, s := range a.InToto.Subjects {
			if s.Kind == gwpb.InTotoSubjectKind_Self {
				text += " what is exported"
			}
			text += " " + s.Name
		}
		texts = append(texts, strings.TrimSpace(text))
	}
	return texts
}

func TestNothingIsAttestedUnlessAsked(t *testing.T) {
	f := newFake("")
	require.Empty(t, f.ok(t).Attestations)
	require.False(t, f.askedFor("SBOM"))
	f = newFake("", "attest:provenance", "mode=max")
	require.Empty(t, f.ok(t).Attestations)
}

func TestAttestations(t *testing.T) {
	const verification, sbom = plan.VerificationType + " in verification.json:", spdxType + " in sbom.spdx.json:"
	for _, c := range []struct {
		spec    string
		options []string
		want    []string
	}{
		{"", []string{"attest:sbom", "type=sbom"}, []string{verification + " app", sbom + " app"}},
		{"image: {base: scratch}\n", []string{"attest:sbom", ""}, []string{verification + " what is exported  app", sbom + " what is exported  app"}},
		{"", []string{"build-arg:BUILDKIT_ATTEST_SBOM", ""}, []string{verification + " app", sbom + " app"}},
		{"", []string{"attest:sbom", "generator=example.com/scanner,x=y"}, []string{verification + " app"}},
	} {
		f := newFake(c.spec, append(c.options, "platform", "linux/arm64")...)
		res := f.ok(t)
		require.Equal(t, []string{"linux/arm64"}, slices.Collect(maps.Keys(res.Attestations)))
		require.Equal(t, c.want, said(res.Attestations["linux/arm64"]))
		require.True(t, f.askedFor("[linux/arm64] write the SBOM of app"))
	}
}

// TestAttestationsAreNamedAsTheResultNamesPlatforms: else exporters would not find them.
func TestAttestationsAreNamedAsTheResultNamesPlatforms(t *testing.T) {
	res := newFake("platforms: [linux/arm, linux/amd64, linux/amd64/v3]\n", "attest:sbom", "").ok(t)
	require.ElementsMatch(t, platformsOf(t, res), slices.Collect(maps.Keys(res.Attestations)))
	core := res.Attestations["linux/amd64"][1]
	require.Equal(t, "sbom", string(core.Metadata[result.AttestationSBOMCore]))
}

// TestReportsOfSeveralPlatformsHaveNoSBOM: they are one folder without platforms, so that an SBOM would go nowhere. That of one is as any
// output, and so is the provenance.
func TestReportsOfSeveralPlatformsHaveNoSBOM(t *testing.T) {
	const several = "linux/arm64,windows/amd64"
	for _, value := range []string{"", "generator=example.com/scanner"} {
		f := newFake("", "target", "report", "platform", several, "attest:sbom", value)
		_, err := f.build(t)
		require.ErrorContains(t, err, "--sbom: the target report is one folder for all 2 platforms, and an SBOM is of one: leave --sbom out, or ask for one platform at a time")
		require.False(t, f.askedFor("compile"))
	}
	_, err := newFake("platforms: [linux/arm64, windows/amd64]\n", "target", "report", "attest:sbom", "").build(t)
	require.ErrorContains(t, err, "--sbom: the target report")
	newFake("", "target", "report", "platform", several, "attest:provenance", "mode=max").ok(t)
	one := newFake("", "target", "report", "platform", "linux/arm64", "attest:sbom", "").ok(t)
	require.Len(t, one.Attestations["linux/arm64"], 2)
}

// TestTestsHaveNoSBOM: BuildKit would fetch its scanner to look at their results.
func TestTestsHaveNoSBOM(t *testing.T) {
	for _, target := range []string{"test", "test-results"} {
		f := newFake("", "target", target, "platform", "linux/arm64", "attest:sbom", "")
		_, err := f.build(t)
		require.ErrorContains(t, err, "--sbom: the target "+target+" has no outputs to describe: leave --sbom out")
		require.False(t, f.askedFor("go vet"))
	}
}

func TestSBOMErrors(t *testing.T) {
	for _, c := range []struct{ value, epoch, want string }{
		{"type=sbom,b=1,a=2", "", "--attest type=sbom: found a, b, which is for a generator: crossgo's own SBOM has no settings, name a generator=IMAGE to have it made by one"},
		{"", "x", `build arg SOURCE_DATE_EPOCH: found "x", want seconds since 1970`},
	} {
		_, err := newFake("", "attest:sbom", c.value, "build-arg:SOURCE_DATE_EPOCH", c.epoch).build(t)
		require.ErrorContains(t, err, c.want)
	}
}

func TestSubjects(t *testing.T) {
	_, err := subjects(plan.KindBin, nil)
	require.EqualError(t, err, "subjects.json names no output")
	_, err = subjects(plan.KindBin, []plan.Subject{{Name: "a", SHA256: "12"}})
	require.ErrorContains(t, err, "subjects.json: a: ")
}

// subjectsOf is what step attest says of the outputs.
func subjectsOf(job plan.AttestJob) []plan.Subject {
	var list []plan.Subject
	for _, u := range job.Units {
		for _, f := range u.Files {
			list = append(list, plan.Subject{Name: f.Name, SHA256: strings.Repeat("1", 64)})
		}
	}
	return list
}
