package parallel

import "context"

// Limit lets at most so many go on at once, of what several lists ask for.
type Limit chan struct{}

// NewLimit is a Limit of n, at least 1.
func NewLimit(n int) Limit { return make(Limit, max(n, 1)) }

// Do calls do as soon as there is room. The error is do's, or why the context ended before.
func (l Limit) Do(ctx context.Context, do func() error) error {
	select {
	case l <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	defer func() { <-l }()
	return do()
}
