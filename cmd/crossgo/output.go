package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/containerd/console"
	"github.com/moby/buildkit/client"
	"github.com/tonistiigi/go-csvvalue"
)

// defaultOut is where binaries go when nothing was said.
const defaultOut = "out"

// outputKind is how one type of -o becomes an export of BuildKit.
type outputKind struct {
	exporter string // BuildKit's name for it; empty: nothing is exported
	dest     destKind
	attrs    map[string]string
}

// destKind is what dest= means for a type of output.
type destKind int

const (
	destNone destKind = iota
	destDir
	destFile // "-" or nothing: standard output
)

// outputKinds are the types of -o, under the names that docker buildx build gives them.
var outputKinds = map[string]outputKind{
	"local":     {exporter: client.ExporterLocal, dest: destDir},
	"tar":       {exporter: client.ExporterTar, dest: destFile},
	"oci":       {exporter: client.ExporterOCI, dest: destFile},
	"docker":    {exporter: client.ExporterDocker, dest: destFile},
	"image":     {exporter: client.ExporterImage},
	"registry":  {exporter: client.ExporterImage, attrs: map[string]string{"push": "true"}},
	"cacheonly": {},
}

// output is an export of BuildKit, and what of it is ours to do.
type output struct {
	client.ExportEntry
	file  string // to write; empty for none, and for standard output
	clean bool   // what else the folder holds is removed
	load  bool   // into docker
}

func newOutput(exporter string, attrs map[string]string) output {
	return output{ExportEntry: client.ExportEntry{Type: exporter, Attrs: attrs}}
}

// parseOutputs reads the values of -o. stdout is used by outputs without a file.
func parseOutputs(values []string, stdout *os.File) ([]output, error) {
	var entries []output
	var errs []error
	for _, v := range values {
		entry, err := parseOutput(v, stdout)
		if err != nil {
			errs = append(errs, fmt.Errorf("-o %s: %w", v, err))
		}
		if entry.Type != "" {
			entries = append(entries, entry)
		}
	}
	return entries, errors.Join(errs...)
}

func parseOutput(value string, stdout *os.File) (output, error) {
	attrs, err := outputAttrs(value)
	if err != nil {
		return output{}, err
	}
	kind, ok := outputKinds[attrs["type"]]
	if !ok {
		known := strings.Join(slices.Sorted(maps.Keys(outputKinds)), ", ")
		return output{}, fmt.Errorf("type %q is unknown, known are %s", attrs["type"], known)
	}
	dest := attrs["dest"]
	delete(attrs, "type")
	delete(attrs, "dest")
	maps.Copy(attrs, kind.attrs)
	entry := newOutput(kind.exporter, attrs)
	if entry.Type == client.ExporterLocal {
		err = entry.setMode()
	}
	return entry, errors.Join(err, setDest(&entry, kind, dest, stdout))
}

// outputAttrs splits a value of -o. A value without "=" is short for a folder, and "-" for a tar on standard output.
func outputAttrs(value string) (map[string]string, error) {
	if value == "-" {
		return map[string]string{"type": "tar", "dest": "-"}, nil
	}
	fields, err := csvvalue.Fields(value, nil)
	if err != nil {
		return nil, err
	}
	if len(fields) == 1 && !strings.Contains(value, "=") {
		return map[string]string{"type": "local", "dest": value}, nil
	}
	attrs := map[string]string{}
	for _, field := range fields {
		key, val, ok := strings.Cut(field, "=")
		if !ok {
			return nil, fmt.Errorf("found %q, want KEY=VALUE", field)
		}
		attrs[strings.ToLower(key)] = val
	}
	if attrs["type"] == "" {
		return nil, errors.New("type= is missing")
	}
	return attrs, nil
}

// setMode reads what is to become of what a folder holds. BuildKit does not hear of it: what it writes goes into an
// empty folder first.
func (o *output) setMode() error {
	mode, err := client.ParseLocalExporterMode(o.Attrs["mode"])
	o.clean = mode == client.LocalExporterModeDelete
	delete(o.Attrs, "mode")
	return err
}

// setDest says where an output goes. stage.go has how it gets there.
func setDest(entry *output, kind outputKind, dest string, stdout *os.File) error {
	inFolder := entry.Attrs["tar"] == "false" && kind.dest == destFile // an image layout as a folder
	switch {
	case kind.dest == destNone && dest != "":
		return errors.New("dest= has no meaning for this type")
	case kind.dest == destDir || inFolder:
		if dest == "" {
			return errors.New("dest= is missing: the folder to write to")
		}
		entry.OutputDir = dest
	case kind.dest == destFile:
		return setFile(entry, dest, stdout)
	}
	return nil
}

func setFile(entry *output, dest string, stdout *os.File) error {
	if dest == "" || dest == "-" {
		if _, err := console.ConsoleFromFile(stdout); err == nil {
			return errors.New("dest= is missing, and standard output is a terminal")
		}
		entry.Output = func(map[string]string) (io.WriteCloser, error) { return stdout, nil }
		return nil
	}
	if info, err := os.Stat(dest); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder, want a file", dest)
	}
	entry.file = dest
	return nil
}

// errNoOutput is for a build whose output has no natural place.
var errNoOutput = errors.New(`an image needs a place, one of
  --push -t registry.example/app:tag               a push
  --load -t app:tag --platform linux/amd64         into the docker daemon of this machine
  -o type=oci,dest=image.tar                       a file for skopeo, podman, crane
  -o type=docker,dest=image.tar                    a file for docker load
  -o type=local,dest=rootfs                        its files in a folder
or --target bin for the binaries alone`)
