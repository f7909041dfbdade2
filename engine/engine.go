package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/moby/buildkit/client"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
)

// StateEnv is the environment variable that moves the folder in which the embedded BuildKit keeps its state.
const StateEnv = "CROSSGO_STATE"

// Options says where to look for a builder and where the embedded one lives. The zero value is usable.
type Options struct {
	// Builder is the name of a buildx builder, or an address such as tcp://host:1234. When it is set and does not
	// answer, Open fails; it never tries another one. Empty: BUILDKIT_HOST, then buildx's current builder, then the embedded one.
	Builder string
	// Embedded skips every other builder.
	Embedded bool
	// StateDir is the folder of the embedded BuildKit. Empty: see DefaultStateDir.
	StateDir string
	// Stderr gets the few lines a user should see, such as waiting for another crossgo. Nil: they are dropped.
	Stderr io.Writer
	// Debug writes BuildKit's log to Stderr as well as to engine.log in the state folder.
	Debug bool
}

// Engine is a BuildKit that answers. Close it.
type Engine struct {
	client *client.Client
	name   string
	stop   func() error
}

// DefaultStateDir returns $CROSSGO_STATE, else crossgo/engine below the user's cache folder.
func DefaultStateDir() (string, error) {
	if dir := os.Getenv(StateEnv); dir != "" {
		return filepath.Abs(dir)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the engine's state: %w; set %s", err, StateEnv)
	}
	return filepath.Join(cache, "crossgo", "engine"), nil
}

// Open finds a builder, or starts the embedded one, and returns it once it answers.
// ctx bounds the search and the start, not the life of the engine.
func Open(ctx context.Context, opt Options) (*Engine, error) {
	if opt.Stderr == nil {
		opt.Stderr = io.Discard
	}
	if !opt.Embedded {
		e, err := findBuilder(ctx, opt)
		if e != nil || err != nil {
			return e, err
		}
	}
	return openEmbedded(ctx, opt)
}

// Client returns the connection to BuildKit. It is valid until Close.
func (e *Engine) Client() *client.Client { return e.client }

// Name says which builder this is, for messages: "buildx builder NAME", "BUILDKIT_HOST ADDRESS", "embedded BuildKit".
func (e *Engine) Name() string { return e.name }

// Platforms returns what the first worker can execute, its native platform first.
func (e *Engine) Platforms(ctx context.Context) ([]ocispecs.Platform, error) {
	workers, err := e.client.ListWorkers(ctx)
	if err != nil {
		return nil, fmt.Errorf("%s: list workers: %w", e.name, err)
	}
	if len(workers) == 0 || len(workers[0].Platforms) == 0 {
		return nil, fmt.Errorf("%s: has no worker", e.name)
	}
	return workers[0].Platforms, nil
}

// Close drops the connection and stops the embedded BuildKit, if this is one. It returns after the last process
// of it is gone. A second call does nothing.
func (e *Engine) Close() error {
	if e.client == nil {
		return nil
	}
	err := e.client.Close()
	e.client = nil
	if e.stop != nil {
		err = errors.Join(err, e.stop())
	}
	return err
}
