package step

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/crossgo/crossgo/plan"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"
)

// goSumDB is the verifier key of the Go project's checksum database, which GOSUMDB names by its host alone
// (cmd/go/internal/modfetch/key.go of the Go distribution).
const goSumDB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"

// goSumDBs are the names for the database that the go command knows, with the address that each stands for: the second is the one
// that answers in China (dbDial in cmd/go/internal/modfetch/sumdb.go of Go 1.26).
var goSumDBs = map[string]string{"sum.golang.org": "https://sum.golang.org", "sum.golang.google.cn": "https://sum.golang.google.cn"}

// sumFor asks the checksum database for the hash of a module's zip: "h1:…", or "" when GOSUMDB is off. The database is
// read through the first proxy that offers it, else directly, as the go command does.
func sumFor(ctx context.Context, client *http.Client, from []plan.ModuleProxy, p plan.Proxy, path, vers string) (string, error) {
	key, address, err := sumDBKey(p.GOSUMDB)
	if err != nil || key == "" {
		return "", err
	}
	ops := &sumOps{ctx: ctx, client: client, key: key, address: address, from: from}
	lines, err := sumdb.NewClient(ops).Lookup(path, vers)
	if err != nil {
		if ops.security != "" {
			return "", fmt.Errorf("checksum database: %s", ops.security)
		}
		return "", fmt.Errorf("checksum database: %w", err)
	}
	for _, line := range lines {
		if h, ok := strings.CutPrefix(line, path+" "+vers+" "); ok {
			return h, nil
		}
	}
	return "", fmt.Errorf("checksum database: it has no hash for %s@%s", path, vers)
}

// sumDBKey reads a GOSUMDB value: "off", a known name, a verifier key, each optionally with an address after it.
func sumDBKey(value string) (key, address string, err error) {
	fields := strings.Fields(value)
	if len(fields) == 0 {
		fields = []string{goSumDB}
	}
	if fields[0] == "off" {
		return "", "", nil
	}
	key = fields[0]
	address, known := goSumDBs[key]
	if known {
		key = goSumDB
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return "", "", fmt.Errorf("GOSUMDB: found %q, want off, %s or a key NAME+HASH+KEY: %w", value, strings.Join(slices.Sorted(maps.Keys(goSumDBs)), ", "), err)
	}
	if !known {
		address = "https://" + verifier.Name()
	}
	if len(fields) > 1 {
		address = strings.TrimRight(fields[1], "/")
	}
	return key, address, nil
}

// sumOps is what golang.org/x/mod/sumdb asks of its surroundings. Nothing is kept: a container lives for one look-up.
type sumOps struct {
	ctx      context.Context // of the one look-up: the client's interface hands none on
	client   *http.Client
	key      string
	address  string
	from     []plan.ModuleProxy
	security string

	once sync.Once
	base string
}

func (o *sumOps) ReadRemote(path string) ([]byte, error) {
	o.once.Do(o.findBase)
	buf := bounded{most: mostSum}
	err := get(o.ctx, o.client, o.base+path, &buf)
	return buf.kept.Bytes(), err
}

// findBase takes the first proxy that says it has the database.
func (o *sumOps) findBase() {
	name, _, _ := strings.Cut(o.key, "+")
	o.base = o.address
	for _, p := range o.from {
		if err := get(o.ctx, o.client, p.URL+"/sumdb/"+name+"/supported", &bounded{most: mostSum}); err == nil {
			o.base = p.URL + "/sumdb/" + name
			return
		}
	}
}

func (o *sumOps) ReadConfig(file string) ([]byte, error) {
	if file == "key" {
		return []byte(o.key), nil
	}
	return nil, nil // no tree known yet: whatever is signed is the first
}

func (o *sumOps) WriteConfig(string, []byte, []byte) error { return nil }

func (o *sumOps) ReadCache(string) ([]byte, error) { return nil, errors.New("nothing is kept") }

func (o *sumOps) WriteCache(string, []byte) {}

func (o *sumOps) Log(msg string) { fmt.Fprintln(os.Stderr, msg) }

func (o *sumOps) SecurityError(msg string) { o.security = msg }
