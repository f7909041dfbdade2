package env

import (
	"testing"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/stretchr/testify/require"
)

// S3 starts an object store that speaks Amazon's protocol and keeps its one bucket in memory, and returns what BuildKit's caches of
// type s3 need to find it. It lives as long as the test.
func (e *Env) S3(t testing.TB) string {
	t.Helper()
	const bucket = "cache"
	store := s3mem.New()
	require.NoError(t, store.CreateBucket(bucket))
	host, stop, err := serve(gofakes3.New(store).Server())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, stop()) })
	return "type=s3,bucket=" + bucket + ",region=eu-north-1,endpoint_url=http://" + host + ",use_path_style=true,access_key_id=me,secret_access_key=mine"
}
