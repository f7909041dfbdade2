package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// Test is what the targets test and test-results do for one platform.
type Test struct {
	Where  string   `json:"where"`
	Vet    []string `json:"vet"`              // go's arguments
	Args   []string `json:"args"`             // go's arguments that test; with NotRun those that compile the tests
	Cover  []string `json:"cover,omitempty"`  // go's arguments that make a page of the coverage
	Env    []string `json:"env,omitempty"`    // the user's
	NotRun string   `json:"notRun,omitempty"` // why tests are compiled only
	Notes  []string `json:"notes,omitempty"`  // what is not as the spec says, and why
	Race   bool     `json:"race,omitempty"`
}

// TestJob vets and tests packages, and writes what it finds below PathOut.
type TestJob struct {
	CompileJob
	Test     Test   `json:"test"`
	Platform string `json:"platform"`
	Tolerant bool   `json:"tolerant,omitempty"` // tests that fail are a result like any other
}

// Files of a TestJob below PathOut.
const (
	JUnitFile   = "junit.xml"
	CoverFile   = "cover.out"
	CoverPage   = "cover.html"
	TestEvents  = "tests.json" // what go test -json says
	TestSummary = "tests.txt"
)

// tests reports whether a kind of output is what tests say.
func (k Kind) tests() bool { return k == KindTest || k == KindResults }

// raceArchs are the linux architectures that the race detector knows (RaceDetectorSupported in internal/platform of Go 1.26).
var raceArchs = []string{"amd64", "arm64", "loong64", "ppc64le", "riscv64", "s390x"}

// testReference is the spec's test block.
const testReference = "@{test}"

// decideTests makes the plan one of tests.
func (p *Plan) decideTests(in Input, binaries []binary) error {
	in, err := in.filled("test.")
	if err != nil {
		return err
	}
	b, t, err := decideTest(in, binaries)
	if err != nil {
		return err
	}
	if p.Units, err = units(in, p.Cache, []binary{b}); err != nil {
		return err
	}
	if t.Race {
		p.Units[0].Deps = nil // compiled with -race they are others
	}
	p.Test = t
	return t.fill(in, b)
}

// decideTest makes a program that is compiled as the tests are: the first of those asked for, but linked so that it runs in a build
// container. That is where the sysroot is, and for race with the one C library that the detector is made for.
func decideTest(in Input, all []binary) (binary, *Test, error) {
	if len(all) == 0 {
		return binary{}, nil, fmt.Errorf("%s: there is no main package whose settings tests could be compiled with", in.File.Name)
	}
	block := in.File.Test
	if block == nil {
		block = &spec.Test{}
	}
	b, t := all[0], &Test{Where: testReference}
	for _, e := range block.Env {
		t.Env = append(t.Env, e.Name.V+"="+e.Value.V)
	}
	emulated, why := canRun(in)
	t.NotRun = why
	if err := t.decideRace(in, block, &b, emulated); err != nil {
		return b, nil, err
	}
	if b.linking.mode.Library() { // its tests are programs, compiled by the same flags
		b.linking.mode, b.linking.link = "", spec.LinkPIE
	}
	if !b.cgo && b.linking.link == spec.LinkPIE {
		b.linking = linking{link: spec.LinkStatic} // nothing here has a loader for it
	}
	return b, t, nil
}

func (t *Test) decideRace(in Input, block *spec.Test, b *binary, emulated bool) error {
	switch {
	case !block.Race.V:
		return nil
	case t.NotRun != "":
		return nil
	case emulated:
		t.Notes = append(t.Notes, fmt.Sprintf("race: not under emulation: the tests for %s run without", in.Target))
		return nil
	case !slices.Contains(raceArchs, in.Target.Arch):
		return fmt.Errorf("%s: test.race: found true, but Go finds races on linux/%s only, not on %s", place(in.File, block.Race.Pos), strings.Join(raceArchs, ", linux/"), in.Target)
	}
	l, err := decideLinking(in, spec.Binary{Pos: block.Race.Pos, Libc: spec.Value[spec.Libc]{V: spec.Libc{Name: spec.Glibc}}, Link: spec.Value[spec.Link]{V: spec.LinkDynamic}}, true)
	if err != nil {
		return err
	}
	t.Race, b.cgo, b.linking, b.tags = true, true, l, b.userTags
	return nil
}

// fill enters the go commands.
func (t *Test) fill(in Input, b binary) error {
	block := in.File.Test
	if block == nil {
		block = &spec.Test{}
	}
	patterns := values(block.Packages)
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	flags := b.compileFlags(b.tags)
	if t.Race {
		flags = append(flags, "-race")
	}
	_, words := b.goFlags()
	link, err := quoteFlags(inSysroot(b.linking, words))
	if err != nil {
		return err
	}
	t.Vet = slices.Concat([]string{"vet"}, flags, patterns)
	if link != "" {
		flags = append(slices.Clone(flags), "-ldflags="+link)
	}
	if t.NotRun != "" {
		t.Args = slices.Concat([]string{"test", "-c", "-o", "/dev/null"}, flags, patterns)
		return nil
	}
	flags = append(slices.Clone(flags), "-json", "-vet=off", "-coverprofile="+PathOut+"/"+CoverFile)
	if block.Timeout.V > 0 {
		flags = append(flags, fmt.Sprintf("-timeout=%dms", block.Timeout.V))
	}
	t.Args = slices.Concat([]string{"test"}, flags, values(block.Flags), patterns)
	t.Cover = []string{"tool", "cover", "-html=" + PathOut + "/" + CoverFile, "-o", PathOut + "/" + CoverPage}
	return nil
}

// inSysroot are the linker's words for a program that finds its loader and libraries where the sysroot is mounted. DT_RPATH, not
// DT_RUNPATH, is looked at for what the libraries need too (ld.so(8)).
func inSysroot(l linking, words []string) []string {
	if !l.dynamic() {
		return words
	}
	words = slices.Clone(words)
	words[slices.Index(words, "-I")+1] = path.Join(PathSysroot, l.loader())
	lib := path.Join(PathSysroot, "usr/lib")
	return append(words, "-extldflags=-Wl,--disable-new-dtags -Wl,-rpath,"+path.Join(lib, l.arch.GNU)+":"+lib)
}

// TestJob is what the test step of a pinned plan is told.
func (p *Plan) TestJob() (TestJob, error) {
	u := p.Units[0]
	job, err := p.CompileJob(u)
	if err != nil {
		return TestJob{}, err
	}
	job.Builds, job.Stamp = nil, nil
	if job.Objects != nil {
		objects := *job.Objects
		objects.First = nil // it goes before builds, and of those there are none
		job.Objects = &objects
	}
	job.Env = append(slices.Clone(job.Env), "GOTMPDIR="+PathTestTmp)
	return TestJob{CompileJob: job, Test: *p.Test, Platform: p.Target, Tolerant: p.Kind == KindResults}, nil
}

// TestTargets are the platforms to test for when the request names none: the builder's own, and those that the spec adds.
func TestTargets(file *spec.File, build spec.Platform) ([]spec.Platform, error) {
	list := []spec.Platform{build}
	if file.Test == nil {
		return list, nil
	}
	for _, v := range file.Test.Platforms {
		p, err := spec.ParsePlatform(v.V)
		if err != nil {
			return nil, fmt.Errorf("%s: test.platforms: %w", place(file, v.Pos), err)
		}
		if !slices.Contains(list, p) {
			list = append(list, p)
		}
	}
	return list, nil
}
