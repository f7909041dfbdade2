package main

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildctl/build"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/entitlements"
	"github.com/tonistiigi/fsutil"
)

// Names that the frontend reads: BuildKit's for the local folders, ours for our own binary.
const (
	contextLocal = "context"
	specLocal    = "dockerfile"
	selfLocal    = "crossgo-self"
	secretCA     = "ca-certificates"
)

// solveOpt turns the flags into BuildKit's request; every mistake in them is reported at once.
func (f *buildFlags) solveOpt(dir string) (client.SolveOpt, error) {
	opt := client.SolveOpt{FrontendAttrs: map[string]string{}, LocalMounts: map[string]fsutil.FS{}}
	outs, err1 := f.exports(os.Stdout)
	cacheFrom, err2 := build.ParseImportCache(f.cacheFrom)
	cacheTo, err3 := build.ParseExportCache(f.cacheTo)
	attached, err4 := f.session()
	f.outs, opt.CacheImports, opt.CacheExports, opt.Session = outs, cacheFrom, cacheTo, attached
	err := errors.Join(err1, flagError("--cache-from", err2), flagError("--cache-to", err3), err4,
		f.addSources(&opt, dir), f.addContexts(&opt), f.addArgs(opt.FrontendAttrs), f.addAttests(opt.FrontendAttrs))
	f.addVCS(opt.FrontendAttrs, dir)
	f.addAttrs(opt.FrontendAttrs)
	return opt, errors.Join(err, f.addNetwork(&opt))
}

func flagError(flag string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", flag, err)
}

// addSources names the two folders of every build: the module's, and the one that holds the spec.
func (f *buildFlags) addSources(opt *client.SolveOpt, dir string) error {
	path := f.specPath(dir)
	if info, err := os.Stat(path); err != nil {
		return fmt.Errorf("spec: %w", err)
	} else if info.IsDir() {
		return fmt.Errorf("spec: %s is a folder, want a file", path)
	}
	opt.FrontendAttrs["filename"] = filepath.Base(path)
	return errors.Join(addLocal(opt, contextLocal, dir), addLocal(opt, specLocal, filepath.Dir(path)))
}

// addLocal lets the build read a folder of this machine under a name.
func addLocal(opt *client.SolveOpt, name, dir string) error {
	if info, err := os.Stat(dir); err != nil {
		return err
	} else if !info.IsDir() {
		return fmt.Errorf("%s is a file, want a folder", dir)
	}
	folder, err := fsutil.NewFS(dir)
	if err != nil {
		return err
	}
	opt.LocalMounts[name] = folder
	return nil
}

