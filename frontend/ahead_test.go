package frontend

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/stretchr/testify/require"
)

// begun starts work ahead, does what happens meanwhile, and says whether the work began and whether it was ended early.
func begun(t *testing.T, lasts time.Duration, meanwhile func(early)) (began, ended bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		e := ahead(t.Context(), func(ctx context.Context) error {
			began = true
			select {
			case <-time.After(lasts):
			case <-ctx.Done():
				ended = true
			}
			return nil
		})
		meanwhile(e)
		e.stop()
	})
	return began, ended
}

func TestAheadBeginsWhenTheAnswerTakesLong(t *testing.T) {
	began, ended := begun(t, time.Second, func(e early) {
		time.Sleep(2 * patience)
		e.answered() // what has begun goes on
		time.Sleep(2 * time.Second)
	})
	require.True(t, began)
	require.False(t, ended)
}

func TestAheadIsNeedlessWhenTheAnswerIsThere(t *testing.T) {
	began, _ := begun(t, 0, func(e early) {
		e.answered()
		time.Sleep(2 * patience)
	})
	require.False(t, began)
}

func TestAheadEndsWithTheRequest(t *testing.T) {
	began, ended := begun(t, time.Hour, func(early) { time.Sleep(2 * patience) })
	require.True(t, began)
	require.True(t, ended)
	began, _ = begun(t, time.Hour, func(early) {})
	require.False(t, began)
}

func TestAheadSurvivesAPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := ahead(t.Context(), func(context.Context) error { panic("x") })
		time.Sleep(2 * patience)
		e.stop()
	})
}

// TestNothingIsAheadOfARemoteCache: it would be pulled.
func TestNothingIsAheadOfARemoteCache(t *testing.T) {
	for _, c := range []struct {
		imports []gwclient.CacheOptionsEntry
		want    bool
	}{{nil, true}, {[]gwclient.CacheOptionsEntry{{Type: "registry"}}, false}} {
		began := false
		r := &request{ui: &dockerui.Client{}}
		r.ui.CacheImports = c.imports
		synctest.Test(t, func(t *testing.T) {
			e := r.ahead(t.Context(), func(context.Context) error {
				began = true
				return nil
			})
			time.Sleep(2 * patience)
			e.answered()
			e.stop()
		})
		require.Equal(t, c.want, began)
	}
}
