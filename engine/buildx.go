package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
)

// buildxStore reads the folder in which buildx keeps its builders: one JSON file for each below instances/,
// and the file "current". crossgo never writes there.
type buildxStore struct{ dir string }

// openStore names buildx's folder: $BUILDX_CONFIG, else buildx/ in the docker configuration folder.
func openStore() buildxStore {
	if dir := os.Getenv("BUILDX_CONFIG"); dir != "" {
		return buildxStore{dir}
	}
	return buildxStore{filepath.Join(config.Dir(), "buildx")}
}

// builderGroup is a builder as buildx stores it.
type builderGroup struct {
	Name   string
	Driver string
	Nodes  []builderNode
}

type builderNode struct {
	Name       string
	Endpoint   string
	DriverOpts map[string]string
}

// group reads one builder by name. Builder names are not case-sensitive: buildx stores them in lower case.
func (s buildxStore) group(name string) (*builderGroup, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "instances", filepath.Base(strings.ToLower(name))))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("builder %q does not exist; buildx knows: %s", name, s.known())
	}
	if err != nil {
		return nil, fmt.Errorf("builder %q: %w", name, err)
	}
	var group builderGroup
	if err := json.Unmarshal(data, &group); err != nil {
		return nil, fmt.Errorf("builder %q: %w", name, err)
	}
	return &group, nil
}

func (s buildxStore) known() string {
	entries, err := os.ReadDir(filepath.Join(s.dir, "instances"))
	if err != nil || len(entries) == 0 {
		return "none"
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return strings.Join(names, ", ")
}

// current returns the builder that `docker buildx use` chose, nil when none was. A choice that was made for another
// docker endpoint does not count, as in buildx, unless it was made global.
func (s buildxStore) current() (*builderGroup, error) {
	data, err := os.ReadFile(filepath.Join(s.dir, "current"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("buildx: %w", err)
	}
	var choice struct {
		Key, Name string
		Global    bool
	}
	if err := json.Unmarshal(data, &choice); err != nil {
		return nil, fmt.Errorf("buildx: %s: %w", filepath.Join(s.dir, "current"), err)
	}
	if choice.Name == "" || !choice.Global && choice.Key != dockerEndpoint() {
		return nil, nil
	}
	return s.group(choice.Name)
}

// dockerEndpoint is the key under which buildx remembers a choice: the name of the docker context, and for the
// default context the daemon's address.
func dockerEndpoint() string {
	if host := os.Getenv("DOCKER_HOST"); host != "" {
		return host
	}
	name := os.Getenv("DOCKER_CONTEXT")
	if name == "" {
		name = config.LoadDefaultConfigFile(nil).CurrentContext
	}
	if name == "" || name == "default" {
		return "unix:///var/run/docker.sock"
	}
	return name
}

// target says how to reach a builder: through its first node, since any one machine can build for every platform.
func (g *builderGroup) target() (target, error) {
	name := fmt.Sprintf("buildx builder %q", g.Name)
	if len(g.Nodes) == 0 {
		return target{}, fmt.Errorf("%s has no node", name)
	}
	node := g.Nodes[0]
	switch g.Driver {
	case "remote":
		return target{name: name, address: node.Endpoint, options: tlsOptions(node.DriverOpts)}, nil
	case "docker-container":
		return target{name: name, address: node.containerAddress()}, nil
	}
	return target{}, fmt.Errorf("%s uses the driver %q; crossgo can use remote and docker-container, and any BuildKit by its address in BUILDKIT_HOST", name, g.Driver)
}

// containerAddress names the container that buildx started for a node. The endpoint is a docker context or an address.
func (n builderNode) containerAddress() string {
	address := url.URL{Scheme: "docker-container", Host: "buildx_buildkit_" + n.Name}
	if n.Endpoint != "" && !strings.Contains(n.Endpoint, "://") {
		address.RawQuery = url.Values{"context": {n.Endpoint}}.Encode()
	}
	return address.String()
}

// tlsOptions turns the TLS options of buildx's remote driver into those of BuildKit's client.
func tlsOptions(opts map[string]string) []client.ClientOpt {
	var out []client.ClientOpt
	if opts["cacert"] != "" || opts["servername"] != "" {
		out = append(out, client.WithServerConfig(opts["servername"], opts["cacert"]))
	}
	if opts["cert"] != "" || opts["key"] != "" {
		out = append(out, client.WithCredentials(opts["cert"], opts["key"]))
	}
	return out
}
