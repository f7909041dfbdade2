// Package site is the pages that the server shows.
package site

import (
	"embed"
	"fmt"
	"net/http"
	"path"
	"time"
)

//go:embed static
var static embed.FS

// Handler serves the embedded files, /version, /healthz, and the time of a zone at /time?zone=Europe/Berlin.
func Handler(version string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, static, path.Join("static", path.Clean(r.URL.Path)))
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, version) })
	mux.HandleFunc("GET /time", showTime)
	return mux
}

func showTime(w http.ResponseWriter, r *http.Request) {
	zone, err := time.LoadLocation(r.FormValue("zone"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, time.Now().In(zone).Format(time.RFC3339))
}
