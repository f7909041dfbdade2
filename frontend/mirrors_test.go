package frontend

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/crossgo/crossgo/internal/archivekey"
	"github.com/crossgo/crossgo/internal/llbtext"
	"github.com/crossgo/crossgo/plan"
	"github.com/crossgo/crossgo/sysroot"
	"github.com/moby/buildkit/solver/errdefs"
	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"github.com/stretchr/testify/require"
)

// fakeWeb answers as BuildKit does when servers do not: it looks at no status of what has a digest, and asks never
// twice for what has the same key.
type fakeWeb struct {
	rules []webRule

	mu     sync.Mutex
	failed map[string]error // by key
	asked  []string
}

// webRule is what addresses answer that the pattern fits, for so many requests; then the next rule counts.
type webRule struct {
	pattern string
	answer  string // "refused", a status, "html", "empty", "flip", or the text that is sent
	times   int    // 0: always
}

func (w *fakeWeb) answer(address string, count bool) string {
	if w == nil {
		return ""
	}
	for i := range w.rules {
		r := &w.rules[i]
		if r.times < 0 || !regexp.MustCompile(r.pattern).MatchString(address) {
			continue
		}
		if r.times > 0 && count {
			if r.times--; r.times == 0 {
				r.times = -1
			}
		}
		return r.answer
	}
	return ""
}

var webBodies = map[string]string{"html": "<!DOCTYPE html><html><head><title>Sign in</title></head></html>", "empty": "", "flip": "something else"}

// sent is the body that an address sends, nil where it sends what it should.
func (w *fakeWeb) sent(address string) []byte {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	answer := w.answer(address, false)
	if answer == "" {
		return nil
	}
	if body, ok := webBodies[answer]; ok {
		return []byte(body)
	}
	return []byte(answer)
}

// fetch is the error of the first file of a graph that cannot be fetched.
func (w *fakeWeb) fetch(def *pb.Definition, all []*llbtext.Vertex) error {
	if w == nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, v := range all {
		s := v.Op.GetSource()
		if s == nil || !strings.HasPrefix(s.Identifier, "http") {
			continue
		}
		vertex := digest.FromBytes(def.Def[i])
		key := vertex.String()
		if sum := s.Attrs[pb.AttrHTTPChecksum]; sum != "" {
			key = sum + s.Attrs[pb.AttrHTTPFilename]
		}
		if err, before := w.failed[key]; before {
			return err
		}
		w.asked = append(w.asked, s.Identifier)
		if err := w.failure(s); err != nil {
			err = errdefs.WrapVertex(err, vertex)
			w.failed[key] = err
			return err
		}
	}
	return nil
}

func (w *fakeWeb) failure(s *pb.SourceOp) error {
	answer := w.answer(s.Identifier, true)
	_, isBody := webBodies[answer]
	want := s.Attrs[pb.AttrHTTPChecksum]
	isStatus := regexp.MustCompile(`^\d+$`).MatchString(answer)
	switch {
	case answer == "refused":
		return fmt.Errorf("failed to load cache key: Get %q: dial tcp 127.0.0.1:1: connect: connection refused", s.Identifier)
	case answer == "untrusted":
		return fmt.Errorf("Get %q: tls: failed to verify certificate: x509: certificate signed by unknown authority", s.Identifier)
	case isStatus && want == "":
		return errors.New("invalid response status " + answer)
	case isStatus || isBody && want != "":
		return fmt.Errorf("digest mismatch %s: %s", digest.FromString(webBodies[answer]), want)
	}
	return nil
}

// twoMirrors is a program with C whose packages two mirrors have.
func twoMirrors(t *testing.T, rules ...webRule) (f *fake, known Option) {
	t.Helper()
	return mirrored(t, "http://one/debian, https://two/debian/", rules...)
}

