package env

import (
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/registry"
)

// Registry is a container registry on the loopback address, over plain HTTP, in this process. Its blobs are on disk.
type Registry struct {
	Host string // "127.0.0.1:PORT", the first part of an image reference

	pulls *pulls
}

// startRegistry serves until Close.
func (e *Env) startRegistry() error {
	dir := filepath.Join(e.Dir, "registry")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	handler := registry.New(registry.WithBlobHandler(registry.NewDiskBlobHandler(dir)),
		registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0)))
	counted := &pulls{next: handler, bytes: map[string]int64{}}
	host, stop, err := serve(counted)
	if err != nil {
		return err
	}
	e.Registry = &Registry{Host: host, pulls: counted}
	e.closers = append(e.closers, stop)
	return nil
}

// Ref is a reference of an image on the registry: Ref("app:1") is "127.0.0.1:PORT/app:1".
func (r *Registry) Ref(name string) string { return r.Host + "/" + name }

// serve answers on a free loopback port until stop is called. host is "127.0.0.1:PORT".
func serve(handler http.Handler) (host string, stop func() error, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: handler, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	stop = func() error {
		err := server.Close()
		if served := <-done; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}
	return l.Addr().String(), stop, nil
}
