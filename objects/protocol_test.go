package objects

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// talk sends requests as the go command writes them and gives back the answers by id.
func talk(t *testing.T, store Store, requests string) (map[int64]cacheResponse, error) {
	var out bytes.Buffer
	err := Serve(strings.NewReader(requests), &out, store)
	answers := map[int64]cacheResponse{}
	for dec := json.NewDecoder(&out); ; {
		var res cacheResponse
		if err := dec.Decode(&res); err == io.EOF {
			break
		} else {
			require.NoError(t, err)
		}
		answers[res.ID] = res
	}
	return answers, err
}

func TestServe(t *testing.T) {
	s := NewLayer(Dir(t.TempDir()), Dir(t.TempDir()), Salts{}, time.Now(), io.Discard)
	answers, err := talk(t, s, `{"ID":1,"Command":"put","ActionID":"YQ==","OutputID":"Yg==","BodySize":4}`+"\n\n"+`"dGV4dA=="`+"\n"+
		`{"ID":2,"Command":"put","ActionID":"Yw==","OutputID":"ZA=="}`+"\n"+
		`{"ID":3,"Command":"put","ActionID":"ZQ==","OutputID":"ZA==","BodySize":9}`+"\n"+`"dGV4dA=="`+"\n"+
		`{"ID":4,"Command":"sing"}`+"\n"+`{"ID":5,"Command":"close"}`)
	require.NoError(t, err)
	require.Equal(t, []string{"get", "put", "close"}, answers[0].KnownCommands)
	text, err := os.ReadFile(answers[1].DiskPath)
	require.NoError(t, err)
	require.Equal(t, "text", string(text))
	require.FileExists(t, answers[2].DiskPath, "an empty object")
	require.Contains(t, answers[3].Err, "found an object of 4 bytes, want 9")
	require.Contains(t, answers[4].Err, `found the command "sing"`)
	require.Contains(t, answers, int64(5))

	answers, err = talk(t, s, `{"ID":1,"Command":"get","ActionID":"YQ=="}{"ID":2,"Command":"get","ActionID":"eA=="}`)
	require.NoError(t, err, "the go command hung up")
	require.Equal(t, []byte("b"), answers[1].OutputID)
	require.Equal(t, int64(4), answers[1].Size)
	require.True(t, answers[2].Miss)

	_, err = talk(t, s, `{"ID":1,"Command":`)
	require.ErrorContains(t, err, "the go command's request")
	_, err = talk(t, s, `{"ID":1,"Command":"put","BodySize":4} 17`)
	require.ErrorContains(t, err, "the go command's object")
}

// TestServeEndsWithTheStoresError: the go command drops errors of put, but not of close.
func TestServeEndsWithTheStoresError(t *testing.T) {
	full := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(full, nil, 0o644))
	l := NewLayer(Dir(full), Dir(t.TempDir()), Salts{}, time.Now(), io.Discard)
	answers, err := talk(t, l, `{"ID":1,"Command":"put","ActionID":"YQ==","OutputID":"Yg=="}`+"\n"+`{"ID":2,"Command":"close"}`)
	require.NoError(t, err)
	require.NotEmpty(t, answers[1].Err)
	require.Contains(t, answers[2].Err, "the layer of compiled dependencies: ")
}