// addContexts replaces what the build would fetch: by a folder of this machine, or by whatever BuildKit can load.
func (f *buildFlags) addContexts(opt *client.SolveOpt) error {
	var errs []error
	for _, value := range f.contexts {
		name, source, err := split("--build-context", value)
		if err == nil && !strings.Contains(source, "://") {
			err = flagError("--build-context "+name, addLocal(opt, name, source))
			source = "local:" + name
		}
		opt.FrontendAttrs["context:"+name] = source
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// addArgs passes the user's build args, and for those the user did not give what this machine knows.
func (f *buildFlags) addArgs(attrs map[string]string) error {
	var errs []error
	for _, value := range f.buildArgs {
		if key, val, ok := strings.Cut(value, "="); ok && key != "" {
			attrs["build-arg:"+key] = val
		} else if val, set := os.LookupEnv(value); set {
			attrs["build-arg:"+value] = val
		} else {
			errs = append(errs, fmt.Errorf("--build-arg %s: no value, and the environment has none", value))
		}
	}
	for _, d := range withoutGiven(discover(), attrs) {
		attrs["build-arg:"+d.arg] = d.value
		f.debugf("%v", d)
		for _, text := range d.switchesOff() {
			fmt.Fprintln(os.Stderr, "note: "+text)
		}
	}
	return errors.Join(errs...)
}

// replaces are the settings of the machine that a setting of the user's replaces besides its own: a mirror of the user's is not mixed with
// what belongs to the machine's. DEBIAN_SECURITY_MIRROR is not here: "off" goes with any mirror.
var replaces = map[string][]string{
	"DEBIAN_MIRROR": {"DEBIAN_SECURITY_MIRROR", argKeys},
}

// withoutGiven drops what the user said. Proxies are read in both spellings, and a Debian mirror of the user's brings
// the security archive beside it.
func withoutGiven(all []found, attrs map[string]string) []found {
	given := func(name string) bool { _, ok := attrs["build-arg:"+name]; return ok }
	return slices.DeleteFunc(all, func(d found) bool {
		for name, others := range replaces {
			if given(name) && slices.Contains(others, d.arg) {
				return true
			}
		}
		return given(d.arg) || given(strings.ToLower(d.arg))
	})
}

func (f *buildFlags) addAttrs(attrs map[string]string) {
	if len(f.platforms) > 0 {
		attrs["platform"] = strings.Join(f.platforms, ",")
	}
	if f.target != "" {
		attrs["target"] = f.target
	}
	if len(f.again) > 0 {
		attrs["no-cache"] = strings.Join(f.again, ",")
	}
	if f.noCache {
		attrs["no-cache"] = ""
	}
	if f.pull {
		attrs["image-resolve-mode"] = pb.AttrImageResolveModeForcePull
	}
	for _, l := range f.labels {
		name, value, _ := strings.Cut(l, "=") // without a value it is empty, as with docker
		attrs["label:"+name] = value
	}
	if epoch, ok := os.LookupEnv("SOURCE_DATE_EPOCH"); ok && attrs["build-arg:SOURCE_DATE_EPOCH"] == "" {
		attrs["build-arg:SOURCE_DATE_EPOCH"] = epoch
	}
}

// addNetwork is what the steps that fetch see of the network.
func (f *buildFlags) addNetwork(opt *client.SolveOpt) error {
	var hosts []string
	var errs []error
	for _, value := range f.addHosts {
		host, address, ok := strings.Cut(strings.Replace(value, "=", ":", 1), ":")
		address = strings.Trim(address, "[]")
		if !ok || net.ParseIP(address) == nil {
			errs = append(errs, fmt.Errorf("--add-host %s: want HOST:ADDRESS", value))
		}
		hosts = append(hosts, host+"="+address)
	}
	if len(hosts) > 0 {
		opt.FrontendAttrs["add-hosts"] = strings.Join(hosts, ",")
	}
	switch f.network {
	case "", "default":
	case "none", "host":
		opt.FrontendAttrs["force-network-mode"] = f.network
	default:
		errs = append(errs, fmt.Errorf("--network %s: want host, none or default", f.network))
	}
	if f.network == "host" {
		opt.AllowedEntitlements = append(opt.AllowedEntitlements, entitlements.EntitlementNetworkHost.String())
	}
	return errors.Join(errs...)
}

// addAttests asks for what is to be said of the outputs.
func (f *buildFlags) addAttests(attrs map[string]string) error {
	asked, err := attests(f.attest, f.sbom, f.provenance)
	maps.Copy(attrs, asked)
	return err
}

// session is what the builder may ask of this machine: registry logins, secrets, ssh.
func (f *buildFlags) session() ([]session.Attachable, error) {
	login := authprovider.LoadAuthConfig(config.LoadDefaultConfigFile(os.Stderr))
	out := []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{AuthConfigProvider: login})}
	secrets, err1 := build.ParseSecret(f.withCA())
	if secrets != nil {
		out = append(out, secrets)
	}
	var err2 error
	if len(f.ssh) > 0 {
		err2 = errors.New("--ssh: nothing in a build asks for an agent or a key: " +
			"modules of private hosts come by https, with --secret id=netrc,src=FILE")
	}
	return out, errors.Join(flagError("--secret", err1), err2)
}

// withCA adds the CA certificates of this machine to the secrets, unless the user gave others.
func (f *buildFlags) withCA() []string {
	for _, s := range f.secrets {
		if slices.Contains(strings.Split(s, ","), "id="+secretCA) {
			return f.secrets
		}
	}
	path := discoverCA()
	if path == "" {
		return f.secrets
	}
	if info, err := os.Stat(path); err != nil || info.Size() > secretsprovider.MaxSecretSize {
		fmt.Fprintf(os.Stderr, "note: %s is larger than a secret may be; the build's https trusts only the usual CAs\n", path)
		return f.secrets
	}
	f.debugf("secret %s from %s", secretCA, path)
	return append(slices.Clone(f.secrets), "id="+secretCA+",src="+path)
}

func (f *buildFlags) debugf(format string, args ...any) {
	if f.debug {
		fmt.Fprintf(os.Stderr, "found: "+format+"\n", args...)
	}
}
