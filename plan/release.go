package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// Release is what the target release makes for one platform.
type Release struct {
	Where   string        `json:"where"`
	Archive string        `json:"archive"` // file name, which the files that speak of the archive begin with
	Format  string        `json:"format"`  // spec.FormatTarGz or spec.FormatZip
	Folder  string        `json:"folder,omitempty"`
	Time    string        `json:"time"` // of every file: seconds since 1970, or RFC 3339
	Files   []ReleaseFile `json:"files,omitempty"`
	SBOM    bool          `json:"sbom,omitempty"` // an SPDX document lies beside the archive
}

// ReleaseFile is what an archive holds of the build context.
type ReleaseFile struct {
	From  string `json:"from"` // file, folder or pattern
	To    string `json:"to,omitempty"`
	Mode  string `json:"mode,omitempty"`
	Where string `json:"where"`
}

// ReleaseTime is the time of a release's files when nothing says another: the first that a zip archive can hold.
const ReleaseTime = "1980-01-01T00:00:00Z"

// Names in a release's folder, beside archives and checksums. The endings stand behind the archive's name.
const (
	ReleaseLock  = "lock.json"
	ReleasePage  = "report.html"  // over all platforms
	ReportEnding = ".report.json" // and SBOMEnding
	maxEpoch     = 1 << 32        // what a zip archive's time has room for
)

// decideRelease settles the release: block, or its defaults, for one platform.
func decideRelease(in Input, all []binary) (*Release, error) {
	block := in.File.ReleaseBlock()
	where := place(in.File, at(block.Name.Pos, block.Pos))
	vars, err := releaseVariables(in, all)
	if err != nil {
		return nil, err
	}
	stem, err1 := expandName(in, in.File.ReleaseName(), vars, where, "name")
	folder, err2 := wrapFolder(in, block, stem, vars)
	time, err3 := releaseTime(in)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	format := block.Format(in.Target.OS)
	r := &Release{Where: where, Archive: stem + "." + format, Format: format, Folder: folder, Time: time, SBOM: block.SBOM.V == spec.SwitchOn}
	for i, f := range block.Files {
		r.Files = append(r.Files, ReleaseFile{From: f.From.V, To: f.To.V, Mode: f.Mode.V, Where: releaseFileRef(i)})
	}
	return r, nil
}

// releaseVariables are those of ldflags, and the binary's name where there is one.
func releaseVariables(in Input, all []binary) (map[string]string, error) {
	for _, ref := range in.File.ReleaseRefs() {
		if missing, ok := in.unknown()[ref.V]; ok {
			return nil, fmt.Errorf("%s: release: ${%s} is not known: %s", place(in.File, ref.Pos), missing, in.VCS.howToSay([]string{missing}))
		}
	}
	vars := variables(in)
	if _, own := vars[spec.ReleaseVariable]; own {
		return vars, nil
	}
	var names []string
	for _, b := range all {
		names = append(names, b.plain)
	}
	if names = sortedUnique(names); len(names) == 1 {
		vars[spec.ReleaseVariable] = names[0]
	}
	return vars, nil
}

