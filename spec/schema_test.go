package spec

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestGenerated fails when docs/ is behind the tables; go generate ./spec writes it anew.
func TestGenerated(t *testing.T) {
	golden(t, "../docs/schema.json", string(mustSchema(t)))
	golden(t, "../docs/reference.md", Reference())
}

func TestReferenceComplete(t *testing.T) {
	page := Reference()
	sections := map[string]bool{}
	for _, heading := range regexp.MustCompile(`(?m)^##+ (.*)$`).FindAllString(page, -1) {
		address := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(strings.TrimLeft(heading, "# ")), "")
		require.False(t, sections[address], "two sections have the address of %q", heading)
		sections[address] = true
	}
	require.NotContains(t, page, "{{")
	for _, doc := range allDocs() {
		require.NotEmpty(t, doc.typ, doc.example)
		require.NotEmpty(t, doc.def, doc.example)
		require.NotEmpty(t, doc.allowed, doc.example)
		require.Contains(t, page, doc.does)
	}
}

// TestExamplesParse holds every example of the page against the parser.
func TestExamplesParse(t *testing.T) {
	for _, k := range fileKeys {
		_, err := Parse("example", []byte(k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range binaryKeys {
		text := "args: {VERSION: dev}\nbinaries:\n  - " + k.doc.example + "\n"
		if k.name == "name" {
			text += "    main: ./a\n"
		}
		_, err := Parse("example", []byte(text))
		require.NoError(t, err, text)
	}
	for _, k := range imageKeys {
		_, err := Parse("example", []byte("image:\n  "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range cacheKeys {
		_, err := Parse("example", []byte("args: {CACHE_URL: dev}\ncache:\n  "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range verifyKeys {
		_, err := Parse("example", []byte("verify:\n  "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range testKeys {
		_, err := Parse("example", []byte("test:\n  "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range runKeys {
		_, err := Parse("example", []byte("verify:\n  run:\n    "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range expectKeys {
		_, err := Parse("example", []byte("args: {VERSION: dev}\nverify:\n  run:\n    expect:\n      "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range outputKeys {
		_, err := Parse("example", []byte("verify:\n  run:\n    expect:\n      stdout:\n        "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range releaseKeys {
		_, err := Parse("example", []byte("release:\n  "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range releaseFileKeys {
		_, err := Parse("example", []byte("release:\n  files:\n    - {from: a, "+k.doc.example+"}\n"))
		if k.name == "from" {
			_, err = Parse("example", []byte("release: {files: [{"+k.doc.example+"}]}\n"))
		}
		require.NoError(t, err, k.doc.example)
	}
	for _, k := range signerKeys {
		_, err := Parse("example", []byte("args: {KEY: k}\nrelease:\n  signer:\n    "+k.doc.example+"\n"))
		require.NoError(t, err, k.doc.example)
	}
	whole := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(Reference())
	_, err := Parse("example", []byte(whole[1]))
	require.NoError(t, err)
}

func allDocs() []keyDoc {
	var docs []keyDoc
	for _, k := range fileKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range binaryKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range imageKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range cacheKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range verifyKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range testKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range slices.Concat(runKeys, expectKeys) {
		docs = append(docs, k.doc)
	}
	for _, k := range outputKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range releaseKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range releaseFileKeys {
		docs = append(docs, k.doc)
	}
	for _, k := range signerKeys {
		docs = append(docs, k.doc)
	}
	return docs
}

// TestSchema reads the schema back: every key is in it and every pattern compiles.
func TestSchema(t *testing.T) {
	var s struct {
		Properties  map[string]any
		Definitions map[string]struct {
			Properties           map[string]any
			AdditionalProperties bool
		}
	}
	require.NoError(t, json.Unmarshal(mustSchema(t), &s))
	for _, name := range names(fileKeys) {
		require.Contains(t, s.Properties, name)
	}
	for _, name := range names(binaryKeys) {
		require.Contains(t, s.Definitions["binary"].Properties, name)
	}
	for _, name := range names(imageKeys) {
		require.Contains(t, s.Definitions["image"].Properties, name)
	}
	require.False(t, s.Definitions["binary"].AdditionalProperties)
	for _, m := range regexp.MustCompile(`"pattern": (".*")`).FindAllStringSubmatch(string(mustSchema(t)), -1) {
		var pattern string
		require.NoError(t, json.Unmarshal([]byte(m[1]), &pattern))
		regexp.MustCompile(pattern)
		require.False(t, strings.Contains(pattern, `\p`), "editors read patterns as JavaScript does: %s", pattern)
	}
}

func mustSchema(t *testing.T) []byte {
	t.Helper()
	text, err := Schema()
	require.NoError(t, err)
	return text
}
