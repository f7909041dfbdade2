package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify"
	"github.com/crossgo/crossgo/verify/report"
	"github.com/crossgo/crossgo/verify/rootfs"
)

// nonRoot is who programs run as where no image says it, the user of images made by crossgo.
const nonRoot = "65532:65532"

// checkImage checks an image for each of its platforms, or for those asked for.
func (c *checker) checkImage(ctx context.Context, arg string, source *rootfs.Source) {
	items, missing := c.pick(source.Items)
	for _, platform := range missing {
		want := c.wantFor(platform)
		c.finding(want.Platform(), arg, "platform", fmt.Sprintf("holds no image for %s, it has %s", want.Platform(), platformsOf(source.Items)))
	}
	for _, item := range items {
		if ctx.Err() != nil {
			return
		}
		want, err := verify.WantFor(item.Platform)
		if err != nil {
			c.finding(unknownPlatform, arg, "platform", err.Error())
			continue
		}
		c.checkItem(ctx, arg, item, want.Platform())
	}
}

// pick takes the items for the platforms asked for, all without any. missing are those that none is for.
func (c *checker) pick(items []rootfs.Item) (picked []rootfs.Item, missing []string) {
	if len(c.flags.platforms) == 0 {
		return items, nil
	}
	for _, platform := range c.flags.platforms {
		i := slices.IndexFunc(items, func(item rootfs.Item) bool { return samePlatform(item.Platform, platform) })
		if i < 0 {
			missing = append(missing, platform)
			continue
		}
		picked = append(picked, items[i])
	}
	return picked, missing
}

func platformsOf(items []rootfs.Item) string {
	var names []string
	for _, item := range items {
		names = append(names, item.Platform)
	}
	return strings.Join(names, ", ")
}

// checkItem checks the image of one platform: itself, what it starts, and its executables.
func (c *checker) checkItem(ctx context.Context, name string, item rootfs.Item, platform string) {
	tree, err := item.Open(ctx)
	if err != nil {
		c.broken(platform, name, err)
		return
	}
	defer tree.Close()
	img := c.imageOf(tree)
	entry := c.checkConfig(name, item, tree, img, platform)
	programs, err := c.programsOf(ctx, tree, entry)
	if err != nil {
		c.broken(platform, name, err)
		return
	}
	if len(programs) == 0 && entry == "" && c.seen == nil {
		c.finding(platform, name, "format", "holds nothing executable, want at least one executable")
	}
	for _, p := range programs {
		o, err := openMember(tree, name+"!/"+p.path, p.path)
		if err != nil {
			c.broken(platform, name+"!/"+p.path, err)
			continue
		}
		o.key, o.build, o.image = "["+platform+"]!/"+p.path, p.build, lookedInto(name, tree)
		c.checkOpened(ctx, o, platform, "", img)
		o.close()
	}
}

// broken is unreadable for what has a platform.
func (c *checker) broken(platform, name string, err error) {
	if c.seen != nil {
		c.unreadable(name, err)
		return
	}
	c.report(platform).Unreadable(name, err)
}

// imageOf is a tree as its user sees it.
func (c *checker) imageOf(tree *rootfs.Tree) *verify.Rootfs {
	img := &verify.Rootfs{FS: tree.FS, User: nonRoot, Allow: c.flags.allow}
	if tree.Config != nil {
		img.User = tree.Config.User
	}
	if c.flags.user != "" {
		img.User = c.flags.user
	}
	return img
}

// lookedInto is a tree as a program's image, whose files it may look for.
func lookedInto(name string, tree *rootfs.Tree) *verify.Image {
	img := &verify.Image{Base: name, Chosen: true, Files: tree.FS}
	if tree.Config != nil {
		img.Env = tree.Config.Env
	}
	return img
}

// checkConfig checks what concerns the image as a whole, and finds the program that it starts.
func (c *checker) checkConfig(name string, item rootfs.Item, tree *rootfs.Tree, img *verify.Rootfs, platform string) (entry string) {
	want := c.wantFor(platform)
	var findings []verify.Finding
	if !samePlatform(item.Platform, item.Says) {
		findings = append(findings, verify.Finding{Check: "platform", Level: verify.Fail, Found: item.Says, Want: item.Platform,
			Text: fmt.Sprintf("the index has it for %s, its own config says %s", item.Platform, item.Says)})
	}
	findings = append(findings, img.Machine(want)...)
	if want.GOOS == "linux" {
		var more []verify.Finding
		entry, more = img.Entry(verify.Start{Args: tree.Config.Args, Env: tree.Config.Env, WorkDir: tree.Config.WorkDir})
		findings = slices.Concat(findings, more, img.Enters(tree.Config.WorkDir))
	}
	r, file := c.report(platform), report.File{Name: name, Findings: findings}
	r.Files = append(r.Files, file)
	if c.seen != nil {
		c.seen(seen{opened: opened{name: name}, key: "[" + platform + "]", platform: platform, report: file, config: settingsOf(tree.Config)})
	}
	return entry
}

