package step

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/internal/parallel"
	"github.com/crossgo/crossgo/plan"
)

// fetchGo brings the Go distribution to PathOut/go: from the module proxy, checked against the checksum database.
func fetchGo(ctx context.Context, job plan.GoJob) error {
	client, err := httpClient()
	if err != nil {
		return err
	}
	from, err := plan.ModuleProxies(job.Proxy.GOPROXY)
	if err != nil {
		return err
	}
	f := goFetch{client: client, from: from, job: job}
	release, err := f.release(ctx)
	if err != nil {
		return fmt.Errorf("Go %s: %w", job.Version, err)
	}
	if err := f.bring(ctx, f.moduleVersion(release)); err != nil {
		return fmt.Errorf("Go %s: %w", job.Version, err)
	}
	remember(f.moduleVersion(release))
	return nil
}

// remember notes a release that was fetched, for builds that cannot ask the module proxy. Without the note such a build fails or takes
// an older patch, and says so: no reason to fail here.
func remember(moduleVersion string) {
	if err := os.WriteFile(filepath.Join(plan.PathGoKnown, moduleVersion), nil, 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "note: the release is not noted:", err)
	}
}

// goReleases asks the module proxy which releases of Go there are, or else says which this builder has fetched before.
func goReleases(ctx context.Context, job plan.GoReleasesJob) error {
	said, err := releasesOf(ctx, job, plan.PathGoKnown)
	if err != nil {
		return err
	}
	return writeJSON(filepath.Join(plan.PathOut, plan.ReleasesFile), said)
}

func releasesOf(ctx context.Context, job plan.GoReleasesJob, known string) (said plan.GoReleasesSaid, err error) {
	client, err := httpClient()
	if err != nil {
		return said, err
	}
	from, err := plan.ModuleProxies(job.Proxy.GOPROXY)
	if err != nil {
		return said, err
	}
	said.Releases, err = goFetch{client: client, from: from, job: plan.GoJob{Build: job.Build}}.list(ctx)
	if err == nil {
		return said, nil
	}
	said.Problem = plan.Redacted(err.Error())
	entries, err := os.ReadDir(known)
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	said.Releases = plan.GoReleases(strings.Join(names, "\n"), job.Build)
	return said, err
}

type goFetch struct {
	client *http.Client
	from   []plan.ModuleProxy
	job    plan.GoJob
}

// moduleVersion is the toolchain module's version of a release: "v0.0.1-go1.26.8.linux-amd64".
func (f goFetch) moduleVersion(release string) string {
	return plan.ToolchainVersion(release, f.job.Build)
}

// release is the wanted version itself, or for a language version ("1.26") its newest patch that the proxy lists.
func (f goFetch) release(ctx context.Context) (string, error) {
	want := f.job.Version
	if version.Lang("go"+want) != "go"+want {
		return want, nil
	}
	list, err := f.list(ctx)
	if err != nil {
		return "", err
	}
	newest := plan.NewestGo(list, want)
	if newest == "" {
		return "", fmt.Errorf("the module proxy lists no release of it%s", newestOf(list))
	}
	return newest, nil
}

// list is every release the proxy has for this machine, oldest first.
func (f goFetch) list(ctx context.Context) ([]string, error) {
	buf := bounded{most: mostList}
	if _, err := fromProxies(ctx, f.client, f.from, plan.ToolchainList, func() (io.Writer, error) { buf.kept.Reset(); return &buf, nil }); err != nil {
		return nil, err
	}
	return plan.GoReleases(buf.kept.String(), f.job.Build), nil
}

func newestOf(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return ", its newest is Go " + list[len(list)-1]
}

// bring fetches and unpacks the module's zip. What is unpacked is of no use to anybody until its hash is known to be right:
// a step that fails has no output.
func (f goFetch) bring(ctx context.Context, v string) error {
	known := f.askSum(ctx, v)
	archive, err := f.download(ctx, v)
	if err != nil {
		return err
	}
	defer os.Remove(archive)
	got, err := unpackGo(ctx, archive, filepath.Join(plan.PathOut, "go"), plan.ToolchainModule+"@"+v+"/", leaverFor(f.job.Tools))
	if own := new(fs.PathError); errors.As(err, &own) {
		return err // the disk's fault
	}
	if err != nil {
		return fmt.Errorf("the module proxy sent a broken zip of %s@%s: %w", plan.ToolchainModule, v, err)
	}
	want, err := known()
	switch {
	case err != nil:
		return err
	case want == "":
		fmt.Fprintf(os.Stderr, "warning: GOSUMDB is off: the hash of %s@%s is not checked\n", plan.ToolchainModule, v)
	case got != want:
		return fmt.Errorf("the module proxy sent %s@%s with hash %s, the checksum database says %s", plan.ToolchainModule, v, got, want)
	}
	return nil
}

// askSum asks the checksum database while the zip is on its way; the answer is empty where GOSUMDB is off.
func (f goFetch) askSum(ctx context.Context, v string) (answer func() (string, error)) {
	type result struct {
		sum string
		err error
	}
	asked := make(chan result, 1)
	go func() {
		var r result
		defer func() { asked <- r }()
		defer parallel.Recover(&r.err)
		r.sum, r.err = sumFor(ctx, f.client, f.from, f.job.Proxy, plan.ToolchainModule, v)
	}()
	return func() (string, error) {
		r := <-asked
		return r.sum, r.err
	}
}

// download brings the module's zip to a temporary file.
func (f goFetch) download(ctx context.Context, v string) (string, error) {
	file, err := os.CreateTemp(plan.PathOut, "go-*.zip")
	if err != nil {
		return "", err
	}
	defer file.Close()
	restart := func() (io.Writer, error) {
		if err := file.Truncate(0); err != nil {
			return nil, err
		}
		_, err := file.Seek(0, io.SeekStart)
		return &capped{file, mostGo}, err
	}
	if _, err := fromProxies(ctx, f.client, f.from, "/"+plan.ToolchainModule+"/@v/"+v+".zip", restart); err != nil {
		return "", f.explain(ctx, err)
	}
	return file.Name(), nil
}

// explain adds to a refused download what the proxy does have.
func (f goFetch) explain(ctx context.Context, err error) error {
	var s *statusError
	if !errors.As(err, &s) {
		return fmt.Errorf("the module proxy cannot be read: %w", err)
	}
	list, listErr := f.list(ctx)
	if listErr != nil || slices.Contains(list, f.job.Version) {
		return fmt.Errorf("the module proxy does not give it: %w", err)
	}
	return fmt.Errorf("there is no such release for %s%s (%w)", f.job.Build, newestOf(list), err)
}
