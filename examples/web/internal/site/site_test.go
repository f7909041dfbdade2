package site

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler(t *testing.T) {
	for _, c := range []struct {
		path string
		code int
		has  string
	}{
		{"/", http.StatusOK, "<h1>It works</h1>"},
		{"/healthz", http.StatusOK, "ok"},
		{"/version", http.StatusOK, "1.2.3"},
		{"/time?zone=UTC", http.StatusOK, "Z"},
		{"/time?zone=Nowhere", http.StatusBadRequest, "unknown time zone Nowhere"},
		{"/missing", http.StatusNotFound, "404"},
	} {
		t.Run(c.path, func(t *testing.T) {
			w := httptest.NewRecorder()
			Handler("1.2.3").ServeHTTP(w, httptest.NewRequest(http.MethodGet, c.path, nil))
			if w.Code != c.code || !strings.Contains(w.Body.String(), c.has) {
				t.Errorf("found %d %q, want %d and %q", w.Code, w.Body.String(), c.code, c.has)
			}
		})
	}
}
