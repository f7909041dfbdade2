package frontend

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/crossgo/crossgo/internal/parallel"
	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/frontend/dockerui"
)

// pin resolves the packages that the plans ask for. Plans without any fetch nothing.
func (r *request) pin(ctx context.Context, plans []*plan.Plan) error {
	bySuite := plan.RequestsBySuite(plans)
	lock := &sysroot.Lock{}
	locks, err := parallel.Map(ctx, 0, bySuite, r.resolve)
	if err != nil {
		return err
	}
	archives := map[string][]plan.ReadArchive{}
	for i, l := range locks {
		lock.Sets = append(lock.Sets, l.lock.Sets...)
		r.read = append(r.read, l.made)
		archives[bySuite[i].Suite] = l.archives
	}
	var errs []error
	for _, p := range plans {
		errs = append(errs, p.Pin(lock))
		p.NameArchives(archives)
	}
	return errors.Join(errs...)
}

// resolved is a suite's lock, the state that it was read from, and the signed indexes that it goes back to.
type resolved struct {
	lock     sysroot.Lock
	made     llb.State
	archives []plan.ReadArchive
}

// resolve pins the requests of one suite. A mirror that is out of step with itself is passed over, as long as there
// is another.
func (r *request) resolve(ctx context.Context, s plan.SuiteRequests) (resolved, error) {
	for {
		done, err := r.resolveNow(ctx, s)
		var lost *lostFile
		if !errors.As(err, &lost) || lost.outOf == "" || !r.mirrors.reject(lost) {
			return done, err
		}
	}
}

// resolveNow takes signed index, package indexes by digest, then the choice of files.
func (r *request) resolveNow(ctx context.Context, s plan.SuiteRequests) (done resolved, err error) {
	archives, err := r.archives(ctx, s)
	if err != nil {
		return done, err
	}
	job := plan.ResolveJob{Suite: s.Suite, Requests: s.Requests}
	var indexes []gollb.Index
	for _, a := range archives {
		indexes, done.archives = append(indexes, a.indexes...), append(done.archives, a.read)
	}
	for _, i := range indexes {
		job.Indexes = append(job.Indexes, i.Job)
	}
	done.made = gollb.Resolve(r.inputs, indexes, job)
	err = r.readJSON(ctx, done.made, plan.LockFile, &done.lock)
	return done, err
}

// readArchive is what one archive has for a suite's requests.
type readArchive struct {
	read    plan.ReadArchive
	indexes []gollb.Index
}

// archives are those that a suite's requests are looked up in.
func (r *request) archives(ctx context.Context, s plan.SuiteRequests) ([]readArchive, error) {
	list, err := r.inputs.Args.Archives(s.Suite)
	if err != nil {
		return nil, err
	}
	return parallel.Map(ctx, 0, list, func(ctx context.Context, a plan.Archive) (readArchive, error) {
		return r.archive(ctx, a, s.Archs())
	})
}

// archive reads an archive from the first of its mirrors that has it whole.
func (r *request) archive(ctx context.Context, a plan.Archive, archs []string) (readArchive, error) {
	var errs []error
	for _, mirror := range r.mirrors.archives[a.ID] {
		err := r.mirrors.refused(mirror, a.Suite)
		if err == nil {
			var found readArchive
			if found, err = r.archiveAt(ctx, mirror, a, archs); err == nil {
				r.warnPassedOver(ctx, errs, mirror)
				return found, nil
			}
		}
		if ctx.Err() != nil {
			return readArchive{}, err
		}
		errs = append(errs, err)
	}
	return readArchive{}, unreadable(errs)
}

// warnPassedOver warns of mirrors that had an archive not, or not as it should be.
func (r *request) warnPassedOver(ctx context.Context, errs []error, mirror string) {
	for _, err := range errs {
		text, _, _ := strings.Cut(err.Error(), "\nhint: ")
		r.warnOnce(ctx, text+"; asked "+mirror+" instead")
	}
}

