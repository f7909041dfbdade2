// Package objects is what crossgo knows of the objects that go keeps: the protocol in which the go command asks for them, the folder
// that they are kept in, and which of them may serve other builds. The program keeper is made of it, which is in the keys of everybody's
// dependency layers: what changes here, a comment too, changes its bytes (step/keeper.go). So there is nothing but the standard library in it.
package objects

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// The protocol of GOCACHEPROG (cmd/go/internal/cacheprog of the Go distribution): JSON on stdin and stdout, one value after the
// other; a "put" is followed by its body as one string of base64, if it has one.

type cacheRequest struct {
	ID       int64
	Command  string
	ActionID []byte
	OutputID []byte
	BodySize int64
}

type cacheResponse struct {
	ID            int64
	Err           string     `json:",omitempty"`
	KnownCommands []string   `json:",omitempty"`
	Miss          bool       `json:",omitempty"`
	OutputID      []byte     `json:",omitempty"`
	Size          int64      `json:",omitempty"`
	Time          *time.Time `json:",omitempty"`
	DiskPath      string     `json:",omitempty"`
}

// Store is what the protocol is spoken for. It is asked by many at once.
type Store interface {
	// Get finds the object of an action; false when there is none.
	Get(action []byte) (Object, bool)
	// Put keeps an object and returns the file that it is in.
	Put(action, output, body []byte) (string, error)
}

// Object is a file that the go command made once.
type Object struct {
	Output []byte // its name, by content
	Size   int64  // in bytes
	Made   time.Time
	Path   string
}

// Serve answers the go command until it says "close" or hangs up. The go command sends many requests at once: each is
// answered when it is ready. A store that is an io.Closer is closed. An error is of what the go command sent, or of reading it.
func Serve(in io.Reader, out io.Writer, store Store) error {
	s := &cacheServer{out: json.NewEncoder(out), store: store}
	defer s.working.Wait()
	s.send(cacheResponse{KnownCommands: []string{"get", "put", "close"}})
	for dec := json.NewDecoder(bufio.NewReaderSize(in, 1<<20)); ; {
		var req cacheRequest
		if err := dec.Decode(&req); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the go command's request: %w", err)
		}
		var body []byte
		if req.Command == "put" && req.BodySize > 0 {
			if err := dec.Decode(&body); err != nil {
				return fmt.Errorf("the go command's object: %w", err)
			}
		}
		if req.Command == "close" {
			s.working.Wait()
			s.send(cacheResponse{ID: req.ID, Err: closeError(store)})
			return nil
		}
		s.working.Add(1)
		go func() {
			defer s.working.Done()
			s.send(s.answer(req, body))
		}()
	}
}

// closeError is what a store that has an end says at it: the go command fails with that.
func closeError(store Store) string {
	if c, ok := store.(io.Closer); ok {
		if err := c.Close(); err != nil {
			return err.Error()
		}
	}
	return ""
}

type cacheServer struct {
	store   Store
	working sync.WaitGroup
	mu      sync.Mutex // guards out
	out     *json.Encoder
}

func (s *cacheServer) answer(req cacheRequest, body []byte) cacheResponse {
	res := cacheResponse{ID: req.ID}
	switch req.Command {
	case "get":
		o, ok := s.store.Get(req.ActionID)
		if !ok {
			res.Miss = true
			return res
		}
		res.OutputID, res.Size, res.Time, res.DiskPath = o.Output, o.Size, &o.Made, o.Path
	case "put":
		path, err := s.put(req, body)
		res.DiskPath = path
		if err != nil {
			res.Err = err.Error()
		}
	default:
		res.Err = fmt.Sprintf("found the command %q, want get, put or close", req.Command)
	}
	return res
}

func (s *cacheServer) put(req cacheRequest, body []byte) (string, error) {
	if int64(len(body)) != req.BodySize {
		return "", fmt.Errorf("found an object of %d bytes, want %d", len(body), req.BodySize)
	}
	return s.store.Put(req.ActionID, req.OutputID, body)
}

// send writes one answer. When the go command has gone there is nobody to tell: the next read says so.
func (s *cacheServer) send(res cacheResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.out.Encode(res)
}
