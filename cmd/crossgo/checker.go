package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/crossgo/crossgo/verify/rootfs"
)

// unknownPlatform is what the report of files says whose platform nobody knows.
const unknownPlatform = "unknown"

// checker checks what the command line names, one argument after the other.
type checker struct {
	flags    verifyFlags
	want     verify.Want // of every file; its platform is added
	sizes    bool        // the report shows sizes
	root     *fitRoot    // --root; nil without
	reports  []report.Report
	problems []error // of the command line, known only when files were read

	// seen, when set, is told of each file, and of each image without a file. What cannot be read is a problem then, and a file
	// whose platform nobody knows is no problem, but not checked.
	seen func(s seen)
}

// seen is what was found out about a file.
type seen struct {
	opened
	key      string // tells the file from others of the same argument, and is the same for its like of another
	platform string // empty when nothing says it
	report   report.File
	config   map[string]string // of an image, which has no bytes then
}

func (c *checker) close() {
	if c.root != nil {
		c.root.close()
	}
}

// report is the one of a platform; a new one when there is none yet.
func (c *checker) report(platform string) *report.Report {
	i := slices.IndexFunc(c.reports, func(r report.Report) bool { return r.Platform == platform })
	if i < 0 {
		i = len(c.reports)
		c.reports = append(c.reports, report.Report{Platform: platform})
	}
	return &c.reports[i]
}

// check checks one argument. What is wrong with it is in the reports or in problems; the error is for what ends the command.
func (c *checker) check(ctx context.Context, arg string) error {
	source, err := openSource(ctx, arg)
	if err != nil {
		c.unreadable(arg, err)
		return ctx.Err()
	}
	defer source.Close()
	switch source.Kind {
	case rootfs.File:
		c.checkFile(ctx, arg)
	case rootfs.Image:
		if c.root != nil {
			c.problems = append(c.problems, fmt.Errorf("--root is for files: %s is an image, which has a root of its own", arg))
			return nil
		}
		c.checkImage(ctx, arg, source)
	default:
		c.checkTree(ctx, arg, source)
	}
	return ctx.Err()
}

// openSource opens a path of this machine, or what is written like an image and is no path.
func openSource(ctx context.Context, arg string) (*rootfs.Source, error) {
	source, err := rootfs.Open(arg, rootfs.DefaultLimits)
	if !errors.Is(err, fs.ErrNotExist) || !rootfs.IsReference(arg) {
		return source, err
	}
	if source, err = rootfs.OpenReference(ctx, arg, rootfs.DefaultLimits); err != nil {
		return nil, fmt.Errorf("no such file, and as an image of a registry: %w", err)
	}
	return source, nil
}

// platform is the one platform that was asked for; empty without one.
func (c *checker) platform() string {
	if len(c.flags.platforms) == 1 {
		return c.flags.platforms[0]
	}
	return ""
}

// unreadable reports an argument or file that cannot be read.
func (c *checker) unreadable(name string, err error) {
	if c.seen != nil {
		c.problems = append(c.problems, fmt.Errorf("%s: %w", name, err))
		return
	}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // the line names the file already
	}
	platform := c.platform()
	switch {
	case platform != "":
	case platformInName(name) != "":
		platform = platformInName(name)
	case errors.Is(err, fs.ErrNotExist):
		c.missingPlatform(name)
		return
	default:
		platform = unknownPlatform
	}
	c.report(platform).Unreadable(name, err)
}

// missingPlatform is for a file that somebody named and nobody knows the platform of.
func (c *checker) missingPlatform(name string) {
	c.problems = append(c.problems, fmt.Errorf("--platform is missing for %s, for example --platform linux/arm64: neither its name nor Go build info says it", name))
}

// checkFile checks a file of this machine.
func (c *checker) checkFile(ctx context.Context, arg string) {
	info, err := os.Stat(arg)
	if err != nil {
		c.unreadable(arg, err)
		return
	}
	if !info.Mode().IsRegular() {
		c.odd(arg)
		return
	}
	f, err := os.Open(arg)
	if err != nil {
		c.unreadable(arg, err)
		return
	}
	defer f.Close()
	o := opened{name: arg, in: f, size: info.Size(), mode: info.Mode(), build: c.want.BuildMode}
	if o.place, err = filepath.Abs(arg); err != nil {
		c.unreadable(arg, err)
		return
	}
	platform, by := c.platformOf(o)
	if platform == "" && c.seen == nil {
		c.missingPlatform(arg)
		return
	}
	if c.seen == nil && len(c.flags.platforms) > 1 && !c.asked(platform) {
		c.finding(platform, arg, "platform", fmt.Sprintf("is for %s, as %s says, want one of %s", platform, by, strings.Join(c.flags.platforms, ", ")))
		return
	}
	c.checkOpened(ctx, o, platform, by, nil)
}

