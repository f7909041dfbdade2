package plan

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// Test is what the targets test and test-results do for one platform.
type Test struct {
	Where     string   `json:"where"`
	Vet       []string `json:"vet"`                 // go's arguments
	Args      []string `json:"args"`                // go's arguments that compile the tests
	Converter []string `json:"converter,omitempty"` // go's arguments that compile what turns a test's output into events
	Cover     []string `json:"cover,omitempty"`     // go's arguments that make a page of the coverage
	Env       []string `json:"env,omitempty"`       // the user's
	Parallel  int      `json:"parallel,omitempty"`  // packages that are tested at once; 0: one for each processor
	NotRun    string   `json:"notRun,omitempty"`    // why tests are compiled only
	Notes     []string `json:"notes,omitempty"`     // what is not as the spec says, and why
	Race      bool     `json:"race,omitempty"`
}

// TestBuildJob vets packages and compiles their tests: the programs into PathTestTmp, what was found into PathOut.
// It runs none of the user's code, since it may have the network, a secret and the builder's objects.
type TestBuildJob struct {
	CompileJob
	Where        string   `json:"where"`
	Platform     string   `json:"platform"`
	Vet          []string `json:"vet"`
	Args         []string `json:"args"`
	Converter    []string `json:"converter,omitempty"`    // empty: the tests are compiled, and not kept
	ConverterEnv []string `json:"converterEnv,omitempty"` // after Env: the converter runs on the builder
}

// TestJob runs the tests that a TestBuildJob compiled, and writes what it finds below PathOut.
type TestJob struct {
	Dir      string   `json:"dir"`
	Env      []string `json:"env"` // the go command's, for the page of the coverage and for tests that call it, then the user's
	Where    string   `json:"where"`
	Platform string   `json:"platform"`
	Cover    []string `json:"cover,omitempty"`
	Parallel int      `json:"parallel,omitempty"`
	NotRun   string   `json:"notRun,omitempty"`
	Notes    []string `json:"notes,omitempty"`
	Tolerant bool     `json:"tolerant,omitempty"` // tests that fail are a result like any other
}

// Files of a TestJob below PathOut.
const (
	JUnitFile   = "junit.xml"
	CoverFile   = "cover.out"
	CoverPage   = "cover.html"
	TestEvents  = "tests.json" // what go test -json says
	TestSummary = "tests.txt"
	TestsMade   = "compiled.json" // what a TestBuildJob says to the TestJob after it, with its own TestEvents and CoverFile
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

// decideTest makes a program that is compiled as the tests are: the first of those asked for, but linked so that
// it runs in a build container. That is where the sysroot is, and for race with the one C library that the
// detector is made for.
func decideTest(in Input, all []binary) (binary, *Test, error) {
	if len(all) == 0 {
		b, err := testedLibrary(in)
		if err != nil {
			return b, nil, err
		}
		all = []binary{b}
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
	if !b.cgo && b.linking.dynamic() {
		b.linking = linking{link: spec.LinkStatic} // nothing here has a loader for it
	}
	return b, t, nil
}

// testedLibrary is what the tests of a module without a program are compiled as: a program with the settings of the first entry.
func testedLibrary(in Input) (binary, error) {
	entry, facts := in.File.Binaries[0], in.Facts.Binaries[0]
	l, err := decideLinking(in, entry, facts.CGO, "")
	return binary{name: "tests", plain: "tests", main: MainPackage{ImportPath: "tests"}, where: place(in.File, entry.Pos), ref: mainRef(0, 0),
		cgo: facts.CGO, linking: l, tags: tags(entry, l), userTags: values(entry.Tags)}, err
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
	l, err := decideLinking(in, spec.Binary{Pos: block.Race.Pos, Libc: spec.Value[spec.Libc]{V: spec.Libc{Name: spec.Glibc}}, Link: spec.Value[spec.Link]{V: spec.LinkDynamic}}, true, "")
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
	t.Converter = []string{"build", "-trimpath", "-buildvcs=false", "-o", PathConverter, "cmd/test2json"}
	t.Parallel = atOnce(block.Flags)
	// Go compiles each test, keeps it (-work) and hands it to our own binary, which notes how it is to be started.
	flags = append(slices.Clone(flags), "-json", "-work", "-exec="+PathSelf+" step test-binary", "-vet=off", "-coverprofile="+PathOut+"/"+CoverFile)
	if block.Timeout.V > 0 {
		flags = append(flags, fmt.Sprintf("-timeout=%dms", block.Timeout.V))
	}
	t.Args = slices.Concat([]string{"test"}, flags, values(block.Flags), patterns)
	t.Cover = []string{"tool", "cover", "-html=" + PathOut + "/" + CoverFile, "-o", PathOut + "/" + CoverPage}
	return nil
}

// atOnce is how many packages go test would test at once by its flags: as -p says, and one by one for benchmarks
// (go help testflag).
func atOnce(flags []spec.Value[string]) (n int) {
	for _, f := range flags {
		name, value, _ := strings.Cut(f.V, "=")
		switch name {
		case "-bench":
			return 1
		case "-p":
			n, _ = strconv.Atoi(value) // the go command refuses what is no number
		}
	}
	return n
}

// inSysroot are the linker's words for a program that finds its loader and libraries where the sysroot is mounted.
// DT_RPATH, not DT_RUNPATH, is looked at for what the libraries need too (ld.so(8)).
func inSysroot(l linking, words []string) []string {
	if !l.dynamic() {
		return words
	}
	words = slices.Clone(words)
	words[slices.Index(words, "-I")+1] = path.Join(PathSysroot, l.loader())
	lib := path.Join(PathSysroot, "usr/lib")
	return append(words, "-extldflags=-Wl,--disable-new-dtags -Wl,-rpath,"+path.Join(lib, l.arch.GNU)+":"+lib)
}

// TestBuildJob is what the step of a pinned plan that compiles the tests has to do.
func (p *Plan) TestBuildJob() (TestBuildJob, error) {
	u, t := p.Units[0], p.Test
	job, err := p.CompileJob(u)
	if err != nil {
		return TestBuildJob{}, err
	}
	job.Builds, job.Stamp = nil, nil
	if job.Objects != nil {
		objects := *job.Objects
		objects.First = nil // it goes before builds, and of those there are none
		job.Objects = &objects
	}
	job.Env = append(slices.Clone(job.Env), "GOTMPDIR="+PathTestTmp)
	build := TestBuildJob{CompileJob: job, Where: t.Where, Platform: p.Target, Vet: t.Vet, Args: t.Args, Converter: t.Converter}
	if len(t.Converter) > 0 {
		goos, goarch, _ := strings.Cut(p.Go.Build, "/")
		build.ConverterEnv = []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
	}
	return build, nil
}

// TestJob is what the step that runs the tests has to do.
func (p *Plan) TestJob() TestJob {
	t := p.Test
	return TestJob{
		Dir: p.Dir, Env: slices.Concat(p.Units[0].FullEnv(), []string{"GOTMPDIR=" + PathTestTmp}, t.Env), Where: t.Where, Platform: p.Target,
		Cover: t.Cover, Parallel: t.Parallel, NotRun: t.NotRun, Notes: t.Notes, Tolerant: p.Kind == KindResults,
	}
}

// TestTargets are the platforms to test for when the request names none: the builder's own, and those that the
// spec adds.
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
