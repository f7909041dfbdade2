package step

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/verify/report"
)

// gather puts what was made for each platform, the lock and the checksums of all into one folder.
func gather(_ context.Context, job plan.GatherJob) error {
	when, err := releaseTime(job.Time)
	if err != nil {
		return err
	}
	sums, err := gathered(job, plan.PathIn, plan.PathOut)
	if err != nil {
		return err
	}
	if job.GoVersion {
		if job.Lock.Go.Version, err = goVersion(plan.PathGoRoot); err != nil {
			return err
		}
	}
	lock, err := job.Lock.JSON()
	if err != nil {
		return err
	}
	page, err := releasePage(plan.PathOut)
	if err != nil {
		return err
	}
	sums = append(sums, sum{plan.ReleaseLock, sha256.Sum256(lock)}, sum{plan.ReleasePage, sha256.Sum256(page)})
	err = errors.Join(
		os.WriteFile(filepath.Join(plan.PathOut, plan.ReleaseLock), lock, 0o644),
		os.WriteFile(filepath.Join(plan.PathOut, plan.ReleasePage), page, 0o644),
		os.WriteFile(filepath.Join(plan.PathOut, job.Checksums), checksums(sums), 0o644))
	if err != nil {
		return err
	}
	return sameTime(plan.PathOut, when)
}

// releasePage is a page for people over the reports in a folder.
func releasePage(dir string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*"+plan.ReportEnding))
	if err != nil {
		return nil, err
	}
	var all []report.Report
	for _, name := range names {
		one, err := readReports(name)
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	html, err := report.LookupFormat("html")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = html.Write(&b, all)
	return b.Bytes(), err
}

// sum is a file's checksum.
type sum struct {
	name string
	sha  [sha256.Size]byte
}

// gathered copies the files of every platform.
func gathered(job plan.GatherJob, in, out string) ([]sum, error) {
	var sums []sum
	for i := range job.Count {
		dir := filepath.Join(in, strconv.Itoa(i))
		files, err := regularFiles(dir)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			sha, err := copySum(f.file, filepath.Join(out, f.name))
			if err != nil {
				return nil, err
			}
			sums = append(sums, sum{f.name, sha})
		}
	}
	return sums, nil
}

// copySum copies a file to a new one and gives its checksum.
func copySum(from, to string) (sha [sha256.Size]byte, err error) {
	in, err := os.Open(from)
	if err != nil {
		return sha, err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return sha, err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	copy(sha[:], h.Sum(nil))
	return sha, errors.Join(err, out.Close())
}

// checksums is a file that sha256sum --check reads, sorted by name.
func checksums(sums []sum) []byte {
	slices.SortFunc(sums, func(a, b sum) int { return strings.Compare(a.name, b.name) })
	var b bytes.Buffer
	for _, s := range sums {
		fmt.Fprintf(&b, "%x  %s\n", s.sha, s.name)
	}
	return b.Bytes()
}

// goVersion reads which Go a distribution is, from the first line of its file VERSION: "go1.26.8".
func goVersion(root string) (string, error) {
	data, err := os.ReadFile(filepath.Join(root, "VERSION"))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	version, ok := strings.CutPrefix(strings.TrimSpace(line), "go")
	if !ok {
		return "", fmt.Errorf("VERSION of the Go distribution: found %q, want go and a version", line)
	}
	return version, nil
}

// sameTime gives every file of a folder one time and the mode 0644, which the local exporter hands on.
func sameTime(dir string, when time.Time) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		name := filepath.Join(dir, e.Name())
		if err := errors.Join(os.Chmod(name, 0o644), os.Chtimes(name, when, when)); err != nil {
			return err
		}
	}
	return nil
}