// odd is for devices and the like, which are not opened.
func (c *checker) odd(arg string) {
	if c.seen != nil {
		c.unreadable(arg, errors.New("is no regular file"))
		return
	}
	if len(c.flags.platforms) != 1 {
		c.missingPlatform(arg)
		return
	}
	want := c.wantFor(c.platform())
	c.report(want.Platform()).Check(arg, arg, want)
}

// wantFor is what is asked of a file for a platform, which is known to be one.
func (c *checker) wantFor(platform string) verify.Want {
	want := c.want
	want.GOOS, want.GOARCH, want.Variant, _ = verify.ParsePlatform(platform)
	if want.GOOS != "linux" {
		want.Libc, want.GlibcFloor, want.KernelFloor = "", "", ""
	}
	return want
}

// platformOf says which platform a file is for, and how that is known.
func (c *checker) platformOf(o opened) (platform, by string) {
	if platform := c.platform(); platform != "" {
		return platform, byFlag
	}
	if platform := platformInName(o.name); platform != "" {
		return platform, byName
	}
	if facts, err := verify.Describe(o.in, o.size); err == nil && facts.Platform() != "" {
		return facts.Platform(), byRecord
	}
	return "", ""
}

// checkOpened checks one file whose platform is known, and whether it fits the image that it is in, or --root.
func (c *checker) checkOpened(ctx context.Context, o opened, platform, by string, img *verify.Rootfs) {
	want := c.wantFor(platform)
	want.BuildMode, want.Image = o.build, o.image
	if c.root != nil {
		want.Image = c.root.image(ctx, want.Platform())
	}
	f := c.examine(o, want)
	if c.sizes {
		f.MeasureBytes(o.in, o.size)
	}
	f.Findings = append(howKnown(want.Platform(), by), f.Findings...)
	var findings []verify.Finding
	var err error
	switch {
	case o.build != "": // what loads a library decides what it fits
	case img != nil:
		findings, err = img.Fits(verify.Program{Path: "/" + o.place})
	case c.root != nil:
		findings, err = c.fitsRoot(ctx, o, want)
	}
	if err != nil {
		findings = append(findings, verify.Finding{Check: "read", Level: verify.Fail, Found: "unreadable", Text: "cannot be looked at in the image: " + err.Error()})
	}
	f.Findings = append(f.Findings, findings...)
	if c.seen != nil {
		c.tell(o, platform, *f)
	}
}

// howKnown says by what a file's platform is known, where nobody asked for it by a flag.
func howKnown(platform, by string) []verify.Finding {
	f := verify.Finding{Check: "platform", Level: verify.Pass, Found: platform, Text: "checked for " + platform + ", as " + by + " says"}
	switch by {
	case byRecord:
		f.Level, f.Text = verify.Note, f.Text+": nothing says what was wanted"
	case byName:
	default:
		return nil
	}
	return []verify.Finding{f}
}

// examine makes the checks of the file itself. A library on this machine is compared with the header beside it.
func (c *checker) examine(o opened, want verify.Want) *report.File {
	r := c.report(want.Platform())
	if want.BuildMode == "" || !filepath.IsAbs(o.place) {
		return r.CheckBytes(o.name, o.in, o.size, want)
	}
	r.Check(o.name, o.place, want)
	return &r.Files[len(r.Files)-1]
}

// tell hands on what was found out.
func (c *checker) tell(o opened, platform string, f report.File) {
	if platform == "" { // then it was checked for nothing
		f.Findings = nil
	} else {
		platform = c.wantFor(platform).Platform()
	}
	c.seen(seen{opened: o, key: o.key, platform: platform, report: f})
}

// checkTree checks the executables of a directory or archive.
func (c *checker) checkTree(ctx context.Context, arg string, source *rootfs.Source) {
	tree, err := source.Items[0].Open(ctx)
	if err != nil {
		c.unreadable(arg, err)
		return
	}
	defer tree.Close()
	found, err := executables(ctx, tree, func(opened) bool { return true })
	if err != nil {
		c.unreadable(arg, err)
		return
	}
	if len(found.programs) == 0 {
		if archives := c.archivesIn(tree); source.Kind == rootfs.Directory && len(archives) > 0 {
			c.checkArchives(ctx, arg, archives)
			return
		}
		c.nothing(arg, found)
		return
	}
	programs := slices.DeleteFunc(slices.Clone(found.programs), c.unasked)
	if len(programs) == 0 && c.seen == nil {
		c.narrowed(arg, found.programs)
	}
	for _, p := range programs {
		c.checkMember(ctx, tree, memberName(arg, p.path, source.Kind), p, source.Kind)
	}
}

