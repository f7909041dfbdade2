package env

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/stretchr/testify/require"
	"github.com/therootcompany/xz"
)

// get reads one address; an error is returned when no whole answer came.
func get(t *testing.T, url string) (int, []byte, error) {
	t.Helper()
	c := http.Client{Timeout: time.Minute}
	r, err := c.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	return r.StatusCode, body, err
}

// fetch is get for what has to be there.
func fetch(t *testing.T, url string) []byte {
	t.Helper()
	code, body, err := get(t, url)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code, "%s\n%s", url, body)
	return body
}

const signedIndex = "/dists/trixie/InRelease"

func TestMirrorServesAnArchiveInItsRealLayout(t *testing.T) {
	for _, base := range []string{world.Mirror.Debian() + signedIndex, world.Mirror.Security() + "/dists/trixie-security/InRelease"} {
		release := fetch(t, base)
		block, _ := clearsign.Decode(release)
		require.NotNil(t, block)
		m := regexp.MustCompile(`(?m)^ ([0-9a-f]{64}) +\d+ main/binary-arm64/Packages\.xz$`).FindSubmatch(block.Plaintext)
		require.NotNil(t, m)
		index := fetch(t, strings.TrimSuffix(base, "InRelease")+"main/binary-arm64/by-hash/SHA256/"+string(m[1]))
		sum := sha256.Sum256(index)
		require.Equal(t, string(m[1]), hex.EncodeToString(sum[:]))
	}
}

func TestMirrorHasNoOtherFiles(t *testing.T) {
	for _, path := range []string{"/debian/dists/nosuchsuite/InRelease", "/debian/../../etc/passwd", "/debian/pool/../dists", "/"} {
		code, _, err := get(t, "http://"+world.Mirror.Host+path)
		require.NoError(t, err)
		require.Equal(t, http.StatusNotFound, code, path)
	}
}

func TestAptTakesPackagesFromTheMirror(t *testing.T) {
	key := filepath.Join(write(t, map[string]string{"archive.asc": world.content.key.armored}), "archive.asc")
	dir := write(t, map[string]string{
		"sources.list":       "deb [signed-by=" + key + "] " + world.Mirror.Debian() + " trixie main\n",
		"lists/partial/keep": "", "archives/partial/keep": "", "status": ""})
	options := []string{"-o", "APT::Sandbox::User=root", "-o", "Dir::Etc::SourceList=" + dir + "/sources.list",
		"-o", "Dir::Etc::SourceParts=/dev/null", "-o", "Dir::State::Lists=" + dir + "/lists", "-o", "Dir::State::status=" + dir + "/status",
		"-o", "Dir::Cache=" + dir, "-o", "APT::Architecture=arm64", "-o", "APT::Architectures=arm64", "-o", "Acquire::GzipIndexes=false"}
	Run(t, Cmd{Dir: dir, Args: append(append([]string{"apt-get"}, options...), "update")}).OK(t)
	Run(t, Cmd{Dir: dir, Args: append(append([]string{"apt-get"}, options...), "download", "libcrypt1")}).OK(t)
	debs, err := filepath.Glob(filepath.Join(dir, "libcrypt1_*_arm64.deb"))
	require.NoError(t, err)
	require.Len(t, debs, 1)
}

// modDownload runs go mod download with a mirror and an empty module cache.
func modDownload(t *testing.T, m *Mirror, mod string) Result {
	t.Helper()
	dir := t.TempDir()
	return Run(t, Cmd{Dir: dir, Args: []string{"go", "mod", "download", mod}, Env: []string{"GOPROXY=" + m.GoProxy(),
		"GOSUMDB=" + m.SumDB, "GOMODCACHE=" + dir, "GOPATH=" + dir, "GOFLAGS=-modcacherw", "GONOSUMDB=", "GOPRIVATE=", "GOWORK=off"}})
}

const smallModule = "github.com/google/uuid@v1.6.0"

func TestGoTakesModulesFromTheMirror(t *testing.T) {
	modDownload(t, world.Mirror, smallModule).OK(t)
}

func TestGoRefusesWhatTheChecksumDatabaseDoesNotHave(t *testing.T) {
	r := modDownload(t, world.LyingSums(t), smallModule)
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "checksum mismatch")

	r = modDownload(t, world.Misbehave(t, Fault{Path: `\.zip$`, Kind: WrongBytes}), smallModule)
	require.NotZero(t, r.Code)
}

func TestGoHearsThatAVersionDoesNotExist(t *testing.T) {
	r := modDownload(t, world.Mirror, "golang.org/toolchain@v0.0.1-go1.99.9.linux-amd64")
	require.NotZero(t, r.Code)
	require.Contains(t, r.Output(), "404")
}

