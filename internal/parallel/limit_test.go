package parallel

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit, start := NewLimit(2), time.Now()
		_, err := Map(t.Context(), 0, make([]int, 5), func(ctx context.Context, _ int) (int, error) {
			return 0, limit.Do(ctx, func() error { time.Sleep(time.Second); return nil })
		})
		require.NoError(t, err)
		require.Equal(t, 3*time.Second, time.Since(start), "five by twos")
	})
}

func TestLimitEndsWithTheContext(t *testing.T) {
	limit, broken := NewLimit(0), errors.New("broken")
	ctx, cancel := context.WithCancelCause(t.Context())
	err := limit.Do(ctx, func() error {
		cancel(broken)
		return limit.Do(ctx, func() error { return nil })
	})
	require.ErrorIs(t, err, broken)
	require.NoError(t, limit.Do(t.Context(), func() error { return nil }), "the place is free again")
	require.ErrorIs(t, limit.Do(t.Context(), func() error { return broken }), broken)
	require.NoError(t, limit.Do(t.Context(), func() error { return nil }), "after an error too")
}