// releaseName is what a name may be once its variables have values.
var releaseName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._+-]{0,199}$`)

func expandName(in Input, text spec.Value[string], vars map[string]string, where, key string) (string, error) {
	name, err := spec.Expand(text.V, vars)
	switch {
	case err != nil && vars[spec.ReleaseVariable] == "" && strings.Contains(text.V, "${"+spec.ReleaseVariable+"}"):
		return "", fmt.Errorf("%s: release.%s: ${%s} is the name of the one binary, and %s has several: say release: {name: …} without it, or declare an argument of that name",
			where, key, spec.ReleaseVariable, in.Target)
	case err != nil:
		return "", fmt.Errorf("%s: release.%s: %w", where, key, err)
	case !releaseName.MatchString(name):
		return "", fmt.Errorf("%s: release.%s: %s becomes %q, want a file name of letters, digits and . _ + - that begins with a letter, digit or _", where, key, text.V, name)
	}
	return name, nil
}

// wrapFolder is the folder inside the archive; empty for none.
func wrapFolder(in Input, block *spec.Release, stem string, vars map[string]string) (string, error) {
	switch block.Wrap.V {
	case spec.WrapOff:
		return "", nil
	case spec.WrapOn:
		return stem, nil
	}
	return expandName(in, block.Wrap, vars, place(in.File, block.Wrap.Pos), "wrap")
}

// releaseTime is SOURCE_DATE_EPOCH, else the commit's time where the spec asks for the repository, else one that never changes.
func releaseTime(in Input) (string, error) {
	if epoch := in.Args["SOURCE_DATE_EPOCH"]; epoch != "" {
		if n, err := strconv.ParseInt(epoch, 10, 64); err != nil || n < 0 || n >= maxEpoch {
			return "", fmt.Errorf("build arg SOURCE_DATE_EPOCH: found %q, want seconds since 1970, below %d", epoch, int64(maxEpoch))
		}
		return epoch, nil
	}
	if time := in.VCS.value(spec.VCSTime); time != "" {
		return time, nil
	}
	return ReleaseTime, nil
}

// PackJob puts the units' files below PathIn/0, PathIn/1 and so on, and what stands below PathFiles/0, PathFiles/1 and so on, into an
// archive, and its report and SBOM beside it.
type PackJob struct {
	Archive string        `json:"archive"`
	Format  string        `json:"format"`
	Folder  string        `json:"folder,omitempty"`
	Time    string        `json:"time"`
	Files   []ReleaseFile `json:"files,omitempty"`
	Report  ReportJob     `json:"report"`         // without layers
	SBOM    bool          `json:"sbom,omitempty"` // SBOMFile is below PathAttest
}

// PackJob is how the platform's archive is made.
func (p *Plan) PackJob() PackJob {
	r := p.Release
	return PackJob{Archive: r.Archive, Format: r.Format, Folder: r.Folder, Time: r.Time, Files: r.Files, Report: p.Report(nil), SBOM: r.SBOM}
}

// Publication is what a release is made of when the archives of all platforms are there.
type Publication struct {
	Gather GatherJob
	Sign   *SignJob // nil when nobody signs
}

// GatherJob copies what stands below PathIn/0, PathIn/1 and so on into one folder, with the lock and the checksums of all.
type GatherJob struct {
	Count     int    `json:"count"`
	Checksums string `json:"checksums"` // file name
	Time      string `json:"time"`
	Lock      Lock   `json:"lock"`
	GoVersion bool   `json:"goVersion,omitempty"` // PathGoRoot/VERSION says which Go compiled: the spec names none exactly
}

// Lock is what a release was made with besides the sources and what go.sum pins.
type Lock struct {
	Go         LockedGo      `json:"go"`
	Sets       []sysroot.Set `json:"sets"`               // package files by digest, sorted by the set's name
	Archives   []ReadArchive `json:"archives,omitempty"` // that they were chosen from, sorted by suite
	Exceptions []Exception   `json:"exceptions"`         // checks that were left out, or may fail; empty where there are none
}

// LockedGo is the Go distribution that compiled.
type LockedGo struct {
	Version string `json:"version"` // "1.26.8"
	Build   string `json:"build"`   // the machine it runs on
}

// SignJob signs a file below PathIn. A key is PathSignKey, its password PathSignPass.
type SignJob struct {
	Signer string   `json:"signer"` // spec.Signer
	Where  string   `json:"where"`
	File   string   `json:"file"`
	Time   string   `json:"time"`
	Taken  []string `json:"taken"`          // names that no signature may have
	Prog   []string `json:"prog,omitempty"` // a file below PathSource and its arguments
}

// SignSecrets are the ids of a signer's secrets: the key, and its password if that signer has one.
var SignSecrets = map[string][2]string{
	string(spec.SignMinisign): {"minisign-key", "minisign-password"},
	string(spec.SignCosign):   {"cosign-key", "cosign-password"},
	string(spec.SignProg):     {"signer", ""},
}

// Publish decides how the pinned plans of all platforms become one release. Two of one name are an error.
func Publish(in Input, plans []*Plan) (Publication, error) {
	block := in.File.ReleaseBlock()
	first := plans[0]
	var p Publication
	p.Gather = GatherJob{Count: len(plans), Checksums: block.Checksums.V, Time: first.Release.Time, Lock: lockOf(plans), GoVersion: strings.Count(first.Go.Version, ".") < 2}
	taken, err := releaseNames(in, plans)
	if err != nil || block.Signer.V == spec.SignNone {
		return p, err
	}
	p.Sign = &SignJob{Signer: string(block.Signer.V), Where: signerRef, File: p.Gather.Checksums, Time: first.Release.Time, Taken: taken}
	p.Sign.Prog, err = signerProg(in, block)
	return p, err
}

// releaseNames are the files of a release's folder.
func releaseNames(in Input, plans []*Plan) ([]string, error) {
	var errs []error
	block := in.File.ReleaseBlock()
	names := []string{ReleaseLock, ReleasePage}
	by := map[string]string{}
	for _, p := range plans {
		r := p.Release
		if other, ok := by[r.Archive]; ok {
			errs = append(errs, fmt.Errorf("%s: release.name: the archives of %s and %s would both be named %s: put ${TARGETOS}, ${TARGETARCH} and ${TARGETVARIANT} into the name", r.Where, other, p.Target, r.Archive))
		}
		by[r.Archive] = p.Target
		names = append(names, r.Archive, r.Archive+ReportEnding, r.Archive+SBOMEnding)
	}
	if sums := block.Checksums.V; slices.Contains(names, sums) {
		errs = append(errs, fmt.Errorf("%s: release.checksums: %q is the name of another file of the release", place(in.File, block.Checksums.Pos), sums))
	}
	return append(names, block.Checksums.V), errors.Join(errs...)
}

// signerProg is the user's program where it stands in the build, and its arguments.
func signerProg(in Input, block *spec.Release) ([]string, error) {
	var prog []string
	for i, word := range block.Prog {
		w, err := spec.Expand(word.V, variables(in))
		if err != nil {
			return nil, fmt.Errorf("%s: release.signer.prog[%d]: %w", place(in.File, word.Pos), i, err)
		}
		if i == 0 {
			if w = path.Join(PathSource, w); !strings.HasPrefix(w, PathSource+"/") {
				return nil, fmt.Errorf("%s: release.signer.prog[%d]: found %q, want a file of the build context", place(in.File, word.Pos), i, w)
			}
		}
		prog = append(prog, w)
	}
	return prog, nil
}

// lockOf gathers what the plans were pinned to.
func lockOf(plans []*Plan) Lock {
	lock := Lock{Go: LockedGo{Version: plans[0].Go.Version, Build: plans[0].Build}, Sets: []sysroot.Set{}, Exceptions: exceptionsOf(plans)}
	add := func(s sysroot.Set) {
		if !slices.ContainsFunc(lock.Sets, func(t sysroot.Set) bool { return t.Name == s.Name }) {
			lock.Sets = append(lock.Sets, s)
		}
	}
	for _, p := range plans {
		lock.addArchives(p.Archives)
		for _, u := range p.Units {
			if u.C != nil {
				add(u.C.HostSet)
				add(u.C.Set)
			}
		}
	}
	slices.SortFunc(lock.Sets, func(a, b sysroot.Set) int { return strings.Compare(a.Name, b.Name) })
	return lock
}

// addArchives takes the archives of one more platform.
func (l *Lock) addArchives(more []ReadArchive) {
	for _, a := range more {
		i := slices.IndexFunc(l.Archives, func(b ReadArchive) bool { return b.Suite == a.Suite })
		if i < 0 {
			l.Archives = append(l.Archives, a)
			continue
		}
		l.Archives[i].Without = sortedUnique(slices.Concat(l.Archives[i].Without, a.Without))
	}
	slices.SortFunc(l.Archives, func(a, b ReadArchive) int { return strings.Compare(a.Suite, b.Suite) })
}

// JSON is the lock as a file.
func (l Lock) JSON() ([]byte, error) {
	data, err := json.MarshalIndent(l, "", "  ")
	return append(data, '\n'), err
}
