package sysroot

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
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

const (
	certsDir   = "usr/share/ca-certificates/"
	certBundle = "etc/ssl/certs/ca-certificates.crt"
	zoneDir    = "usr/share/zoneinfo/"
)

// The parts of an image without a base that come from packages. They are what programs look for by these names in verify.
const (
	PartRoots = "roots" // CA certificates
	PartZones = "zones" // time zones
)

// basePackages are the packages that have a part; all are of architecture all.
var basePackages = []struct{ part, name string }{{PartRoots, "ca-certificates"}, {PartZones, "tzdata"}}

// BaseParts are all parts.
func BaseParts() []string { return []string{PartRoots, PartZones} }

// BasePackages are the packages that have the parts.
func BasePackages(parts []string) []string {
	var names []string
	for _, p := range basePackages {
		if slices.Contains(parts, p.part) {
			names = append(names, p.name)
		}
	}
	return names
}

// BaseFiles writes into dest what programs expect of the system they run on: users, name service order, /tmp (mode 1777), /root and
// /home/nonroot (mode 0700, owned by NonRoot when the process may change owners), and of the parts those asked for.
// debs are the files of the parts' packages, and maybe of more; a part that they do not have is an error.
func BaseFiles(dest string, debs, parts []string) error {
	t, err := newBaseTree(dest)
	if err != nil {
		return err
	}
	defer t.root.Close()
	certs, zones, err := t.readBase(debs, parts)
	if err != nil {
		return err
	}
	if err := allFound(parts, map[string]int{PartRoots: len(certs), PartZones: zones}, len(debs)); err != nil {
		return err
	}
	if len(certs) > 0 {
		if err := t.writeString(certBundle, bundle(certs), 0o644); err != nil {
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

// allFound says which parts the packages do not have.
func allFound(parts []string, found map[string]int, packages int) error {
	var missing []string
	for _, p := range parts {
		if found[p] == 0 {
			missing = append(missing, p)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return fmt.Errorf("base files: %d packages have no %s: want the packages %s", packages, strings.Join(missing, " and no "), strings.Join(BasePackages(parts), ", "))
}

func newBaseTree(dest string) (*tree, error) {
	root, err := openNew(dest)
	if err != nil {
		return nil, err
	}
	return &tree{root: root, owner: map[string]int{}}, nil
}

// certificate is one CA certificate of the package, by its path there.
type certificate struct {
	name string
	pem  []byte
}

// readBase writes the time zones and collects the certificates, as far as they are asked for.
func (t *tree) readBase(debs, parts []string) (certs []certificate, zones int, err error) {
	roots, withZones := slices.Contains(parts, PartRoots), slices.Contains(parts, PartZones)
	t.links = make([][]member, len(debs))
	for i, deb := range debs {
		err := readDeb(deb, func(h *tar.Header, r io.Reader) error {
			switch {
			case roots && h.Typeflag == tar.TypeReg && strings.HasPrefix(h.Name, certsDir) && strings.HasSuffix(h.Name, ".crt"):
				data, err := io.ReadAll(r)
				certs = append(certs, certificate{h.Name, data})
				return err
			case withZones && isZone(h.Name) && h.Typeflag != tar.TypeDir:
				zones++
				return t.member(i, layout{kind: KindBase}, h, r)
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	for i := range debs {
		for _, m := range t.links[i] {
			if err := t.makeLink(m); err != nil {
				return nil, 0, err
			}
		}
	}
	return certs, zones, checkCerts(certs)
}

// isZone leaves out the doubles of every zone with and without leap seconds, and the link to the machine's own zone,
// which an image has none of: programs then use UTC.
func isZone(name string) bool {
	rest, ok := strings.CutPrefix(name, zoneDir)
	return ok && !below("posix", rest) && !below("right", rest) && rest != "localtime"
}

func checkCerts(certs []certificate) error {
	for _, c := range certs {
		if block, _ := pem.Decode(c.pem); block == nil || block.Type != "CERTIFICATE" {
			return fmt.Errorf("%s: not a PEM certificate", c.name)
		}
	}
	return nil
}

// bundle concatenates the certificates sorted by path, each ending in a line break: what Debian's update-ca-certificates
// writes when every certificate of the package is enabled, its default.
func bundle(certs []certificate) string {
	slices.SortFunc(certs, func(a, b certificate) int { return strings.Compare(a.name, b.name) })
	var out bytes.Buffer
	for _, c := range certs {
		out.Write(bytes.TrimRight(c.pem, "\n"))
		out.WriteByte('\n')
	}
	return out.String()
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