// mirrored is the same for any list of mirrors. Each text that a rule sends is signed by the known key.
func mirrored(t *testing.T, mirrors string, rules ...webRule) (f *fake, known Option) {
	t.Helper()
	f, _, _ = cgoFake(t, "build-arg:DEBIAN_MIRROR", mirrors, "build-arg:DEBIAN_SECURITY_MIRROR", "off")
	key := archivekey.New(t, 0)
	f.signed, f.signer = archivekey.Sign(t, release, key), archivekey.Fingerprint(key)
	f.web = &fakeWeb{failed: map[string]error{}}
	for _, r := range rules {
		if strings.Contains(r.answer, "Codename:") {
			r.answer = string(archivekey.Sign(t, r.answer, key))
		}
		f.web.rules = append(f.web.rules, r)
	}
	return f, trusting(t, key)
}

// buildTwo runs in time that does not pass.
func buildTwo(t *testing.T, f *fake, opts ...Option) (err error, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		day := func(c *config) { c.now = func() time.Time { return archivekey.Made.AddDate(0, 0, 3) } }
		_, err = f.build(t, append(opts, day)...)
		took = time.Since(began)
	})
	return err, took
}

// TestMirrorsAreTriedInOrder: a build goes on with the next mirror, and the client is told once why. Nothing is asked
// twice where nothing fails.
func TestMirrorsAreTriedInOrder(t *testing.T) {
	stale := "Valid-Until: Sat, 19 Sep 2020 07:55:41 UTC\n" + release
	for name, c := range map[string]struct {
		rules []webRule
		said  []string // warnings, by what each holds
		asks  []string // addresses that are asked, by a pattern
	}{
		"all is well":             {nil, nil, nil},
		"the first is dead":       {[]webRule{{"//one", "refused", 0}}, []string{"http://one/debian/dists/trixie/InRelease: dial tcp 127.0.0.1:1: connect: connection refused; asked again", "asked https://two/debian instead"}, []string{"^https://two/debian/pool/"}},
		"the first does not know": {[]webRule{{"//one.*InRelease", "404", 0}}, []string{"http://one/debian/dists/trixie/InRelease: 404, there is no such file"}, []string{"^https://two/debian/dists/trixie/main/binary-arm64/by-hash/", "^https://two/debian/pool/"}},
		"the first has a page":    {[]webRule{{"//one", "html", 0}}, []string{`http://one/debian/dists/trixie/InRelease: the server sent a web page ("Sign in") in place of the file`}, []string{"^https://two/debian/pool/"}},
		"the first is empty":      {[]webRule{{"//one.*InRelease", "empty", 0}}, []string{"InRelease: the server sent an empty file"}, nil},
		"no trust in the first":   {[]webRule{{"//one", "untrusted", 0}}, []string{"x509: certificate signed by unknown authority: the builder does not trust"}, []string{"^https://two/debian/pool/"}},
		"an index is gone":        {[]webRule{{"//one.*/by-hash/", "404", 0}}, nil, []string{"^http://one/debian/dists/trixie/main/binary-arm64/Packages.xz#2$"}},
		"the first is out of step": {[]webRule{{"//one.*/binary-arm64/by-hash/", "404", 0}, {"//one.*/binary-arm64/Packages", "flip", 0}},
			[]string{"http://one/debian/dists/trixie/main/binary-arm64/Packages.xz: another index lies there: found digest sha256:"}, []string{"^https://two/debian/dists/trixie/main/binary-arm64/by-hash/"}},
		"both are, the second by itself is not": {[]webRule{{"//one.*/binary-arm64/", "404", 0}, {"//two.*/InRelease", otherDay, 1}, {"//two.*/by-hash/SHA256/bbbb", "404", 0}, {"//two.*/binary-arm64/Packages", "flip", 0}, {"//two.*/InRelease", otherDay, 0}},
			[]string{"the mirror is out of step: the InRelease of trixie of 2026-09-12 names this index"}, nil},
		"a package is gone":     {[]webRule{{"//one.*/pool/.*musl-dev", "404", 0}}, []string{"404, the package file has left the mirror's pool, though its index still names it (InRelease of trixie of 2026-09-12)"}, []string{"^https://two/debian/pool/.*musl-dev"}},
		"a package is damaged":  {[]webRule{{"//one.*/pool/.*musl-dev", "flip", 0}}, []string{"asked again", "the file was changed or damaged: found digest sha256:"}, []string{"^https://two/debian/pool/.*musl-dev"}},
		"trouble that passes":   {[]webRule{{"//one.*/pool/.*musl-dev", "503", 2}}, []string{"the server answered 503; asked again"}, []string{"^http://one/debian/pool/.*musl-dev.*#2$"}},
		"the first is outdated": {[]webRule{{"//one.*InRelease", stale, 0}}, []string{"was valid until 2020-09-19"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			f, known := twoMirrors(t, c.rules...)
			err, _ := buildTwo(t, f, known)
			require.NoError(t, err)
			warnings := strings.Join(f.warnings, "\n")
			for _, s := range c.said {
				require.Contains(t, warnings, s)
			}
			if c.said == nil {
				require.Len(t, f.warnings, 1, "that security updates are off")
			}
			for _, a := range c.asks {
				require.Regexp(t, "(?m)"+a, strings.Join(f.web.asked, "\n"))
			}
		})
	}
}

