package frontend

import (
	"maps"
	"strings"

	"github.com/moby/buildkit/frontend/dockerui"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
)

// asked is the client with the options as dockerui is to read them: with our default name for the file, and with the
// names of contexts as it looks them up.
type asked struct {
	gwclient.Client
	options map[string]string
}

const (
	keyFilename  = "filename"
	keyContext   = "context:"
	keySharedKey = "sharedkey:localdir:" // what a named context's folder is kept under between builds
)

func newAsked(c gwclient.Client) asked {
	given := c.BuildOpts().Opts
	own := map[string]string{keyFilename: DefaultFilename}
	maps.Copy(own, given)
	for key, value := range given {
		for _, prefix := range []string{keyContext, keySharedKey} {
			if name, ok := strings.CutPrefix(key, prefix); ok {
				delete(own, key)
				own[prefix+familiar(name)] = made(value)
			}
		}
	}
	return asked{c, own}
}

// made is where a context comes from. buildx puts the result in the place of "target:NAME", a target of its bake
// file, unless the target has made nothing at all: FROM scratch without a file (build/build.go of 0.37).
func made(from string) string {
	if strings.HasPrefix(from, "target:") {
		return "docker-image://" + dockerui.EmptyImageName
	}
	return from
}

func (c asked) BuildOpts() gwclient.BuildOpts {
	opts := c.Client.BuildOpts()
	opts.Opts = c.options
	return opts
}
