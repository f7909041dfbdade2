package frontend

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	gollb "github.com/crossgo/crossgo/llb"
	"github.com/crossgo/crossgo/plan"
	gwclient "github.com/moby/buildkit/frontend/gateway/client"
	"github.com/moby/buildkit/solver/pb"
)

// mirrors is where files of package archives are fetched from. Graphs name the first address of each archive; what
// that does not give is asked from the next, by the same graph with another address in it (rewrite). A file with a
// digest has one key wherever it comes from: a builder that has it from one mirror asks no other.
type mirrors struct {
	archives map[string][]string // addresses of an archive's mirrors, in the order in which they are asked

	mu       sync.Mutex
	indexes  map[string]index    // package indexes by the address that graphs name
	read     map[string][]string // what signed indexes were read of an archive: "trixie of 2026-11-21"
	rejected map[string]error    // suites that are not read from a mirror, by the address of their folder
	down     map[string]string   // mirrors that nothing more is asked of, and why
	prefer   map[string]string   // by archive: where package files are asked for first, if not at the first mirror
	begun    map[string]bool     // files of graphs that failed: BuildKit may have begun to fetch them
	files    map[string]*troubled
	used     map[string]int // times that a mirror was asked again
}

// index is what is known of a package index.
type index struct {
	plain string // its address by name
	of    string // the signed index that names it: "the InRelease of trixie of 2026-11-21"
}

// troubled is a file that was not had where the graph says.
type troubled struct {
	left   []string // addresses to ask, the first one now
	again  int      // times that the first was asked again
	tries  int      // times that the file may have been asked for in vain
	failed []error  // what the others answered
}

// How often something is asked again that may go well the next time, and how long to wait before.
const (
	maxAgain       = 2  // for one file
	maxAgainMirror = 12 // for all files of a mirror
)

var pauses = [maxAgain]time.Duration{time.Second, 3 * time.Second}

func newMirrors(s plan.Settings) *mirrors {
	m := &mirrors{
		archives: map[string][]string{}, indexes: map[string]index{}, read: map[string][]string{}, rejected: map[string]error{},
		down: map[string]string{}, prefer: map[string]string{}, begun: map[string]bool{}, files: map[string]*troubled{},
		used: map[string]int{},
	}
	for _, archive := range []string{plan.ArchiveMain, plan.ArchiveSecurity} {
		m.archives[archive] = s.Mirrors(archive)
	}
	return m
}

// mirrorOf finds the archive and the mirror that an address lies on.
func (m *mirrors) mirrorOf(address string) (archive, mirror string, ok bool) {
	for _, archive := range []string{plan.ArchiveMain, plan.ArchiveSecurity} {
		for _, mirror := range m.archives[archive] {
			if strings.HasPrefix(address, mirror+"/") {
				return archive, mirror, true
			}
		}
	}
	return "", "", false
}

// isSigned reports whether the file is an archive's signed index: each mirror has its own.
func isSigned(address string) bool { return strings.HasSuffix(address, "/InRelease") }

// isPackage reports whether the file is neither a signed index nor one that such an index names.
func (m *mirrors) isPackage(address string) bool {
	_, isIndex := m.indexes[address]
	return !isIndex && !isSigned(address)
}

// candidates are all addresses that a file may be had from, the graph's own first. An index has two names: by its
// digest, and by its name, which a mirror may have where it does not carry the other.
func (m *mirrors) candidates(address string) []string {
	archive, mirror, _ := m.mirrorOf(address)
	first := mirror
	if p := m.prefer[archive]; p != "" && m.isPackage(address) {
		first = p
	}
	others := slices.DeleteFunc(slices.Clone(m.archives[archive]), func(b string) bool { return b == first })
	bases := append([]string{first}, others...)
	if isSigned(address) {
		bases = bases[:1]
	}
	var list []string
	for _, base := range bases {
		list = append(list, base+strings.TrimPrefix(address, mirror))
		if i, ok := m.indexes[address]; ok && i.plain != address {
			list = append(list, base+strings.TrimPrefix(i.plain, mirror))
		}
	}
	return list
}

// asked is the address that a file is fetched from now. A mirror that was given up is passed over, as long as there
// is another.
func (m *mirrors) asked(address string) string {
	archive, mirror, ok := m.mirrorOf(address)
	if !ok {
		return address
	}
	f := m.files[address]
	moved := m.prefer[archive] != "" && m.prefer[archive] != mirror && m.isPackage(address)
	if f == nil && m.down[mirror] == "" && !moved {
		return address
	}
	if f == nil {
		f = m.trouble(address)
	}
	m.skipDown(f)
	if f.tries > 0 {
		return fmt.Sprintf("%s#%d", f.left[0], f.tries) // see gollb.Readdress
	}
	return f.left[0]
}

// trouble begins to look for a file elsewhere.
func (m *mirrors) trouble(address string) *troubled {
	f := &troubled{left: m.candidates(address)}
	if m.begun[address] {
		f.tries = 1
	}
	m.files[address] = f
	m.skipDown(f)
	return f
}