// archiveAt reads an archive from one of its mirrors.
func (r *request) archiveAt(ctx context.Context, mirror string, a plan.Archive, archs []string) (readArchive, error) {
	var found readArchive
	at := mirror + "/dists/" + a.Suite + "/InRelease"
	release, err := r.release(ctx, mirror, a)
	if err != nil {
		return found, named(at, err)
	}
	if found.read, err = r.judge(ctx, a, release); err != nil {
		return found, named(at, err)
	}
	of := "the InRelease of " + a.Suite + " of " + day(release.Date)
	r.mirrors.noteRelease(a.ID, mirror, a.Suite+" of "+day(release.Date))
	for _, arch := range archs {
		file, err := release.Index("main", arch)
		if errors.Is(err, sysroot.ErrNoArchitecture) && a.Optional {
			found.read.Without = append(found.read.Without, arch)
			continue
		}
		if err != nil {
			return found, named(at, err)
		}
		job := plan.ResolveIndex{File: a.ID + "-" + arch + ending(file.Path), Arch: arch, Archive: a.ID}
		i := gollb.Index{Address: mirror, Suite: a.Suite, File: file, Job: job}
		r.mirrors.noteIndex(i.ByHash(), index{plain: i.Plain(), of: of})
		found.indexes = append(found.indexes, i)
	}
	r.warnWithout(ctx, found.read)
	return found, nil
}

// named puts a file's address before an error that does not begin with it.
func named(address string, err error) error {
	if strings.HasPrefix(err.Error(), address) {
		return err
	}
	return fmt.Errorf("%s: %w", address, err)
}

func (r *request) warnWithout(ctx context.Context, a plan.ReadArchive) {
	if len(a.Without) > 0 {
		r.warnOnce(ctx, fmt.Sprintf("%s has no packages for %s: C packages for it come without Debian's security updates",
			a.Suite, strings.Join(a.Without, ", ")))
	}
}

// release fetches an archive's signed index and checks who signed it.
func (r *request) release(ctx context.Context, mirror string, a plan.Archive) (*sysroot.Release, error) {
	st := gollb.SignedIndex(r.inputs, mirror, a.Suite)
	ref, err := r.solve(ctx, st)
	if err != nil {
		return nil, err
	}
	data, err := dockerui.ReadFile(ctx, ref, "InRelease")
	if err != nil {
		return nil, err
	}
	f := &fault{address: mirror + "/dists/" + a.Suite + "/InRelease", file: fileSigned}
	if f.look(data[:min(len(data), pageHead)]) {
		r.mirrors.giveUp(mirror, f)
		return nil, f
	}
	release, err := r.keys.parse(ctx, data)
	if err != nil {
		return nil, err
	}
	return release, release.Check(a.Suite)
}

// judge says of a signed index what is to be said of it later, and whether it is still valid.
func (r *request) judge(ctx context.Context, a plan.Archive, release *sysroot.Release) (plan.ReadArchive, error) {
	read := plan.ReadArchive{Archive: a.ID, Suite: a.Suite, Date: release.Date.UTC().Format(time.RFC3339)}
	if !release.Debian {
		read.SignedBy = release.SignedBy
	}
	now := r.config.now()
	if release.ValidUntil.IsZero() || now.Before(release.ValidUntil) {
		return read, nil
	}
	err := fmt.Errorf("this signed index, of %s, was valid until %s, and the clock of the machine that crossgo runs on "+
		"says %s", day(release.Date), day(release.ValidUntil), day(now))
	if !r.inputs.Args.ExpiredIndexes {
		return read, fmt.Errorf("%w: the mirror has not been brought up to date since, or somebody serves an old copy; "+
			"for a snapshot that is frozen on purpose allow it with --build-arg %s=no", err, plan.ArgCheckValid)
	}
	read.Expired = release.ValidUntil.UTC().Format(time.RFC3339)
	r.warnOnce(ctx, fmt.Sprintf("%s: %v; allowed by %s", a.Suite, err, plan.ArgCheckValid))
	return read, nil
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// unreadable says whose setting it is.
func unreadable(errs []error) error {
	return fmt.Errorf("the Debian mirror cannot be read (--build-arg %s=… and %s=… name others, several with commas between "+
		"them): %w", plan.ArgMirror, plan.ArgSecurity, oneOrList(errs))
}

// oneOrList is several errors as lines of one.
func oneOrList(errs []error) error {
	if len(errs) == 1 {
		return errs[0]
	}
	var b strings.Builder
	for _, err := range errs {
		text, _, _ := strings.Cut(err.Error(), "\nhint: ")
		fmt.Fprintf(&b, "\n  %s", strings.ReplaceAll(text, "\n", "\n  "))
	}
	return errors.New(b.String())
}

func ending(path string) string {
	for i := len(path) - 1; i >= 0 && path[i] != '/'; i-- {
		if path[i] == '.' {
			return path[i:]
		}
	}
	return ""
}
