package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/containerd/platforms"
	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/exporter/containerimage/exptypes"
)

// imageTypes are the outputs that have a name and annotations.
var imageTypes = []string{client.ExporterImage, client.ExporterOCI, client.ExporterDocker}

// exports are the outputs that the flags ask for: -o, --push and --load, with the names of -t and the annotations.
func (f *buildFlags) exports(stdout *os.File) ([]output, error) {
	outs, err := parseOutputs(f.outputs, stdout)
	if f.push && !pushAll(outs) {
		outs = append(outs, newOutput(client.ExporterImage, map[string]string{"push": "true"}))
	}
	if f.load {
		loads := newOutput(client.ExporterDocker, map[string]string{})
		loads.load = true
		outs = append(outs, loads)
	}
	for i := range outs {
		outs[i].clean = outs[i].clean || f.clean
	}
	return outs, errors.Join(err, f.nameAll(outs), f.annotate(outs))
}

// pushAll makes outputs of images pushes, and reports whether there are any.
func pushAll(outs []output) bool {
	found := false
	for i := range outs {
		if outs[i].Type == client.ExporterImage {
			outs[i].Attrs["push"], found = "true", true
		}
	}
	return found
}

// nameAll gives the names of -t to the images that have none.
func (f *buildFlags) nameAll(outs []output) error {
	var errs []error
	for _, tag := range f.tags {
		if _, err := reference.ParseNormalizedNamed(tag); err != nil {
			errs = append(errs, fmt.Errorf("-t %s: %w", tag, err))
		}
	}
	for i := range outs {
		o := &outs[i]
		if slices.Contains(imageTypes, o.Type) && o.Attrs["name"] == "" && len(f.tags) > 0 {
			o.Attrs["name"] = strings.Join(f.tags, ",")
		}
		if o.Attrs["push"] == "true" && o.Attrs["name"] == "" {
			errs = append(errs, errors.New("a push needs a name: say -t registry.example/app:tag"))
		}
	}
	return errors.Join(errs...)
}

// annotationType is what may stand before the key of an annotation: "index", "manifest[linux/amd64]".
var annotationType = regexp.MustCompile(`^(index|manifest|index-descriptor|manifest-descriptor)(?:\[([A-Za-z0-9_/-]+)\])?$`)

// annotate gives the annotations to all images.
func (f *buildFlags) annotate(outs []output) error {
	var errs []error
	for _, a := range f.annotations {
		keys, value, err := annotation(a)
		errs = append(errs, flagError("--annotation "+a, err))
		for i := range outs {
			if !slices.Contains(imageTypes, outs[i].Type) {
				continue
			}
			for _, key := range keys {
				outs[i].Attrs[key] = value
			}
		}
	}
	return errors.Join(errs...)
}

// annotation reads [TYPE[PLATFORM],…:]KEY=VALUE, as docker buildx does, into the exporters' names.
func annotation(text string) (names []string, value string, err error) {
	left, value, ok := strings.Cut(text, "=")
	types, key, typed := strings.Cut(left, ":")
	if !typed {
		types, key = "", left
	}
	if !ok || key == "" {
		return nil, "", errors.New("want [TYPE:]NAME=VALUE")
	}
	if !typed {
		return []string{exptypes.AnnotationKey{Key: key}.String()}, value, nil
	}
	for _, word := range strings.Split(types, ",") {
		m := annotationType.FindStringSubmatch(word)
		if m == nil {
			return nil, "", fmt.Errorf("found the type %q, want index, manifest, index-descriptor or manifest-descriptor, "+
				"with a platform in [] behind it if need be", word)
		}
		k := exptypes.AnnotationKey{Type: m[1], Key: key}
		if m[2] != "" {
			p, err := platforms.Parse(m[2])
			if err != nil {
				return nil, "", err
			}
			k.Platform = &p
		}
		names = append(names, k.String())
	}
	return names, value, nil
}

// imageID is what docker calls the result: the config's digest where there is one image, else that of the index.
func imageID(answer map[string]string) string {
	if id := answer[exptypes.ExporterImageConfigDigestKey]; id != "" {
		return id
	}
	return answer[exptypes.ExporterImageDigestKey]
}

// checkOnePlatform refuses what docker cannot take, before it is built.
func checkOnePlatform(outs []output, asked []string) error {
	if len(asked) < 2 {
		return nil
	}
	for _, o := range outs {
		if o.Type == client.ExporterDocker {
			return fmt.Errorf("docker takes an image for one platform, and %s are asked for: add --platform %s",
				strings.Join(asked, ", "), asked[0])
		}
	}
	return nil
}
