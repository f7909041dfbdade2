package engine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"

	"github.com/containerd/containerd/v2/core/diff/apply"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/containerd/v2/plugins/diff/walking"
	"github.com/containerd/containerd/v2/plugins/snapshots/native"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay"
	"github.com/containerd/containerd/v2/plugins/snapshots/overlay/overlayutils"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/executor"
	"github.com/moby/buildkit/executor/oci"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/executor/runcexecutor"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/archutil"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/util/winlayers"
	"github.com/moby/buildkit/version"
	"github.com/moby/buildkit/worker/base"
	"github.com/moby/buildkit/worker/label"
	bolt "go.etcd.io/bbolt"
	"golang.org/x/sync/semaphore"
)

// containerdNamespace keeps BuildKit's own name, which its garbage collector expects.
const containerdNamespace = "buildkit"

// stepsPerCPU is how many steps may run at once for each CPU. A step waits for disk or network about half its time.
const stepsPerCPU = 2

// newWorker makes the one worker: containers through the OCI runtime, with the host's network unless a step has none.
func newWorker(ctx context.Context, config childConfig, hosts docker.RegistryHosts) (*base.Worker, error) {
	name := snapshotterName(config.State)
	root := filepath.Join(config.State, name)
	if err := os.MkdirAll(root, 0o711); err != nil {
		return nil, err
	}
	monitor, err := resources.NewMonitor()
	if err != nil {
		return nil, err
	}
	providers := networks()
	exec, err := newExecutor(config, root, monitor, providers)
	if err != nil {
		return nil, err
	}
	opt, err := newStores(ctx, root, name)
	if err != nil {
		return nil, err
	}
	if opt.ID, err = base.ID(root); err != nil {
		return nil, err
	}
	opt.Root = root
	opt.Labels = workerLabels(name)
	opt.Platforms = archutil.SupportedPlatforms(true)
	opt.GCPolicy = gcPolicy(config.State)
	opt.BuildkitVersion = client.BuildkitVersion{Package: version.Package, Version: version.Version, Revision: version.Revision}
	opt.NetworkProviders = providers
	opt.Executor = exec
	opt.RegistryHosts = hosts
	opt.ParallelismSem = semaphore.NewWeighted(int64(stepsPerCPU * runtime.NumCPU()))
	opt.MountPoolRoot = filepath.Join(root, "cachemounts")
	opt.ResourceMonitor = monitor
	return base.NewWorker(ctx, opt)
}

// networks gives a step the host's network, or with NetMode_NONE an empty network namespace.
func networks() map[pb.NetMode]network.Provider {
	host := network.NewHostProvider()
	return map[pb.NetMode]network.Provider{
		pb.NetMode_UNSET: host,
		pb.NetMode_HOST:  host,
		pb.NetMode_NONE:  network.NewNoneProvider(),
	}
}

func newExecutor(config childConfig, root string, monitor *resources.Monitor, providers map[pb.NetMode]network.Provider) (executor.Executor, error) {
	return runcexecutor.New(runcexecutor.Opt{
		Root:                filepath.Join(root, "executor"),
		CommandCandidates:   []string{config.Runtime},
		ProcessMode:         oci.ProcessSandbox,
		DefaultCgroupParent: cgroupParent(config.State),
		ResourceMonitor:     monitor,
	}, providers)
}

// snapshotterName picks overlayfs where the state folder's file system can carry it, else plain copies.
func snapshotterName(state string) string {
	if err := overlayutils.Supported(state); err == nil {
		return "overlayfs"
	}
	return "native"
}

func newSnapshotter(root, name string) (snapshots.Snapshotter, error) {
	if name == "overlayfs" {
		return overlay.NewSnapshotter(root, overlay.AsynchronousRemove)
	}
	return native.NewSnapshotter(root)
}

// newStores opens the content store, the snapshotter and the two databases that tie them together.
func newStores(ctx context.Context, root, name string) (base.WorkerOpt, error) {
	var opt base.WorkerOpt
	sn, err1 := newSnapshotter(filepath.Join(root, "snapshots"), name)
	blobs, err2 := local.NewStore(filepath.Join(root, "content"))
	db, err3 := bolt.Open(filepath.Join(root, "containerdmeta.db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType})
	md, err4 := metadata.NewStore(filepath.Join(root, "metadata_v2.db"))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return opt, err
	}
	mdb := ctdmetadata.NewDB(db, blobs, map[string]snapshots.Snapshotter{name: sn})
	if err := mdb.Init(ctx); err != nil {
		return opt, err
	}
	content := containerdsnapshot.NewContentStore(mdb.ContentStore(), containerdNamespace)
	opt.MetadataStore = md
	opt.Snapshotter = containerdsnapshot.NewSnapshotter(name, mdb.Snapshotter(name), containerdNamespace, nil)
	opt.ContentStore = content
	opt.Applier = winlayers.NewFileSystemApplierWithWindows(content, apply.NewFileSystemApplier(content))
	opt.Differ = winlayers.NewWalkingDiffWithWindows(content, walking.NewWalkingDiff(content))
	opt.LeaseManager = leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(mdb), containerdNamespace)
	opt.GarbageCollect = mdb.GarbageCollect
	return opt, nil
}

func workerLabels(snapshotter string) map[string]string {
	return map[string]string{
		label.Executor:       "oci",
		label.Snapshotter:    snapshotter,
		label.Network:        "host",
		label.OCIProcessMode: oci.ProcessSandbox.String(),
	}
}
