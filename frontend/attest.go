package frontend

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/moby/buildkit/frontend/attestations"
	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	gwpb "github.com/moby/buildkit/frontend/gateway/pb"
	"github.com/moby/buildkit/solver/result"
	digest "github.com/opencontainers/go-digest"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/tonistiigi/go-csvvalue"
)

// spdxType is the predicate type of an SPDX document. BuildKit looks for it before it has a scanner make one.
const spdxType = "https://spdx.dev/Document"

// sbomOptions are the request's options that ask for an SBOM (buildx build --sbom, --attest type=sbom).
var sbomOptions = []string{"attest:" + attestations.KeyTypeSbom, "build-arg:BUILDKIT_ATTEST_SBOM"}

// generator is the scanner image that the request itself names; empty when the SBOM is ours to make. The default that dockerui fills
// in would be fetched from a registry.
func generator(options map[string]string) (string, error) {
	named := ""
	for _, key := range sbomOptions {
		if options[key] == "" {
			continue
		}
		fields, err := csvvalue.Fields(options[key], nil)
		if err != nil {
			return "", fmt.Errorf("option %s: %w", key, err)
		}
		for _, field := range fields {
			if name, ok := strings.CutPrefix(field, "generator="); ok {
				named = name
			}
		}
	}
	return named, nil
}

// checkSBOM refuses what only a generator could make use of.
func (r *request) checkSBOM() error {
	if r.ui.SBOM == nil {
		return nil
	}
	settings := maps.Clone(r.ui.SBOM.Parameters)
	delete(settings, "type") // buildx sends the whole flag
	var err error
	if r.scanner, err = generator(r.client.BuildOpts().Opts); err != nil || r.scanner != "" || len(settings) == 0 {
		return err
	}
	return fmt.Errorf("--attest type=sbom: found %s, which is for a generator: crossgo's own SBOM has no settings, name a generator=IMAGE to have it made by one",
		strings.Join(slices.Sorted(maps.Keys(settings)), ", "))
}

// checkPlace refuses an SBOM where it has no place: of tests, which have no outputs to speak of, and where the result is one folder for
// all platforms, or has checksums already. BuildKit, finding none, would have a scanner from a registry look at the result. BuildKit's
// provenance is about the result itself.
func (r *request) checkPlace() error {
	switch {
	case r.ui.SBOM == nil:
	case r.selection.Kind == plan.KindTest, r.selection.Kind == plan.KindResults:
		return fmt.Errorf("--sbom: the target %s has no outputs to describe: leave --sbom out", r.selection.Kind)
	case r.selection.Kind == plan.KindRelease:
		return errors.New("--sbom: the target release has an SBOM beside each archive already, covered by the checksums: leave --sbom out")
	case r.selection.Kind == plan.KindReport && len(r.targets) > 1:
		return fmt.Errorf("--sbom: the target report is one folder for all %d platforms, and an SBOM is of one: leave --sbom out, or ask for one platform at a time", len(r.targets))
	}
	return nil
}

// attest is what is said of a platform's outputs, when the request asks for it: what verify found, and what they are made of. Where the
// request names a generator, BuildKit has it make the SBOM: it does so whenever a result comes without.
func (r *request) attest(ctx context.Context, in gollb.Inputs, p *plan.Plan) ([]gwclient.Attestation, error) {
	if r.ui.SBOM == nil {
		return nil, nil
	}
	st, err := gollb.Attestations(ctx, in, p, r.code)
	if err != nil {
		return nil, err
	}
	var files []plan.Subject
	if err := r.readJSON(ctx, st, plan.SubjectsFile, &files); err != nil {
		return nil, err
	}
	ref, err := r.solve(ctx, st)
	if err != nil {
		return nil, err
	}
	subjects, err := subjects(p.Kind, files)
	if err != nil {
		return nil, err
	}
	list := []gwclient.Attestation{{Kind: gwpb.AttestationKind_InToto, Ref: ref, Path: plan.VerificationFile,
		InToto: result.InTotoAttestation{PredicateType: plan.VerificationType, Subjects: subjects}}}
	if r.scanner == "" {
		list = append(list, gwclient.Attestation{Kind: gwpb.AttestationKind_InToto, Ref: ref, Path: plan.SBOMFile,
			Metadata: map[string][]byte{result.AttestationReasonKey: []byte(result.AttestationReasonSBOM), result.AttestationSBOMCore: []byte("sbom")},
			InToto:   result.InTotoAttestation{PredicateType: spdxType, Subjects: subjects}})
	}
	return list, nil
}

// subjects are what the statements are about: the outputs by their own digests and, where these are in an image, what BuildKit exports.
func subjects(kind plan.Kind, files []plan.Subject) ([]result.InTotoSubject, error) {
	var list []result.InTotoSubject
	if kind == plan.KindImage {
		list = append(list, result.InTotoSubject{Kind: gwpb.InTotoSubjectKind_Self})
	}
	for _, f := range files {
		d := digest.NewDigestFromEncoded(digest.SHA256, f.SHA256)
		if err := d.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", plan.SubjectsFile, f.Name, err)
		}
		list = append(list, result.InTotoSubject{Kind: gwpb.InTotoSubjectKind_Raw, Name: f.Name, Digest: []digest.Digest{d}})
	}
	if len(list) == 0 {
		return nil, errors.New(plan.SubjectsFile + " names no output")
	}
	return list, nil
}

// addAttestations enters them under the names that the result has for the platforms.
func addAttestations(rb *dockerui.ResultBuilder, targets []ocispecs.Platform, lists [][]gwclient.Attestation) {
	for i, list := range lists {
		for _, a := range list {
			rb.AddAttestation(platforms.FormatAll(platforms.Normalize(targets[i])), a)
		}
	}
}
