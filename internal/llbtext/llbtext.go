// Package llbtext writes a BuildKit graph as text for golden files: one block per vertex, dependencies first, each input
// named by the vertex it comes from, and no digests, so that a diff shows what changed and nothing else.
package llbtext

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/moby/buildkit/solver/pb"
	digest "github.com/opencontainers/go-digest"
	"google.golang.org/protobuf/proto"
)

// Vertex is one operation of a graph.
type Vertex struct {
	Name   string
	Digest string
	Op     *pb.Op
	Inputs []Input
}

// Input is one output of an earlier vertex.
type Input struct {
	Vertex *Vertex
	Index  int64
}

// Vertices are a definition's operations, inputs before those that use them. The last one is the definition's result.
func Vertices(def *pb.Definition) ([]*Vertex, error) {
	byDigest := map[string]*Vertex{}
	var list []*Vertex
	for _, raw := range def.Def {
		op := new(pb.Op)
		if err := proto.Unmarshal(raw, op); err != nil {
			return nil, err
		}
		v := &Vertex{Digest: digestOf(raw), Op: op}
		if m := def.Metadata[v.Digest]; m != nil {
			v.Name = m.Description["llb.customname"]
		}
		for _, in := range op.Inputs {
			v.Inputs = append(v.Inputs, Input{byDigest[in.Digest], in.Index})
		}
		byDigest[v.Digest] = v
		list = append(list, v)
	}
	return list, nil
}

// Text is the golden form of a definition.
func Text(def *pb.Definition) (string, error) {
	vertices, err := Vertices(def)
	if err != nil {
		return "", err
	}
	number := map[*Vertex]int{}
	var out strings.Builder
	for i, v := range vertices {
		number[v] = i
		v.write(&out, i, number)
	}
	return out.String(), nil
}

func (v *Vertex) write(out *strings.Builder, n int, number map[*Vertex]int) {
	fmt.Fprintf(out, "#%d %s\n", n, v.Name)
	ref := func(i pb.InputIndex) string { return v.ref(int64(i), number) }
	switch op := v.Op.Op.(type) {
	case *pb.Op_Exec:
		writeExec(out, op.Exec, ref)
	case *pb.Op_File:
		writeFile(out, op.File, ref)
	case *pb.Op_Source:
		writeSource(out, op.Source)
	default:
		for i := range v.Inputs {
			fmt.Fprintf(out, "  result of %s\n", v.ref(int64(i), number))
		}
	}
	if p := v.Op.Platform; p != nil {
		fmt.Fprintf(out, "  platform %s\n", path.Join(p.OS, p.Architecture, p.Variant))
	}
}

func (v *Vertex) ref(i int64, number map[*Vertex]int) string {
	if i < 0 || i >= int64(len(v.Inputs)) {
		return "scratch"
	}
	in := v.Inputs[i]
	return fmt.Sprintf("#%d.%d", number[in.Vertex], in.Index)
}

func writeExec(out *strings.Builder, e *pb.ExecOp, ref func(pb.InputIndex) string) {
	fmt.Fprintf(out, "  exec %s\n", strings.Join(e.Meta.Args, " "))
	fmt.Fprintf(out, "  in %s network %s\n", e.Meta.Cwd, e.Network)
	for _, kv := range e.Meta.Env {
		fmt.Fprintf(out, "  env %s\n", kv)
	}
	if e.Meta.ProxyEnv != nil {
		fmt.Fprintln(out, "  env of the proxy")
	}
	for _, s := range e.Secretenv {
		fmt.Fprintf(out, "  env %s of secret %s\n", s.Name, s.ID)
	}
	for _, m := range e.Mounts {
		fmt.Fprintf(out, "  mount %s%s\n", m.Dest, mountText(m, ref))
	}
}

func mountText(m *pb.Mount, ref func(pb.InputIndex) string) string {
	var words []string
	switch m.MountType {
	case pb.MountType_BIND:
		words = append(words, "from "+ref(pb.InputIndex(m.Input))+m.Selector)
	case pb.MountType_SECRET:
		words = append(words, secretText(m.SecretOpt))
	case pb.MountType_CACHE:
		words = append(words, fmt.Sprintf("cache %s %s", m.CacheOpt.ID, strings.ToLower(m.CacheOpt.Sharing.String())))
	default:
		words = append(words, strings.ToLower(m.MountType.String()))
	}
	if m.Readonly {
		words = append(words, "readonly")
	}
	if m.MountType == pb.MountType_BIND && m.Output >= 0 {
		words = append(words, fmt.Sprintf("output %d", m.Output))
	}
	if m.ContentCache != pb.MountContentCache_DEFAULT {
		words = append(words, "content cache "+strings.ToLower(m.ContentCache.String()))
	}
	return " " + strings.Join(words, ", ")
}

func secretText(s *pb.SecretOpt) string {
	text := fmt.Sprintf("secret %s mode %o", s.ID, s.Mode)
	if s.Optional {
		text += " optional"
	}
	return text
}

func writeSource(out *strings.Builder, s *pb.SourceOp) {
	fmt.Fprintf(out, "  source %s\n", s.Identifier)
	var names []string
	for name := range s.Attrs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(out, "  %s %s\n", name, s.Attrs[name])
	}
}

func writeFile(out *strings.Builder, f *pb.FileOp, ref func(pb.InputIndex) string) {
	for _, a := range f.Actions {
		switch action := a.Action.(type) {
		case *pb.FileAction_Copy:
			c := action.Copy
			fmt.Fprintf(out, "  copy %s of %s to %s%s\n", c.Src, ref(pb.InputIndex(a.SecondaryInput)), c.Dest, patterns(c))
		case *pb.FileAction_Mkfile:
			fmt.Fprintf(out, "  file %s\n%s", action.Mkfile.Path, indent(string(action.Mkfile.Data)))
		case *pb.FileAction_Mkdir:
			fmt.Fprintf(out, "  directory %s %o\n", action.Mkdir.Path, action.Mkdir.Mode)
		case *pb.FileAction_Symlink:
			fmt.Fprintf(out, "  link %s to %s\n", action.Symlink.Newpath, action.Symlink.Oldpath)
		default:
			fmt.Fprintf(out, "  %T\n", action)
		}
	}
}

func patterns(c *pb.FileActionCopy) string {
	s := ""
	if len(c.IncludePatterns) > 0 {
		s += " only " + strings.Join(c.IncludePatterns, " ")
	}
	if len(c.ExcludePatterns) > 0 {
		s += " without " + strings.Join(c.ExcludePatterns, " ")
	}
	return s
}

func digestOf(raw []byte) string { return digest.FromBytes(raw).String() }

func indent(s string) string {
	var out strings.Builder
	for line := range strings.Lines(s) {
		out.WriteString("    | " + strings.TrimRight(line, "\n") + "\n")
	}
	return out.String()
}
