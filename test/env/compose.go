package env

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"golang.org/x/sync/errgroup"
)

// suiteInUse is a suite that the tests take packages from.
type suiteInUse struct {
	archive, suite string
	source         bool // with the index of source packages
	extra          bool // updates of another suite's packages: an index that cannot be had is one without packages
}

// suitesInUse are all of them. Of each, the architectures are those below that it has.
var suitesInUse = []suiteInUse{
	{archive: "debian", suite: "trixie", source: true},
	{archive: "debian-security", suite: "trixie-security", source: true, extra: true},
	{archive: "debian", suite: "bookworm"},
	{archive: "debian-security", suite: "bookworm-security", extra: true},
	{archive: "debian", suite: "bullseye"},
	{archive: "debian-security", suite: "bullseye-security", extra: true},
}

// archsInUse are the architectures that the tests build for.
var archsInUse = []string{"amd64", "arm64", "armhf", "armel", "i386", "ppc64el", "s390x", "riscv64"}

// packagesInUse are those whose files have to be in the pool, with what they depend on, when their index is not
// the one that the mirror's signed index names: such an index may list what the mirror has dropped since.
var packagesInUse = []string{
	"libc6", "libc6-dev", "linux-libc-dev", "libgcc-s1", "libcrypt1", "libcrypt-dev",
	"libgcc-10-dev", "libgcc-12-dev", "libgcc-14-dev",
	"libstdc++6", "libstdc++-10-dev", "libstdc++-12-dev", "libstdc++-14-dev",
	"musl", "musl-dev", "ca-certificates", "tzdata", "zlib1g-dev", "libsqlite3-dev",
}

// composer makes one snapshot.
type composer struct {
	up   *upstream
	keys openpgp.EntityList
	key  *archiveKey
	dir  string
	pool string    // directory with the package files that are kept
	kept *snapshot // the one before, or nil

	mu    sync.Mutex
	notes []string
}

func (c *composer) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.notes = append(c.notes, fmt.Sprintf(format, args...)+"\n")
}

// compose writes the suites below c.dir.
func (c *composer) compose(ctx context.Context, suites []suiteInUse) error {
	for _, s := range suites {
		if err := c.suite(ctx, s); err != nil {
			return fmt.Errorf("/%s/dists/%s: %w", s.archive, s.suite, err)
		}
	}
	slices.Sort(c.notes)
	if len(c.notes) == 0 {
		return nil
	}
	return os.WriteFile(filepath.Join(c.dir, notesFile), []byte(strings.Join(c.notes, "")), 0o644)
}

// suite composes one suite: its indexes side by side, then the signed index over them.
func (c *composer) suite(ctx context.Context, s suiteInUse) error {
	dists := path.Join("/", s.archive, "dists", s.suite)
	text, err := c.signed(ctx, dists+"/InRelease")
	if err != nil {
		return err
	}
	if codename := field(text, "Codename"); codename != s.suite {
		return fmt.Errorf("InRelease is of %q", codename)
	}
	all := &suiteIndexes{suiteInUse: s, composer: c, dists: dists, release: text}
	group, each := errgroup.WithContext(ctx)
	group.SetLimit(4)
	for _, dir := range all.dirs() {
		group.Go(func() error { return all.add(each, dir) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := all.addStale(ctx); err != nil {
		return err
	}
	signed, err := c.key.sign(all.text())
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(c.dir, dists, "InRelease"), signed, 0o644)
}

// signed is the text of the mirror's signed index. It is held against the archive's own keys: what the tests
// compile and run comes from there.
func (c *composer) signed(ctx context.Context, name string) ([]byte, error) {
	file := filepath.Join(c.dir, "fetched", name)
	if err := c.up.fetch(ctx, name, "", file); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	block, _ := clearsign.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("the mirror's InRelease is not a signed text: %.60q", data)
	}
	made, err := time.Parse(time.RFC1123, field(block.Plaintext, "Date"))
	if err != nil {
		return nil, fmt.Errorf("the mirror's InRelease: %w", err)
	}
	at := func() time.Time { return made.Add(time.Hour) } // the keys of a frozen suite may have run out since
	if _, err := block.VerifySignature(c.keys, &packet.Config{Time: at}); err != nil {
		return nil, fmt.Errorf("the mirror's InRelease: %w", err)
	}
	return block.Plaintext, nil
}
