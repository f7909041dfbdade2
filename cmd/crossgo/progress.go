package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/crossgo/crossgo/engine"
	"github.com/crossgo/crossgo/frontend"
	"github.com/moby/buildkit/client"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/util/progress/progressui"
)

// newDisplay shows a build on w in one of BuildKit's styles.
func newDisplay(w io.Writer, mode string) (progressui.Display, error) {
	display, err := progressui.NewDisplay(w, progressui.DisplayMode(mode))
	if err != nil {
		err = fmt.Errorf("--progress %s: want auto, plain, tty, quiet or rawjson: %w", mode, err)
	}
	return display, err
}

// write builds and writes the outputs.
func (f *buildFlags) write(ctx context.Context, e *engine.Engine, opt client.SolveOpt, display progressui.Display) (err error) {
	exports, stages, err := stageOutputs(f.outs, f.release)
	if err != nil {
		return usageError(finish(stages, err))
	}
	opt.Exports = exports
	res, err := f.build(ctx, e, opt, frontend.New(), display)
	if err = finish(stages, err); err != nil {
		return err
	}
	id := imageID(res.ExporterResponse)
	if f.quiet && id != "" {
		fmt.Println(id)
	}
	if f.imageIDFile != "" {
		err = os.WriteFile(f.imageIDFile, []byte(id), 0o644)
	}
	return errors.Join(err, f.writeMetadata(res.ExporterResponse))
}

// build runs a frontend in this process and shows its progress until the last line is out.
func (f *buildFlags) build(
	ctx context.Context, e *engine.Engine, opt client.SolveOpt, run gwclient.BuildFunc, display progressui.Display,
) (*client.SolveResponse, error) {
	status := make(chan *client.SolveStatus)
	shown := make(chan []client.VertexWarning, 1)
	go func() {
		// Not ctx: after Ctrl-C the display still has to end its lines.
		warnings, _ := display.UpdateFrom(context.WithoutCancel(ctx), status)
		shown <- warnings
	}()
	var own error
	res, err := e.Client().Build(ctx, opt, "crossgo", keepError(run, &own), status)
	f.printWarnings(<-shown)
	if err != nil && own != nil {
		err = own // before its way through the wire it still has every place in the spec
	}
	return res, err
}

// keepError notes the error of the frontend itself.
func keepError(build gwclient.BuildFunc, kept *error) gwclient.BuildFunc {
	return func(ctx context.Context, c gwclient.Client) (*gwclient.Result, error) {
		res, err := build(ctx, c)
		*kept = err
		return res, err
	}
}

// oneForAll is BuildKit's warning about a result that is one folder for several platforms (exporter/verifier). Our frontend makes such
// only where it is meant: a release, and a report over all of them.
const oneForAll = "Multiple platforms requested but result is not multi-platform"

// printWarnings repeats the warnings below the progress, where they are seen.
func (f *buildFlags) printWarnings(warnings []client.VertexWarning) {
	if mode := progressui.DisplayMode(f.progress); mode == progressui.RawJSONMode || mode == progressui.QuietMode {
		return
	}
	for _, w := range warnings {
		if string(w.Short) == oneForAll {
			continue
		}
		where := ""
		if w.SourceInfo != nil && len(w.Range) > 0 {
			where = fmt.Sprintf("%s:%d: ", w.SourceInfo.Filename, w.Range[0].Start.Line)
		}
		fmt.Fprintf(os.Stderr, "warning: %s%s\n", where, w.Short)
	}
}

// writeMetadata writes what the exporters answered. Values that BuildKit packed as base64 of JSON are unpacked.
func (f *buildFlags) writeMetadata(answer map[string]string) error {
	if f.metadata == "" {
		return nil
	}
	out := map[string]any{}
	for key, value := range answer {
		out[key] = value
		if data, err := base64.StdEncoding.DecodeString(value); err == nil && json.Valid(data) && len(data) > 0 {
			out[key] = json.RawMessage(data)
		}
	}
	data, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(f.metadata, append(data, '\n'), 0o644)
}
