// Package parallel does the same for many things side by side. A panic in one of them is an error of the whole: none reaches a
// user as a stack trace.
package parallel

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
)

// Map calls do for each item, for at most limit at a time, or for all when limit is 0. The results are in the order of the list.
// The first error is returned, and ends the context of the others.
func Map[T, R any](ctx context.Context, limit int, list []T, do func(context.Context, T) (R, error)) ([]R, error) {
	results := make([]R, len(list))
	group, ctx := errgroup.WithContext(ctx)
	if limit > 0 {
		group.SetLimit(limit)
	}
	for i, item := range list {
		group.Go(func() (err error) {
			defer Recover(&err)
			results[i], err = do(ctx, item)
			return err
		})
	}
	return results, group.Wait()
}

// Recover, deferred, turns a panic into an error: a bug of ours must not look like a bug of the user's.
func Recover(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("crossgo has a bug: %v: please report it with the spec that led here", r)
	}
}
