package llb

import (
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/apicaps"
)

// OldestBuildKit is the oldest BuildKit that knows all of Needs, and that builds run on in the tests.
const OldestBuildKit = "0.13"

// Needs are what our graphs ask of a BuildKit. All of it is older than OldestBuildKit but the last, which came with that version
// (solver/pb/caps.go of v0.12.5 and v0.13.2).
var Needs = []apicaps.CapID{
	pb.CapConstraints, pb.CapPlatform, pb.CapMetaDescription, pb.CapMetaIgnoreCache,
	pb.CapSourceImage, pb.CapSourceLocal, pb.CapSourceLocalUnique, pb.CapSourceLocalIncludePatterns, pb.CapSourceLocalSharedKeyHint,
	pb.CapSourceHTTP, pb.CapSourceHTTPChecksum,
	pb.CapExecMetaBase, pb.CapExecMetaNetwork, pb.CapExecMetaProxy,
	pb.CapExecMountBind, pb.CapExecMountBindReadWriteNoOutput, pb.CapExecMountCache, pb.CapExecMountCacheSharing,
	pb.CapExecMountSelector, pb.CapExecMountSecret, pb.CapExecMountTmpfs,
	pb.CapFileBase, pb.CapFileCopyIncludeExcludePatterns,
	pb.CapExecMountContentCache,
}