// archiveEndings are those of what a folder of a release holds.
var archiveEndings = []string{".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".zip"}

// archivesIn are the archives at the top of a tree, but for those that are for platforms that were not asked for, as their names say.
func (c *checker) archivesIn(tree *rootfs.Tree) []string {
	entries, err := fs.ReadDir(tree.FS, ".")
	if err != nil || c.seen != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		ends := func(ending string) bool { return strings.HasSuffix(e.Name(), ending) }
		if e.Type().IsRegular() && slices.ContainsFunc(archiveEndings, ends) && !c.unasked(candidate{path: e.Name()}) {
			names = append(names, e.Name())
		}
	}
	return names
}

// checkArchives checks the archives of a directory that holds nothing else to check, a release.
func (c *checker) checkArchives(ctx context.Context, dir string, names []string) {
	for _, name := range names {
		if c.check(ctx, filepath.Join(dir, name)) != nil {
			return // the caller says it
		}
	}
}

// narrowed refuses what holds executables, and none of those asked for.
func (c *checker) narrowed(arg string, programs []candidate) {
	platform, asked := unknownPlatform, []string{}
	if len(c.flags.platforms) > 0 {
		platform, asked = c.flags.platforms[0], c.flags.platforms
	}
	if c.flags.buildMode != "" {
		asked = append(slices.Clone(asked), "--buildmode "+c.flags.buildMode)
	}
	var names []string
	for _, p := range programs[:min(3, len(programs))] {
		names = append(names, p.path)
	}
	c.finding(platform, arg, "platform", "holds nothing executable for "+strings.Join(asked, ", ")+", but "+strings.Join(names, ", "))
}

// unasked reports whether a file in a tree is for a platform that was not asked for, as its path says, or of another build mode.
func (c *checker) unasked(p candidate) bool {
	platform := platformInName(p.path)
	return platform != "" && len(c.flags.platforms) > 0 && !c.asked(platform) || c.flags.buildMode != "" && p.build != c.want.BuildMode
}

func (c *checker) asked(platform string) bool {
	return slices.ContainsFunc(c.flags.platforms, func(p string) bool { return samePlatform(p, platform) })
}

// memberName is how a report names a file: by its path on this machine, or by its archive and its path there.
func memberName(arg, path string, kind rootfs.Kind) string {
	if kind == rootfs.Directory {
		return filepath.Join(arg, filepath.FromSlash(path))
	}
	return arg + "!" + path
}

// checkMember checks one file of a directory or archive.
func (c *checker) checkMember(ctx context.Context, tree *rootfs.Tree, name string, p candidate, kind rootfs.Kind) {
	o, err := openMember(tree, name, p.path)
	if err != nil {
		c.unreadable(name, err)
		return
	}
	defer o.close()
	o.key, o.build = p.path, p.build
	if here, err := filepath.Abs(name); err == nil && kind == rootfs.Directory {
		o.place = here
	}
	platform, by := c.platformOf(o)
	if platform == "" && c.seen == nil {
		c.finding(unknownPlatform, name, "platform", "is for an unknown platform: neither its name nor Go build info says it, want --platform")
		return
	}
	if len(c.flags.platforms) > 0 && !c.asked(platform) {
		return // one of several platforms was asked for, and it is for another
	}
	c.checkOpened(ctx, o, platform, by, nil)
}

// finding reports a failure of something that has no bytes of its own.
func (c *checker) finding(platform, name, check, text string) {
	r := c.report(platform)
	r.Files = append(r.Files, report.File{Name: name, Findings: []verify.Finding{{Check: check, Level: verify.Fail, Found: "none", Text: text}}})
}

// nothing refuses what holds no executable.
func (c *checker) nothing(arg string, found contents) {
	if c.seen != nil {
		return // compared with another, it may be what has changed
	}
	platform := c.platform()
	if platform == "" {
		platform = platformInName(arg)
	}
	if platform == "" {
		platform = unknownPlatform
	}
	text := "holds nothing executable"
	if found.libraries > 0 {
		text += fmt.Sprintf(", and %d libraries or object files", found.libraries)
	}
	if len(found.unmarked) > 0 {
		text += "; without the right to execute it: " + strings.Join(found.unmarked[:min(3, len(found.unmarked))], ", ")
	}
	c.finding(platform, arg, "format", text+"; want at least one executable")
}

func samePlatform(a, b string) bool {
	left, err := verify.WantFor(a)
	right, err2 := verify.WantFor(b)
	return err == nil && err2 == nil && left.Platform() == right.Platform()
}