// TestWhatNoMirrorGives: each kind of fault has its sentence, which names the file, the date of the signed index
// where that matters, and what helps.
func TestWhatNoMirrorGives(t *testing.T) {
	const signed, arm64 = "http://one/debian/dists/trixie/InRelease: ", "http://one/debian/dists/trixie/main/binary-arm64/Packages.xz: "
	const libgcc = "http://one/debian/pool/libgcc-14-dev_1_arm64.deb: "
	for name, c := range map[string]struct {
		mirrors string
		rules   []webRule
		says    []string
		never   string
	}{
		"404":              {"http://one/debian", []webRule{{"InRelease", "404", 0}}, []string{signed + "404, there is no such file: the address has to be the one above dists/ and pool/", "--build-arg DEBIAN_MIRROR=… and DEBIAN_SECURITY_MIRROR=… name others"}, "digest"},
		"empty":            {"http://one/debian", []webRule{{"InRelease", "empty", 0}}, []string{signed + "the server sent an empty file"}, "digest"},
		"page":             {"http://one/debian", []webRule{{"InRelease", "html", 0}}, []string{signed + `the server sent a web page ("Sign in") in place of the file: a proxy or a login page answers for the mirror`}, "digest"},
		"package empty":    {"http://one/debian", []webRule{{"libgcc-14-dev", "empty", 0}}, []string{libgcc + "the server sent an empty file", "hint: build again in some minutes"}, "e3b0c442"},
		"package page":     {"http://one/debian", []webRule{{"libgcc-14-dev", "html", 0}}, []string{libgcc + "the server sent a web page", "hint: look at the proxy settings of the machine that BuildKit runs on"}, "digest"},
		"package gone":     {"http://one/debian", []webRule{{"libgcc-14-dev", "404", 0}}, []string{libgcc + "404, the package file has left the mirror's pool, though its index still names it (InRelease of trixie of 2026-09-12)"}, "digest"},
		"package altered":  {"http://one/debian", []webRule{{"libgcc-14-dev", "flip", 0}}, []string{libgcc + "the file was changed or damaged: found digest sha256:f41f3fa6", ", want sha256:", "which InRelease of trixie of 2026-09-12 says"}, ""},
		"out of step":      {"http://one/debian", []webRule{{"binary-arm64/by-hash", "404", 0}, {"binary-arm64/Packages", "flip", 0}}, []string{arm64 + "the mirror is out of step: the InRelease of trixie of 2026-09-12 names this index"}, ""},
		"index altered":    {"http://one/debian", []webRule{{"binary-arm64/", "flip", 0}}, []string{arm64 + "the mirror is out of step"}, ""},
		"index is a page":  {"http://one/debian", []webRule{{"binary-arm64/", "html", 0}}, []string{"the server sent a web page"}, "out of step"},
		"refused":          {"http://one/debian", []webRule{{"one", "refused", 0}}, []string{signed + "dial tcp 127.0.0.1:1: connect: connection refused"}, ""},
		"trouble":          {"http://one/debian", []webRule{{"libgcc-14-dev", "500", 0}}, []string{libgcc + "the server answered 500"}, "digest"},
		"expired":          {"http://one/debian", []webRule{{"InRelease", "Valid-Until: Sun, 13 Sep 2026 07:55:41 UTC\n" + release, 0}}, []string{signed + "this signed index, of 2026-09-12, was valid until 2026-09-13, and the clock of the machine that crossgo runs on says 2026-09-15", "DEBIAN_CHECK_VALID_UNTIL=no"}, ""},
		"all of them":      {"http://one/debian,http://two/debian", []webRule{{"one", "refused", 0}, {"two", "404", 0}}, []string{"\n  " + signed + "dial tcp", "\n  http://two/debian/dists/trixie/InRelease: 404"}, ""},
		"a package of all": {"http://one/debian,http://two/debian", []webRule{{"one.*libgcc-14", "404", 0}, {"two.*libgcc-14", "flip", 0}}, []string{libgcc + "no mirror gives this file\n  " + libgcc + "404", "\n  http://two/debian/pool/libgcc-14-dev_1_arm64.deb: the file was changed"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f, known := mirrored(t, c.mirrors, c.rules...)
			err, took := buildTwo(t, f, known)
			require.Error(t, err)
			for _, s := range c.says {
				require.Contains(t, err.Error(), s)
			}
			if c.never != "" {
				require.NotContains(t, err.Error(), c.never)
			}
			require.Less(t, took, 10*time.Second, "retries are bounded")
		})
	}
}

