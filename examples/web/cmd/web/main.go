// Command web serves a page and a health check over HTTP.
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.com/web/internal/site"
)

// version is set by the linker.
var version = "dev"

func main() {
	listen := flag.String("listen", ":8080", "address to serve on")
	show := flag.Bool("version", false, "print the version and exit")
	flag.Parse()
	if *show {
		fmt.Println("web", version)
		return
	}
	if err := serve(*listen); err != nil {
		slog.Error("serve", "error", err)
		os.Exit(1)
	}
}

// serve answers requests until the process is asked to end, then finishes those under way.
func serve(listen string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: listen, Handler: site.Handler(version), ReadHeaderTimeout: 5 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	slog.Info("listening", "address", listen, "version", version)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
