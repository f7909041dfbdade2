package llb

import (
	"strings"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

// Readdress is a graph with other addresses in the place of those that files are fetched from by HTTP. What is made
// is the same, as long as the files have digests. The graph that is given stays as it is.
//
// BuildKit does not fetch again, in one build, what failed in it: neither the same vertex nor another one with the
// same key, and the key of a file with a digest is that digest and the file's name (solver/scheduler.go of v0.33
// merges edges). So an address with a fragment, which is sent to no server, makes another vertex, and the file gets
// another name; the steps that it is mounted in look at its content alone.
func Readdress(def *pb.Definition, to func(address string) string) (*pb.Definition, error) {
	r := readdress{to: to, changed: map[string]string{}, renamed: map[string]rename{}}
	out := &pb.Definition{Metadata: map[string]*pb.OpMetadata{}}
	if def.Source != nil {
		out.Source = &pb.Source{Infos: def.Source.Infos, Locations: map[string]*pb.Locations{}}
	}
	for _, raw := range def.Def {
		before := digest.FromBytes(raw).String()
		now, err := r.vertex(before, raw)
		if err != nil {
			return nil, err
		}
		after := digest.FromBytes(now).String()
		r.changed[before] = after
		out.Def = append(out.Def, now)
		if m := def.Metadata[before]; m != nil {
			out.Metadata[after] = m
		}
		if l := def.Source.GetLocations()[before]; l != nil {
			out.Source.Locations[after] = l
		}
	}
	return out, nil
}

// Addresses are those that a graph fetches files from by HTTP.
func Addresses(def *pb.Definition) ([]string, error) {
	var list []string
	for _, raw := range def.Def {
		op := new(pb.Op)
		if err := proto.Unmarshal(raw, op); err != nil {
			return nil, err
		}
		if s := op.GetSource(); isHTTP(s) {
			list = append(list, s.Identifier)
		}
	}
	return list, nil
}

func isHTTP(s *pb.SourceOp) bool {
	return strings.HasPrefix(s.GetIdentifier(), "http://") || strings.HasPrefix(s.GetIdentifier(), "https://")
}

// readdress is a graph on its way, by the digests of its vertices as they were.
type readdress struct {
	to      func(string) string
	changed map[string]string // digests now
	renamed map[string]rename
}

// rename is a file's name in its vertex.
type rename struct{ from, to string }

// vertex is one vertex, after those that it has as inputs.
func (r *readdress) vertex(before string, raw []byte) ([]byte, error) {
	op := new(pb.Op)
	if err := proto.Unmarshal(raw, op); err != nil {
		return nil, err
	}
	var same bool
	if s := op.GetSource(); isHTTP(s) {
		same = r.source(before, s)
	} else {
		same = r.inputs(op)
	}
	if same {
		return raw, nil
	}
	// The same vertex in two graphs has to have the same digest, or it would be made twice.
	return proto.MarshalOptions{Deterministic: true}.Marshal(op)
}

func (r *readdress) source(before string, s *pb.SourceOp) (same bool) {
	now := r.to(s.Identifier)
	same, s.Identifier = now == s.Identifier, now
	_, fragment, ok := strings.Cut(now, "#")
	if name := s.Attrs[pb.AttrHTTPFilename]; ok && name != "" && s.Attrs[pb.AttrHTTPChecksum] != "" {
		s.Attrs[pb.AttrHTTPFilename] = fragment + "-" + name
		r.renamed[before] = rename{name, fragment + "-" + name}
	}
	return same
}

// inputs names the inputs anew, and the files that are mounted from them.
func (r *readdress) inputs(op *pb.Op) (same bool) {
	same = true
	for _, m := range op.GetExec().GetMounts() {
		if m.Input < 0 {
			continue
		}
		if n, ok := r.renamed[op.Inputs[m.Input].Digest]; ok && strings.TrimPrefix(m.Selector, "/") == n.from {
			m.Selector = n.to
		}
	}
	for _, in := range op.Inputs {
		if now := r.changed[in.Digest]; now != "" && now != in.Digest {
			in.Digest, same = now, false
		}
	}
	return same
}
