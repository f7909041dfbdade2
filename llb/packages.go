package llb

import (
	"path"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
	digest "github.com/opencontainers/go-digest"
)

// SignedIndex is the state with an archive's InRelease file, the one file that is fetched without a digest: its signature
// is what vouches for all others.
func SignedIndex(in Inputs, address, suite string) llb.State {
	return llb.HTTP(address+"/dists/"+suite+"/InRelease", llb.Filename("InRelease"),
		llb.WithCustomNamef("[debian] signed index of %s", suite))
}

// LookFile is the name of what Look fetches.
const LookFile = "answer"

// Look is what a server sends for an address, whatever it is: to say what was wrong with it.
func Look(address string) llb.State {
	return llb.HTTP(address, llb.Filename(LookFile), llb.WithCustomName("[debian] look at what the mirror sends"))
}

// ArchiveKeys is the state with plan.KeysFile. Secrets are no part of keys, so the step runs each time.
func ArchiveKeys(in Inputs) llb.State {
	e := in.self("keys", "[debian] keys from the secret "+plan.SecretKeys, "", "the archive keys", struct{}{}).secret(plan.PathKeys, plan.SecretKeys)
	e.options = append(e.options, llb.IgnoreCache)
	return e.output()
}

// Index is one Packages file by digest.
type Index struct {
	Address string // of the archive
	Suite   string
	File    sysroot.IndexFile
	Job     plan.ResolveIndex
}

// ByHash is where the file is fetched from.
func (i Index) ByHash() string { return i.Address + "/dists/" + i.Suite + "/" + i.File.ByHash }

// Plain is its other address. What lies there may be the index of another day.
func (i Index) Plain() string { return i.Address + "/dists/" + i.Suite + "/" + i.File.Path }

// Resolve is the state with plan.LockFile.
func Resolve(in Inputs, indexes []Index, job plan.ResolveJob) llb.State {
	e := in.self("resolve", "[debian] choose packages", "", "the packages of "+job.Suite, job)
	for _, i := range indexes {
		st := llb.HTTP(i.ByHash(), llb.Filename(path.Base(i.Job.File)),
			llb.Checksum(digest.NewDigestFromEncoded(digest.SHA256, i.File.SHA256)),
			llb.WithCustomNamef("[debian] package index %s of %s", i.Job.Arch, i.Suite))
		e.mount(path.Join(plan.PathIn, i.Job.File), st, llb.SourcePath(path.Base(i.Job.File)))
	}
	return e.output()
}

// unpack is a set of package files unpacked into one root.
func unpack(in Inputs, set sysroot.Set, job plan.UnpackJob, name, where string) *exec {
	files := make([]llb.State, len(set.Packages))
	for i, p := range set.Packages {
		files[i] = packageFile(in, p)
		job.Files = append(job.Files, path.Base(p.Filename))
	}
	e := in.self("unpack", name, where, set.Name, job)
	for i, st := range files {
		e.mount(path.Join(plan.PathIn, job.Files[i]), st, llb.SourcePath(job.Files[i]))
	}
	return e
}

// packageFile is one package file. Its name is the archive's own, so that every set that holds it shares the download.
func packageFile(in Inputs, p sysroot.Package) llb.State {
	return llb.HTTP(in.Archives[p.Archive]+"/"+p.Filename, llb.Filename(path.Base(p.Filename)),
		llb.Checksum(digest.NewDigestFromEncoded(digest.SHA256, p.SHA256)),
		llb.WithCustomNamef("[debian] %s %s %s", p.Name, p.Version, p.Architecture),
		llb.ProgressGroup("debian/"+p.Architecture, "[debian] packages for "+p.Architecture, false))
}