// skipDown passes over the mirrors that were given up. The last address stays: its error is the one to show.
func (m *mirrors) skipDown(f *troubled) {
	for len(f.left) > 1 {
		_, mirror, _ := m.mirrorOf(f.left[0])
		why := m.down[mirror]
		if why == "" {
			return
		}
		f.failed, f.left, f.again = append(f.failed, fmt.Errorf("%s", why)), f.left[1:], 0
	}
}

// rewrite is the graph with the addresses that are asked now, and what it was given for each of these.
func (m *mirrors) rewrite(def *pb.Definition) (now *pb.Definition, from map[string]string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.files) == 0 && len(m.down) == 0 && len(m.prefer) == 0 {
		return def, nil, nil
	}
	from = map[string]string{}
	now, err = gollb.Readdress(def, func(address string) string {
		asked := m.asked(address)
		from[asked] = address
		return asked
	})
	return now, from, err
}

// has reports whether an address lies on one of the mirrors.
func (m *mirrors) has(address string) bool {
	_, _, ok := m.mirrorOf(address)
	return ok
}

// next decides where a file is asked for after an address gave something else. It returns what to say to people, and
// how long to wait; an error when there is nowhere left.
func (m *mirrors) next(address, asked string, why *fault) (said string, pause time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.asked(address) != asked {
		return "", 0, nil // another platform has met the same fault, and found where to go on
	}
	f := m.files[address]
	if f == nil {
		f = m.trouble(address)
	}
	f.tries++
	_, mirror, _ := m.mirrorOf(f.left[0])
	if f.again < why.again() && m.used[mirror] < maxAgainMirror {
		f.again++
		m.used[mirror]++
		return why.Error() + "; asked again", pauses[f.again-1], nil
	}
	if why.whole() {
		m.down[mirror] = why.Error()
	}
	f.failed, f.again = append(f.failed, why), 0
	if len(f.left) == 1 {
		return "", 0, f.lost(m, address)
	}
	f.left = f.left[1:]
	m.skipDown(f)
	if m.isDown(f.left[0]) {
		return "", 0, f.lost(m, address)
	}
	if _, now, _ := m.mirrorOf(f.left[0]); now == mirror {
		return "", 0, nil // a mirror without by-hash is none to warn of
	}
	return why.Error() + "; asked " + f.left[0] + " instead", 0, nil
}

func (m *mirrors) isDown(address string) bool {
	_, mirror, _ := m.mirrorOf(address)
	return m.down[mirror] != ""
}

// sources names the signed indexes that were read of an archive.
func (m *mirrors) sources(archive string) string { return strings.Join(m.read[archive], ", ") }

// noteRelease remembers a signed index, whose date the messages about other files need, and that its mirror is one of
// use.
func (m *mirrors) noteRelease(archive, mirror, text string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mirror != m.archives[archive][0] {
		m.prefer[archive] = mirror
	}
	if !slices.Contains(m.read[archive], text) {
		m.read[archive] = append(m.read[archive], text)
		slices.Sort(m.read[archive])
	}
}

// refused is why an archive's suite is not read from a mirror.
func (m *mirrors) refused(mirror, suite string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.rejected[mirror+"/dists/"+suite+"/"]; err != nil {
		return err
	}
	if why := m.down[mirror]; why != "" {
		return errors.New(why)
	}
	return nil
}

// reject passes over a mirror's suite from now on, because of a file of it. It is false where that was so before:
// then nothing has changed.
func (m *mirrors) reject(lost *lostFile) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, mirror, _ := m.mirrorOf(lost.address)
	suite, _, _ := strings.Cut(strings.TrimPrefix(lost.address, mirror+"/dists/"), "/")
	at := mirror + "/dists/" + suite + "/"
	before := m.rejected[at] != nil
	m.rejected[at] = lost
	return !before
}

// giveUp asks nothing more of a mirror.
func (m *mirrors) giveUp(mirror string, why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down[mirror] = why.Error()
}

// noteBegun remembers the files of a graph that failed.
func (m *mirrors) noteBegun(def *pb.Definition, from map[string]string) error {
	list, err := gollb.Addresses(def)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, address := range list {
		if graph, ok := from[address]; ok {
			address = graph
		}
		m.begun[address] = true
	}
	return err
}

// noteIndex remembers the other name of a package index.
func (m *mirrors) noteIndex(address string, i index) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.indexes[address] = i
}

// warnOnce hands a warning to the client that several platforms or suites may give rise to.
func (r *request) warnOnce(ctx context.Context, text string) {
	if _, said := r.said.LoadOrStore(text, true); !said {
		r.source.Warn(ctx, text, gwclient.WarnOpts{})
	}
}

// otherwise is asked after a fetch failed: it waits or turns to another mirror, so that the same graph may be solved
// again, and tells the client of it. The error is that of a file which no mirror gives.
func (r *request) otherwise(ctx context.Context, address, asked string, cause error) error {
	why := r.diagnose(ctx, asked, cause)
	if ctx.Err() != nil {
		return cause
	}
	said, pause, err := r.mirrors.next(address, asked, r.mirrors.about(address, why))
	if err != nil || said == "" {
		return err
	}
	r.warnOnce(ctx, said)
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