// TestAFrozenSnapshotIsAllowed: with a word to the client.
func TestAFrozenSnapshotIsAllowed(t *testing.T) {
	f, known := mirrored(t, "http://one/debian", webRule{"InRelease", "Valid-Until: Sun, 13 Sep 2026 07:55:41 UTC\n" + release, 0})
	f.options["build-arg:DEBIAN_CHECK_VALID_UNTIL"] = "no"
	err, _ := buildTwo(t, f, known)
	require.NoError(t, err)
	require.Contains(t, strings.Join(f.warnings, "\n"), "trixie: this signed index, of 2026-09-12, was valid until 2026-09-13")
}

// otherDay is the signed index of another day.
var otherDay = strings.NewReplacer("12 Sep", "13 Sep", "bbbb", "dddd").Replace(release)

// trusting is the option to trust a key alone.
func trusting(t *testing.T, key *openpgp.Entity) Option {
	t.Helper()
	k, err := sysroot.Keyring{}.Add(archivekey.Armored(t, key))
	require.NoError(t, err)
	return WithKeys(k)
}

// TestSecurityUpdatesWithoutAnArchitecture: Debian's long-term support drops some. The build goes on without updates
// for these, and says so; the archive itself has to have them.
func TestSecurityUpdatesWithoutAnArchitecture(t *testing.T) {
	security := strings.NewReplacer("Codename: trixie", "Codename: trixie-security", "all amd64 arm64", "amd64", "binary-arm64", "binary-armhf").Replace(release)
	for name, c := range map[string]struct {
		rule webRule
		err  string
	}{
		"security": {webRule{"trixie-security/InRelease", security, 0}, ""},
		"main":     {webRule{"trixie/InRelease", strings.NewReplacer("all amd64 arm64", "all amd64", "binary-arm64", "binary-armhf").Replace(release), 0}, "http://one/debian/dists/trixie/InRelease: no such architecture: trixie has no architecture arm64, it has: all, amd64"},
	} {
		t.Run(name, func(t *testing.T) {
			f, known := mirrored(t, "http://one/debian", c.rule, webRule{"trixie-security/InRelease", security, 0})
			delete(f.options, "build-arg:DEBIAN_SECURITY_MIRROR")
			f.options["target"] = "report"
			err, _ := buildTwo(t, f, known)
			if c.err != "" {
				require.ErrorContains(t, err, c.err)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{"trixie-security has no packages for arm64: C packages for it come without Debian's security updates"}, f.warnings)
			require.Equal(t, []plan.ReadArchive{
				{Archive: "main", Suite: "trixie", Date: "2026-09-12T07:55:41Z", SignedBy: f.signer}, {Archive: "security", Suite: "trixie-security", Date: "2026-09-12T07:55:41Z", SignedBy: f.signer, Without: []string{"arm64"}},
			}, f.reported.Archives)
		})
	}
}