// settingsOf are those of an image's config by name.
func settingsOf(config *rootfs.Config) map[string]string {
	all := map[string]string{}
	for name, value := range map[string]string{"user": config.User, "start": strings.Join(config.Args, " "), "working directory": config.WorkDir} {
		if value != "" {
			all[name] = value
		}
	}
	for _, e := range config.Env {
		name, value, _ := strings.Cut(e, "=")
		all["env "+name] = cmp.Or(value, `""`)
	}
	return all
}

// distribution are the directories of an image that a distribution's packages fill.
var distribution = []string{"bin", "sbin", "lib", "lib32", "lib64", "libx32", "usr"}

// programsOf are the executables of an image to be checked: what it starts, what Go made, and what lies outside of the distribution's
// directories; with --all every one.
func (c *checker) programsOf(ctx context.Context, tree *rootfs.Tree, entry string) ([]candidate, error) {
	all, err := executables(ctx, tree, func(o opened) bool { return c.flags.all || !ofDistribution(o.place) || isGo(o) })
	if err != nil {
		return nil, err
	}
	programs := all.programs
	path := realPath(tree, entry)
	if path != "" && !slices.ContainsFunc(programs, func(p candidate) bool { return p.path == path }) {
		programs = append(programs, candidate{path: path})
		slices.SortFunc(programs, func(a, b candidate) int { return strings.Compare(a.path, b.path) })
	}
	return programs, nil
}

func ofDistribution(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return slices.Contains(distribution, first) && !strings.HasPrefix(path, "usr/local/")
}

// realPath is where the links of a path lead, as package fs names it; empty for nowhere.
func realPath(tree *rootfs.Tree, name string) string {
	if name == "" {
		return ""
	}
	real, err := verify.RealPath(tree.FS, name)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(real, "/")
}

// fitRoot is what --root names: its source, and the trees of it that were opened, by platform.
type fitRoot struct {
	name    string
	source  *rootfs.Source
	trees   map[string]*rootfs.Tree
	machine map[string][]verify.Finding
}

func (r *fitRoot) close() {
	for _, tree := range r.trees {
		tree.Close()
	}
	r.source.Close()
}

// openRoot opens --root.
func (c *checker) openRoot(ctx context.Context) error {
	source, err := openSource(ctx, c.flags.root)
	if err != nil {
		return fmt.Errorf("--root %s: %w", c.flags.root, err)
	}
	if source.Kind == rootfs.File {
		return errors.Join(fmt.Errorf("--root %s: is a file, want a directory, an archive or an image", c.flags.root), source.Close())
	}
	c.root = &fitRoot{name: c.flags.root, source: source, trees: map[string]*rootfs.Tree{}, machine: map[string][]verify.Finding{}}
	return nil
}

// tree is the root for a platform.
func (r *fitRoot) tree(ctx context.Context, platform string) (*rootfs.Tree, error) {
	if tree := r.trees[platform]; tree != nil {
		return tree, nil
	}
	item := r.source.Items[0]
	if r.source.Kind == rootfs.Image {
		i := slices.IndexFunc(r.source.Items, func(item rootfs.Item) bool { return samePlatform(item.Platform, platform) })
		if i < 0 {
			return nil, fmt.Errorf("%s holds no image for %s, it has %s", r.name, platform, platformsOf(r.source.Items))
		}
		item = r.source.Items[i]
	}
	tree, err := item.Open(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name, err)
	}
	r.trees[platform] = tree
	return tree, nil
}

// image is the root as a program's image; nil when it cannot be read, which fitsRoot tells.
func (r *fitRoot) image(ctx context.Context, platform string) *verify.Image {
	tree, err := r.tree(ctx, platform)
	if err != nil {
		return nil
	}
	return lookedInto(r.name, tree)
}

// fitsRoot checks that a file fits --root: where it stands, when it lies below that directory, else put at its top.
func (c *checker) fitsRoot(ctx context.Context, o opened, want verify.Want) ([]verify.Finding, error) {
	platform := want.Platform()
	tree, err := c.root.tree(ctx, platform)
	if err != nil {
		return nil, err
	}
	img := c.imageOf(tree)
	if _, done := c.root.machine[platform]; !done {
		c.root.machine[platform] = img.Machine(want)
	}
	program := verify.Program{Path: "/" + filepath.Base(o.place), File: o.in, Size: o.size, Mode: o.mode}
	if place, inside := c.root.place(o); inside {
		program = verify.Program{Path: place}
	}
	findings, err := img.Fits(program)
	return slices.Concat(c.root.machine[platform], findings), err
}

// place is where a file of this machine stands in a root that is a directory.
func (r *fitRoot) place(o opened) (string, bool) {
	if r.source.Kind != rootfs.Directory || !filepath.IsAbs(o.place) {
		return "", false
	}
	dir, err := filepath.EvalSymlinks(r.name)
	file, err2 := filepath.EvalSymlinks(o.place)
	if errors.Join(err, err2) != nil {
		return "", false
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return "", false
	}
	rel, err := filepath.Rel(dir, file)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return "/" + filepath.ToSlash(rel), true
}
