package engine

import (
	"context"
	"net"
	"path/filepath"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/containerd/containerd/v2/defaults"
	"github.com/moby/buildkit/cache/remotecache"
	"github.com/moby/buildkit/cache/remotecache/gha"
	inlinecache "github.com/moby/buildkit/cache/remotecache/inline"
	localcache "github.com/moby/buildkit/cache/remotecache/local"
	registrycache "github.com/moby/buildkit/cache/remotecache/registry"
	bkconfig "github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/frontend"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/util/apicaps"
	"github.com/moby/buildkit/util/bklog"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	_ "github.com/moby/buildkit/util/grpcutil/encoding/proto"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/worker"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc"
)

// What is remembered of past builds. crossgo never shows it, but BuildKit's solver wants the store.
const (
	historyEntries = int64(10)
	historyAge     = 24 * time.Hour
)

// server is BuildKit's control API over one worker.
type server struct {
	control *control.Controller
	grpc    *grpc.Server
	cgroups string // parent cgroup of the containers
}

// newServer puts BuildKit together. Everything it opens is closed by close.
func newServer(ctx context.Context, config childConfig) (*server, error) {
	apicaps.ExportedProduct = "buildkit"
	sessions, err := session.NewManager()
	if err != nil {
		return nil, err
	}
	// Without a table of registries the rules are docker's: plain http for the loopback addresses, https for all else.
	hosts := resolver.NewRegistryConfig(nil)
	w, err := newWorker(ctx, config, hosts)
	if err != nil {
		return nil, err
	}
	workers := &worker.Controller{}
	if err := workers.Add(w); err != nil {
		return nil, err
	}
	opt := control.Opt{
		SessionManager:            sessions,
		WorkerController:          workers,
		ResolveCacheExporterFuncs: cacheExporters(sessions, hosts),
		ResolveCacheImporterFuncs: cacheImporters(sessions, hosts, w),
		LeaseManager:              w.LeaseManager(),
		ContentStore:              w.ContentStore(),
		GarbageCollect:            w.GarbageCollect,
		GracefulStop:              ctx.Done(),
	}
	if err := openDatabases(ctx, config.State, &opt); err != nil {
		return nil, err
	}
	c, err := control.NewController(opt)
	if err != nil {
		return nil, err
	}
	return &server{control: c, grpc: newGRPC(c), cgroups: cgroupParent(config.State)}, nil
}

// openDatabases adds the parts of opt that are files in the state folder, and the frontends.
func openDatabases(ctx context.Context, state string, opt *control.Opt) error {
	gw, err := gateway.NewGatewayFrontend(opt.WorkerController.Infos(), nil)
	if err != nil {
		return err
	}
	opt.Frontends = map[string]frontend.Frontend{"gateway.v0": gw}
	if opt.CacheStore, err = bboltcachestorage.NewStore(filepath.Join(state, "cache.db")); err != nil {
		return err
	}
	opt.CacheManager = solver.NewCacheManager(ctx, "local", opt.CacheStore, worker.NewCacheResultStorage(opt.WorkerController))
	opt.HistoryDB, err = boltutil.SafeOpen(filepath.Join(state, "history.db"), 0o600, &bolt.Options{FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	entries := historyEntries
	opt.HistoryConfig = &bkconfig.HistoryConfig{MaxAge: bkconfig.Duration{Duration: historyAge}, MaxEntries: &entries}
	return nil
}

func cacheExporters(sessions *session.Manager, hosts docker.RegistryHosts) map[string]remotecache.ResolveCacheExporterFunc {
	return map[string]remotecache.ResolveCacheExporterFunc{
		"registry": registrycache.ResolveCacheExporterFunc(sessions, hosts),
		"local":    localcache.ResolveCacheExporterFunc(sessions),
		"inline":   inlinecache.ResolveCacheExporterFunc(),
		"gha":      gha.ResolveCacheExporterFunc(nil, nil),
	}
}

func cacheImporters(sessions *session.Manager, hosts docker.RegistryHosts, w worker.Worker) map[string]remotecache.ResolveCacheImporterFunc {
	return map[string]remotecache.ResolveCacheImporterFunc{
		"registry": registrycache.ResolveCacheImporterFunc(sessions, w.ContentStore(), hosts),
		"local":    localcache.ResolveCacheImporterFunc(sessions),
		"gha":      gha.ResolveCacheImporterFunc(nil, nil),
	}
}

func newGRPC(c *control.Controller) *grpc.Server {
	s := grpc.NewServer(
		grpc.ChainUnaryInterceptor(logErrors, grpcerrors.UnaryServerInterceptor),
		grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor),
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
	)
	c.Register(s)
	return s
}

func logErrors(ctx context.Context, req any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	resp, err := next(ctx, req)
	if err != nil {
		bklog.G(ctx).Errorf("%s: %v", info.FullMethod, err)
	}
	return resp, err
}

func (s *server) serve(l net.Listener) {
	go func() {
		if err := s.grpc.Serve(l); err != nil {
			bklog.L.Errorf("serve: %v", err)
		}
	}()
}

// close ends running builds, then the controller with its databases. stopBuilds cancels the context of newServer.
func (s *server) close(stopBuilds context.CancelFunc) error {
	stopBuilds()
	s.grpc.Stop()
	err := s.control.Close()
	removeCgroups(s.cgroups)
	return err
}
