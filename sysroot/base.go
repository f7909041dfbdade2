package sysroot

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"
)

// NonRoot is the numeric user and group that images run as by default.
const NonRoot = 65532

// baseTexts are the files of a minimal image that no package ships as a file: Debian makes them during installation.
// nobody has Debian's number; the order of name services is what glibc should use without nsswitch modules.
var baseTexts = []struct{ name, content string }{
	{"etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\n" +
		"nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n" +
		"nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"},
	{"etc/group", "root:x:0:\nnogroup:x:65534:\nnonroot:x:65532:\n"},
	{"etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"},
}

// CertBundle is where Debian, and most others, have all CA certificates in one file.
const CertBundle = "etc/ssl/certs/ca-certificates.crt"

const zoneDir = "usr/share/zoneinfo/"

// The parts of an image without a base that not every program needs. They are what programs look for by these names in verify.
const (
	PartRoots = "roots" // CA certificates
	PartZones = "zones" // time zones
)

// BaseParts are all parts.
func BaseParts() []string { return []string{PartRoots, PartZones} }

// Base is what an image without a base stands on, beside what every one has.
type Base struct {
	Roots []byte // the bundle of CA certificates, PEM; empty: without
	Zones string // the zip archive with the time zones, as Go's distribution has it; empty: without
}

// BaseFiles writes into dest what programs expect of the system they run on: users, name service order, /tmp (mode 1777), /root and
// /home/nonroot (mode 0700, owned by NonRoot when the process may change owners), and what b has.
func BaseFiles(dest string, b Base) error {
	root, err := openNew(dest)
	if err != nil {
		return err
	}
	defer root.Close()
	t := &tree{root: root, owner: map[string]int{}}
	if b.Zones != "" {
		if err := t.zones(b.Zones); err != nil {
			return fmt.Errorf("time zones: %w", err)
		}
	}
	if len(b.Roots) > 0 {
		if err := t.writeString(CertBundle, string(b.Roots), 0o644); err != nil {
			return err
		}
	}
	for _, f := range baseTexts {
		if err := t.writeString(f.name, f.content, 0o644); err != nil {
			return err
		}
	}
	if err := t.baseDirs(); err != nil {
		return err
	}
	return setTimes(dest)
}

// zones unpacks lib/time/zoneinfo.zip of a Go distribution. Its files are the ones that C libraries read below /usr/share/zoneinfo.
func (t *tree) zones(archive string) error {
	r, err := zip.OpenReader(archive)
	if err != nil {
		return err
	}
	defer r.Close()
	found := 0
	for _, f := range r.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("%s holds %q, which is no name of a zone", path.Base(archive), f.Name)
		}
		if err := t.zone(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
		found++
	}
	if found == 0 {
		return fmt.Errorf("%s is empty", path.Base(archive))
	}
	return nil
}

func (t *tree) zone(f *zip.File) error {
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	return t.write(0, zoneDir+f.Name, 0o644, in)
}

// baseDirs makes the directories that must exist with other modes or owners than usual.
func (t *tree) baseDirs() error {
	for _, d := range []struct {
		name string
		mode fs.FileMode
		user int
	}{
		{"tmp", 0o777 | fs.ModeSticky, 0},
		{"root", 0o700, 0},
		{path.Join("home", "nonroot"), 0o700, NonRoot},
	} {
		if err := errors.Join(t.mkdir(d.name), t.root.Chmod(d.name, d.mode)); err != nil {
			return err
		}
		if err := t.root.Lchown(d.name, d.user, d.user); err != nil && !errors.Is(err, fs.ErrPermission) {
			return err
		}
	}
	return nil
}
