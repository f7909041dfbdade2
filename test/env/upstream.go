package env

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	aptHelper = "/usr/lib/apt/apt-helper" // part of the apt package: fetches one file the way apt would
	tries     = 3                         // of one file
)

// upstream reads the mirrors that the machine's apt uses.
type upstream struct {
	addresses map[string]string // "/debian" → address of the machine's mirror of it
	fetchFor  time.Duration     // how long one try of a file may take
	pause     time.Duration     // before the second try, twice as long before the third
}

// machineMirrors finds the machine's mirrors.
func machineMirrors() (*upstream, error) {
	sources, err := aptSources("/etc/apt")
	if err != nil {
		return nil, err
	}
	u := &upstream{addresses: map[string]string{}, fetchFor: 5 * time.Minute, pause: time.Second}
	for _, archive := range []string{"/debian", "/debian-security"} {
		address, err := archiveAddress(sources, archive)
		if err != nil {
			return nil, err
		}
		u.addresses[archive] = address
	}
	return u, nil
}

// aptSources is the text of all source lists of apt, in both formats.
func aptSources(etc string) (string, error) {
	var text strings.Builder
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		files, err := filepath.Glob(filepath.Join(etc, pattern))
		if err != nil {
			return "", err
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				return "", err
			}
			text.Write(append(data, '\n'))
		}
	}
	return text.String(), nil
}

// archiveAddress is the first address in the source lists that ends in the archive's name, without a final slash.
func archiveAddress(sources, archive string) (string, error) {
	uri := regexp.MustCompile(`(?m)^[^#\n]*?\s(https?://\S+` + regexp.QuoteMeta(archive) + `)/?(\s|$)`)
	m := uri.FindStringSubmatch(sources)
	if m == nil {
		return "", fmt.Errorf("apt's source lists name no address that ends in %s", archive)
	}
	return m[1], nil
}

// address is where the mirror has the file of a served path.
func (u *upstream) address(name string) string {
	archive := "/" + strings.SplitN(name, "/", 3)[1]
	return u.addresses[archive] + strings.TrimPrefix(name, archive)
}

// fetch makes file the mirror's file of a served path, whole or not at all. digest is its SHA256, or nothing where
// that is not known. What the mirror says it has not is os.ErrNotExist, and is asked for once.
func (u *upstream) fetch(ctx context.Context, name, digest, file string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	part := fmt.Sprintf("%s.%d.part", file, os.Getpid())
	defer os.Remove(part)
	args := []string{"-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=30",
		"download-file", u.address(name), part}
	if digest != "" {
		args = append(args, "SHA256:"+digest)
	}
	err := u.retry(ctx, func(ctx context.Context) error { return runAptHelper(ctx, args) })
	if err != nil {
		return err
	}
	now := time.Now() // the server's own date says nothing of when we asked
	return errors.Join(os.Chtimes(part, now, now), os.Rename(part, file))
}

// retry runs one try after another until one succeeds or says that there is no such file.
func (u *upstream) retry(ctx context.Context, try func(context.Context) error) (err error) {
	for i := range tries {
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(time.Duration(i) * u.pause):
		}
		once, cancel := context.WithTimeout(ctx, u.fetchFor)
		err = try(once)
		cancel()
		if err == nil || errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return err
}

// noSuchFile is how apt repeats the answer of a server: the number between spaces, not in an address.
var noSuchFile = regexp.MustCompile(`\s404\s`)

// runAptHelper fetches; a file that the mirror has not is os.ErrNotExist.
func runAptHelper(ctx context.Context, args []string) error {
	var out bytes.Buffer
	cmd := exec.CommandContext(ctx, aptHelper, args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.WaitDelay = time.Second // the helper's own children keep its output open
	err := cmd.Run()
	if err != nil && noSuchFile.MatchString(out.String()) {
		return fmt.Errorf("%w: %s", os.ErrNotExist, out.String())
	}
	if err != nil {
		return fmt.Errorf("%s %s: %w\n%s", aptHelper, strings.Join(args, " "), err, out.String())
	}
	return nil
}

// lacks reports whether the mirror says that it has no such file. A mirror that does not answer says nothing.
func (u *upstream) lacks(ctx context.Context, name string) bool {
	err := u.retry(ctx, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodHead, u.address(name), nil)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		switch {
		case answer.StatusCode == http.StatusNotFound:
			return os.ErrNotExist
		case answer.StatusCode >= http.StatusInternalServerError:
			return errors.New(answer.Status)
		}
		return nil
	})
	return errors.Is(err, os.ErrNotExist)
}
