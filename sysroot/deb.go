package sysroot

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// readDeb calls visit for every member of the data archive of a .deb file, in their order. Names given to visit are
// clean slash paths without a leading slash; the root directory itself is not visited.
func readDeb(file string, visit func(h *tar.Header, r io.Reader) error) error {
	return readDebPart(file, "data.tar", visit)
}

// readDebPart is readDeb for another archive of the .deb file: control.tar.
func readDebPart(file, part string, visit func(h *tar.Header, r io.Reader) error) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := debPart(f, part)
	if err == nil {
		err = eachMember(data, visit)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

const (
	arMagic      = "!<arch>\n"
	arHeaderSize = 60 // name 16, time 12, owner 6, group 6, mode 8, size 10, end mark 2
)

// debPart finds one of the archives in a .deb, in whatever compression: an ar archive whose first member is debian-binary.
func debPart(f io.Reader, part string) (io.Reader, error) {
	magic := make([]byte, len(arMagic))
	if _, err := io.ReadFull(f, magic); err != nil || string(magic) != arMagic {
		return nil, errors.New("not a Debian package: no ar archive")
	}
	for first := true; ; first = false {
		name, size, err := arMember(f)
		if err == io.EOF {
			return nil, fmt.Errorf("not a Debian package: it has no %s", part)
		}
		if err != nil {
			return nil, err
		}
		if first && name != "debian-binary" {
			return nil, fmt.Errorf("not a Debian package: its first member is %q, want debian-binary", name)
		}
		if strings.HasPrefix(name, part) {
			return Open(name, io.LimitReader(f, size))
		}
		if _, err := io.CopyN(io.Discard, f, size+size%2); err != nil {
			return nil, fmt.Errorf("%s: %w", name, io.ErrUnexpectedEOF)
		}
	}
}

func arMember(f io.Reader) (name string, size int64, err error) {
	h := make([]byte, arHeaderSize)
	if _, err := io.ReadFull(f, h); err != nil {
		return "", 0, err
	}
	size, err = strconv.ParseInt(string(bytes.TrimSpace(h[48:58])), 10, 64)
	if err != nil || size < 0 || string(h[58:]) != "`\n" {
		return "", 0, errors.New("damaged ar header")
	}
	return strings.TrimRight(string(bytes.TrimSpace(h[:16])), "/"), size, nil
}

func eachMember(data io.Reader, visit func(h *tar.Header, r io.Reader) error) error {
	for members := tar.NewReader(data); ; {
		h, err := members.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		name, err := memberName(h.Name)
		if err != nil {
			return err
		}
		if name == "." {
			continue
		}
		h.Name = name
		if err := visit(h, members); err != nil {
			return err
		}
	}
}

// memberName is the clean path of a member. A name with ".." in it has no honest use.
func memberName(raw string) (string, error) {
	if strings.ContainsRune(raw, 0) || strings.Contains("/"+raw+"/", "/../") {
		return "", fmt.Errorf("member %q leads out of the package", raw)
	}
	return strings.TrimPrefix(path.Clean("/"+raw), "/") + dotIfRoot(raw), nil
}

func dotIfRoot(raw string) string {
	if path.Clean("/"+raw) == "/" {
		return "."
	}
	return ""
}
