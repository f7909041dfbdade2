package parallel

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMapKeepsTheOrder(t *testing.T) {
	var now, most atomic.Int32
	got, err := Map(t.Context(), 2, []int{3, 1, 2}, func(_ context.Context, n int) (int, error) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		return n * n, nil
	})
	require.NoError(t, err)
	require.Equal(t, []int{9, 1, 4}, got)
	require.LessOrEqual(t, most.Load(), int32(2))
}

func TestMapEndsTheOthers(t *testing.T) {
	broken := errors.New("broken")
	_, err := Map(t.Context(), 0, []bool{true, false}, func(ctx context.Context, fails bool) (struct{}, error) {
		if fails {
			return struct{}{}, broken
		}
		<-ctx.Done()
		return struct{}{}, ctx.Err()
	})
	require.ErrorIs(t, err, broken)
}

func TestMapSurvivesAPanic(t *testing.T) {
	_, err := Map(t.Context(), 0, []int{0}, func(_ context.Context, n int) (int, error) { return 1 / n, nil })
	require.ErrorContains(t, err, "crossgo has a bug: runtime error: integer divide by zero")
}
