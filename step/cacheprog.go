package step

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

// objectStore is what the protocol is spoken for.
type objectStore interface {
	// get finds the object of an action; false when there is none.
	get(action []byte) (object, bool)
	// put keeps an object and returns the file that it is in.
	put(action, output, body []byte) (string, error)
}

// object is a file that the go command made once.
type object struct {
	output []byte
	size   int64
	made   time.Time
	path   string
}

// serveCache answers the go command until it says "close" or hangs up. The go command sends many requests at once: each is
// answered when it is ready.
func serveCache(in io.Reader, out io.Writer, store objectStore) error {
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
			s.send(cacheResponse{ID: req.ID})
			return nil
		}
		s.working.Go(func() { s.send(s.answer(req, body)) })
	}
}

type cacheServer struct {
	store   objectStore
	working sync.WaitGroup
	mu      sync.Mutex // guards out
	out     *json.Encoder
}

func (s *cacheServer) answer(req cacheRequest, body []byte) cacheResponse {
	res := cacheResponse{ID: req.ID}
	switch req.Command {
	case "get":
		o, ok := s.store.get(req.ActionID)
		if !ok {
			res.Miss = true
			return res
		}
		res.OutputID, res.Size, res.Time, res.DiskPath = o.output, o.size, &o.made, o.path
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
	return s.store.put(req.ActionID, req.OutputID, body)
}

// send writes one answer. When the go command has gone there is nobody to tell: the next read says so.
func (s *cacheServer) send(res cacheResponse) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.out.Encode(res)
}
