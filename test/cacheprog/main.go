// Command cacheprog is a GOCACHEPROG as a fleet of builders would use one, as small as it can be: objects are on a server, below
// the address --url, and in the folder GOCACHE. It says who it is with the file that CROSSGO_CACHE_SECRET names.
package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

type request struct {
	ID                 int64
	Command            string
	ActionID, OutputID []byte
	BodySize           int64
}

type response struct {
	ID            int64
	Err           string   `json:",omitempty"`
	KnownCommands []string `json:",omitempty"`
	Miss          bool     `json:",omitempty"`
	OutputID      []byte   `json:",omitempty"`
	Size          int64    `json:",omitempty"`
	DiskPath      string   `json:",omitempty"`
}

// object is what the server has for an action.
type object struct {
	Output []byte
	Body   []byte
}

var url = flag.String("url", "", "address of the server")

func main() {
	flag.Parse()
	if err := serve(); err != nil {
		fmt.Fprintln(os.Stderr, "cacheprog:", err)
		os.Exit(1)
	}
}

func serve() error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	if err := out.Encode(response{KnownCommands: []string{"get", "put", "close"}}); err != nil {
		return err
	}
	for {
		var req request
		if err := in.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var body []byte
		if req.BodySize > 0 {
			if err := in.Decode(&body); err != nil {
				return err
			}
		}
		res, err := answer(req, body)
		if err != nil {
			res.Err = err.Error()
		}
		res.ID = req.ID
		if err := out.Encode(res); err != nil || req.Command == "close" {
			return err
		}
	}
}

func answer(req request, body []byte) (response, error) {
	switch req.Command {
	case "get":
		data, err := ask(http.MethodGet, req.ActionID, nil)
		if err != nil || data == nil {
			return response{Miss: true}, err
		}
		var o object
		if err := json.Unmarshal(data, &o); err != nil {
			return response{}, err
		}
		path, err := keep(o.Output, o.Body)
		return response{OutputID: o.Output, Size: int64(len(o.Body)), DiskPath: path}, err
	case "put":
		data, err := json.Marshal(object{req.OutputID, body})
		if err != nil {
			return response{}, err
		}
		if _, err := ask(http.MethodPut, req.ActionID, data); err != nil {
			return response{}, err
		}
		path, err := keep(req.OutputID, body)
		return response{DiskPath: path}, err
	}
	return response{}, nil
}

func keep(output, body []byte) (string, error) {
	path := filepath.Join(os.Getenv("GOCACHE"), hex.EncodeToString(output))
	part := fmt.Sprintf("%s.%d", path, os.Getpid()) // other builds share the folder
	if err := os.WriteFile(part, body, 0o644); err != nil {
		return "", err
	}
	return path, os.Rename(part, path)
}

// ask sends a request about an action; nil is the answer when the server has nothing.
func ask(method string, action, body []byte) ([]byte, error) {
	token, err := os.ReadFile(os.Getenv("CROSSGO_CACHE_SECRET"))
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequest(method, *url+"/"+hex.EncodeToString(action), bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", string(token))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	switch {
	case res.StatusCode == http.StatusNotFound:
		return nil, nil
	case res.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", res.Status, data)
	}
	return data, err
}
