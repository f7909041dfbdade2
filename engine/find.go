package engine

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/moby/buildkit/client"

	// The address schemes that BUILDKIT_HOST and buildx's remote driver allow beside unix and tcp.
	_ "github.com/moby/buildkit/client/connhelper/dockercontainer"
	_ "github.com/moby/buildkit/client/connhelper/kubepod"
	_ "github.com/moby/buildkit/client/connhelper/nerdctlcontainer"
	_ "github.com/moby/buildkit/client/connhelper/podmancontainer"
	_ "github.com/moby/buildkit/client/connhelper/ssh"
)

// How long a builder may take to answer the first call. One that was named may be starting up somewhere far away;
// one that was only found must not hold up a build that can do without.
const (
	namedTimeout = 20 * time.Second
	foundTimeout = 5 * time.Second
)

// findBuilder returns the builder that was named or is buildx's current one; nil, nil when there is none.
func findBuilder(ctx context.Context, opt Options) (*Engine, error) {
	if opt.Builder != "" {
		return openNamed(ctx, opt.Builder)
	}
	if host := os.Getenv("BUILDKIT_HOST"); host != "" {
		return dial(ctx, target{name: "BUILDKIT_HOST " + host, address: host}, namedTimeout)
	}
	store := openStore()
	if name := os.Getenv("BUILDX_BUILDER"); name != "" {
		return openFromStore(ctx, store, name)
	}
	return openCurrent(ctx, store, opt)
}

// openNamed opens what the user gave as --builder: an address when it has a scheme, else a name in buildx's store.
func openNamed(ctx context.Context, builder string) (*Engine, error) {
	if strings.Contains(builder, "://") {
		return dial(ctx, target{name: "builder " + builder, address: builder}, namedTimeout)
	}
	return openFromStore(ctx, openStore(), builder)
}

func openFromStore(ctx context.Context, store buildxStore, name string) (*Engine, error) {
	group, err := store.group(name)
	if err != nil {
		return nil, err
	}
	t, err := group.target()
	if err != nil {
		return nil, err
	}
	return dial(ctx, t, namedTimeout)
}

// openCurrent opens buildx's current builder. Nobody asked for it by name, so one that does not answer is only a note.
func openCurrent(ctx context.Context, store buildxStore, opt Options) (*Engine, error) {
	group, err := store.current()
	if group == nil && err == nil {
		return nil, nil
	}
	var t target
	if err == nil {
		t, err = group.target()
	}
	if err == nil {
		var e *Engine
		if e, err = dial(ctx, t, foundTimeout); err == nil {
			return e, nil
		}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	fmt.Fprintf(opt.Stderr, "note: %v; using the embedded BuildKit\n", err)
	return nil, nil
}

// target is where a builder listens.
type target struct {
	name    string // for messages
	address string // as BuildKit's client takes it: unix://, tcp://, docker-container://, …
	options []client.ClientOpt
}

// dial connects and waits for the first answer, since connecting alone shows nothing.
func dial(ctx context.Context, t target, timeout time.Duration) (*Engine, error) {
	c, err := client.New(ctx, t.address, t.options...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	answer, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := c.ListWorkers(answer); err != nil {
		c.Close()
		return nil, fmt.Errorf("%s does not answer: %w", t.name, err)
	}
	return &Engine{client: c, name: t.name}, nil
}
