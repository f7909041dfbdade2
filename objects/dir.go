package objects

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Dir is a folder of objects laid out as the go command's own cache (cmd/go/internal/cache): XX/ACTION-a says which object an
// action gave, XX/OBJECT-d is the object, XX being the first two digits of the name.
type Dir string

const (
	// entryFormat is the content of an -a file: action, object, size in bytes, nanoseconds since 1970.
	entryFormat = "v1 %x %x %20d %20d\n"
	// keepFor is how long an object stays that nobody asks for, and lookEvery how often that is looked at: as the go command does.
	keepFor, lookEvery = 5 * 24 * time.Hour, 24 * time.Hour
	// usedWithin is how old the time of an object's last use may be without being written anew.
	usedWithin = time.Hour
)

func (d Dir) file(id []byte, kind string) string {
	name := hex.EncodeToString(id)
	return filepath.Join(string(d), name[:2], name+kind)
}

// Get finds the object of an action. An entry that is not whole counts as none: it is made again.
func (d Dir) Get(action []byte) (Object, bool) {
	if len(action) == 0 {
		return Object{}, false
	}
	data, err := os.ReadFile(d.file(action, "-a"))
	fields := strings.Fields(string(data))
	if err != nil || len(fields) != 5 || fields[0] != "v1" || fields[1] != hex.EncodeToString(action) {
		return Object{}, false
	}
	output, err1 := hex.DecodeString(fields[2])
	size, err2 := strconv.ParseInt(fields[3], 10, 64)
	nanoseconds, err3 := strconv.ParseInt(fields[4], 10, 64)
	if errors.Join(err1, err2, err3) != nil || len(output) == 0 {
		return Object{}, false
	}
	o := Object{output, size, time.Unix(0, nanoseconds), d.file(output, "-d")}
	info, err := os.Stat(o.Path)
	return o, err == nil && info.Size() == size
}

// Put keeps an object, the file before the entry that names it: who sees the entry finds the object.
func (d Dir) Put(action, output, body []byte, now time.Time) (string, error) {
	if len(action) == 0 || len(output) == 0 {
		return "", errors.New("found an object without a name")
	}
	path := d.file(output, "-d")
	if have, err := os.ReadFile(path); err != nil || !bytes.Equal(have, body) || touch(path, now) != nil {
		if err := WriteWhole(path, body); err != nil {
			return "", err
		}
	}
	entry := fmt.Sprintf(entryFormat, action, output, len(body), now.UnixNano())
	return path, WriteWhole(d.file(action, "-a"), []byte(entry))
}

// Mark notes something about an action that has no Object by that name.
func (d Dir) Mark(action []byte) error {
	return WriteWhole(d.file(action, "-n"), nil)
}

// Marked reports whether an action was marked, and that the mark is still of use.
func (d Dir) Marked(action []byte, now time.Time) bool {
	if len(action) == 0 {
		return false
	}
	_, err := os.Stat(d.file(action, "-n"))
	_ = touch(d.file(action, "-n"), now) // at worst it goes some day
	return err == nil
}

// WriteWhole makes a file appear with all its content: other builds read the folder at the same time.
func WriteWhole(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// Used notes that an object is still of use.
func (d Dir) Used(action []byte, o Object, now time.Time) {
	_ = errors.Join(touch(d.file(action, "-a"), now), touch(o.Path, now)) // at worst it is made again some day
}

// touch gives a file the time of its use, if the one that it has is old.
func touch(name string, now time.Time) error {
	info, err := os.Stat(name)
	if err != nil || now.Sub(info.ModTime()) < usedWithin {
		return err
	}
	return os.Chtimes(name, now, now)
}

// Trim removes what was not used for long, once a day. Two builds may do so at the same time.
func (d Dir) Trim(now time.Time) error {
	mark := filepath.Join(string(d), "trim.txt")
	if info, err := os.Stat(mark); err == nil && now.Sub(info.ModTime()) < lookEvery {
		return nil
	}
	err := filepath.WalkDir(string(d), func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return unlessGone(err)
		}
		info, err := entry.Info() // of now: it may have been used since the folder was read
		if err != nil || now.Sub(info.ModTime()) < keepFor {
			return unlessGone(err)
		}
		return unlessGone(os.Remove(name))
	})
	return errors.Join(err, WriteWhole(mark, []byte(strconv.FormatInt(now.Unix(), 10))))
}

func unlessGone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Salted is another name for an action, which hangs on more than the go command's.
func Salted(action, salt []byte) []byte {
	sum := sha256.Sum256(append(append([]byte{}, action...), salt...))
	return sum[:]
}