func TestFaults(t *testing.T) {
	honest := fetch(t, world.Mirror.Debian()+signedIndex)
	path := func(k FaultKind) string {
		return world.Misbehave(t, Fault{Path: "InRelease$", Kind: k}).Debian() + signedIndex
	}

	code, body, err := get(t, path(WrongBytes))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	require.Len(t, body, len(honest))
	require.NotEqual(t, honest, body)

	_, body, err = get(t, path(WrongSignature))
	require.NoError(t, err)
	mine, _ := clearsign.Decode(honest)
	theirs, _ := clearsign.Decode(body)
	require.Equal(t, string(mine.Plaintext), string(theirs.Plaintext))

	_, body, err = get(t, path(ExpiredIndex))
	require.NoError(t, err)
	text := signedByArchive(t, body)
	until, err := time.Parse(time.RFC1123, field(text, "Valid-Until"))
	require.NoError(t, err)
	require.Less(t, until, time.Now())

	code, body, err = get(t, path(HTMLPage))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, string(body), "<html>")

	code, body, err = get(t, path(EmptyBody))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, code)
	require.Empty(t, body)

	_, body, err = get(t, path(Truncated))
	require.Error(t, err)
	require.Len(t, body, len(honest)/2)

	code, _, err = get(t, path(NotFound))
	require.NoError(t, err)
	require.Equal(t, http.StatusNotFound, code)

	code, _, err = get(t, path(ServerError))
	require.NoError(t, err)
	require.Equal(t, http.StatusInternalServerError, code)

	_, _, err = get(t, path(Refused))
	require.ErrorContains(t, err, "refused")

	_, err = (&http.Client{Timeout: 300 * time.Millisecond}).Get(path(Stall))
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// signedByArchive is the text of an InRelease that the archive's key signed.
func signedByArchive(t *testing.T, signed []byte) []byte {
	t.Helper()
	block, _ := clearsign.Decode(signed)
	require.NotNil(t, block)
	_, err := block.VerifySignature(openpgp.EntityList{world.content.key.entity}, nil)
	require.NoError(t, err)
	return block.Plaintext
}

// TestOldIndex: what a held back archive serves fits together, is older, and lists the same packages.
func TestOldIndex(t *testing.T) {
	today, err := signedText(fetch(t, world.Mirror.Debian()+signedIndex))
	require.NoError(t, err)
	m := world.Misbehave(t, Fault{Path: "/dists/", Kind: OldIndex})
	text := signedByArchive(t, fetch(t, m.Debian()+signedIndex))
	date := func(text []byte) time.Time {
		at, err := time.Parse(time.RFC1123, field(text, "Date"))
		require.NoError(t, err)
		return at
	}
	require.Equal(t, date(today).AddDate(-1, 0, 0), date(text))
	line := regexp.MustCompile(`(?m)^ ([0-9a-f]{64}) +\d+ main/binary-arm64/Packages\.xz$`)
	read := func(m *Mirror, release []byte) (digest string, packages []byte) {
		digest = string(line.FindSubmatch(release)[1])
		index := fetch(t, m.Debian()+"/dists/trixie/main/binary-arm64/by-hash/SHA256/"+digest)
		sum := sha256.Sum256(index)
		require.Equal(t, digest, hex.EncodeToString(sum[:]))
		r, err := xz.NewReader(bytes.NewReader(index), xz.DefaultDictMax)
		require.NoError(t, err)
		packages, err = io.ReadAll(r)
		require.NoError(t, err)
		return digest, packages
	}
	wasDigest, was := read(m, text)
	isDigest, is := read(world.Mirror, today)
	require.NotEqual(t, wasDigest, isDigest)
	require.True(t, bytes.Equal(was, is))
}

func TestFaultsLeaveOtherPathsAlone(t *testing.T) {
	m := world.Misbehave(t, Fault{Path: "nothing-like-this", Kind: NotFound})
	require.Equal(t, fetch(t, world.Mirror.Debian()+signedIndex), fetch(t, m.Debian()+signedIndex))
}

func TestArchiveAddressReadsBothFormats(t *testing.T) {
	const sources = "# deb http://old.example/debian x\nTypes: deb\nURIs: http://one.example/debian/\n\ndeb [arch=amd64] https://two.example/x/debian-security stable main\n"
	got, err := archiveAddress(sources, "/debian")
	require.NoError(t, err)
	require.Equal(t, "http://one.example/debian", got)
	got, err = archiveAddress(sources, "/debian-security")
	require.NoError(t, err)
	require.Equal(t, "https://two.example/x/debian-security", got)
	_, err = archiveAddress("deb http://one.example/ubuntu x main\n", "/debian")
	require.ErrorContains(t, err, "/debian")
}
