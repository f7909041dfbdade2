package pclntab

import (
	"bytes"
	"debug/elf"
	"debug/gosym"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const textStart = 0x1000

var (
	functions = []string{"main.main", "main.(*T).F", "runtime.exit"} // with code; each has 0x20 bytes more than the one before
	inlined   = "main.inlined"
	files     = []string{"/src/main.go", "example.com/m/t.go"}
)

// writer writes a table.
type writer struct {
	layout
	order   binary.ByteOrder
	pointer int
	out     []byte
}

func (w *writer) put(at int, v uint64, n int) {
	w.out = append(w.out, make([]byte, max(at+n-len(w.out), 0))...)
	if n == 4 {
		w.order.PutUint32(w.out[at:], uint32(v))
	} else {
		w.order.PutUint64(w.out[at:], v)
	}
}

// texts appends names and gives their offsets.
func (w *writer) texts(names ...string) (offsets []uint64) {
	for _, name := range names {
		offsets, w.out = append(offsets, uint64(len(w.out))), append(w.out, name+"\x00"...)
	}
	return offsets
}

// list appends the list of functions and their descriptions. Offsets of descriptions count from base, those of names from nameBase.
func (w *writer) list(at, base int, names []uint64, nameBase uint64) {
	n, pc := w.pointer, uint64(textStart)
	if w.short {
		n, pc = 4, 0
	}
	descriptions := at + (2*len(functions)+1)*n + 8
	for i := range functions {
		w.put(at+2*i*n, pc, n)
		w.put(at+(2*i+1)*n, uint64(descriptions+64*i-base), n)
		w.put(descriptions+64*i, pc, n)
		w.put(descriptions+64*i+n, names[i]-nameBase, 4)
		w.put(descriptions+64*i+60, 0, 4)
		pc += uint64(0x20 * (i + 1))
	}
	w.put(at+2*len(functions)*n, pc, n)
}

// table is one of the layout, as the linker of that version would write it.
func table(l layout, order binary.ByteOrder, pointer int) []byte {
	w := &writer{layout: l, order: order, pointer: pointer}
	w.put(0, uint64(l.magic), 4)
	w.out = append(w.out, 0, 0, 1, byte(pointer))
	word := func(i int, v uint64) { w.put(8+i*pointer, v, pointer) }
	word(0, uint64(len(functions)))
	if l.names == 0 {
		list := 8 + pointer
		end := list + (2*len(functions)+1)*pointer
		w.put(end+4+64*len(functions), 0, 8)
		names := w.texts(append(slices.Clone(functions), inlined)...)
		w.list(list, 0, names, 0)
		w.out = append(w.out, make([]byte, -len(w.out)&7)...)
		fileList := len(w.out)
		w.put(end, uint64(fileList), 4)
		w.put(fileList, uint64(len(files)+1), 4)
		w.put(fileList+4*len(files), 0, 4)
		for i, off := range w.texts(files...) {
			w.put(fileList+4*(i+1), off, 4)
		}
		return append(w.out, "behind\x00"...)
	}
	word(1, uint64(len(files)))
	word(l.names+funcsPart, 0)
	word(l.names+namesPart, uint64(len(w.out)))
	base := uint64(len(w.out))
	names := w.texts(append(slices.Clone(functions), inlined)...)
	word(l.names+unitsPart, uint64(len(w.out)))
	w.put(len(w.out), 0, 4)
	word(l.names+filesPart, uint64(len(w.out)))
	w.texts(files...)
	word(l.names+valuesPart, uint64(len(w.out)))
	w.out = append(w.out, make([]byte, 8+(-len(w.out)&7))...)
	at := len(w.out)
	word(l.names+funcsPart, uint64(at))
	w.list(at, at, names, base)
	return w.out
}

// each calls test for every table that there can be.
func each(t *testing.T, test func(t *testing.T, raw []byte, order binary.ByteOrder, l layout)) {
	for _, l := range layouts {
		for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
			for _, pointer := range []int{4, 8} {
				t.Run(fmt.Sprintf("%#x %s %d", l.magic, order, pointer), func(t *testing.T) { test(t, table(l, order, pointer), order, l) })
			}
		}
	}
}

// sizes are the functions and their bytes.
func sizes(t *Table) map[string]int64 {
	list := map[string]int64{}
	t.Sizes(func(name []byte, n int64) { list[string(name)] += n })
	return list
}

// oracle is what Go's own reader says of a table.
func oracle(t *testing.T, raw []byte, text uint64) (sizes map[string]int64, files []string) {
	t.Helper()
	symbols, err := gosym.NewTable(nil, gosym.NewLineTable(raw, text))
	require.NoError(t, err)
	require.NotEmpty(t, symbols.Funcs)
	sizes = map[string]int64{}
	for _, f := range symbols.Funcs {
		sizes[f.Name] += int64(f.End - f.Entry)
	}
	return sizes, slices.Sorted(maps.Keys(symbols.Files))
}

func textsIn(t *testing.T, raw []byte, p Part, ok bool) []string {
	t.Helper()
	require.True(t, ok)
	text := string(raw[p.At : p.At+p.Size])
	require.True(t, strings.HasSuffix(text, "\x00"))
	return slices.Sorted(slices.Values(strings.Split(text[:len(text)-1], "\x00")))
}

// TestAllVersions reads every layout in both byte orders and with both sizes of pointers, alone and between other bytes, and as Go's own
// reader does.
func TestAllVersions(t *testing.T) {
	each(t, func(t *testing.T, raw []byte, order binary.ByteOrder, l layout) {
		wantSizes, wantFiles := oracle(t, raw, textStart)
		require.Equal(t, map[string]int64{functions[0]: 0x20, functions[1]: 0x40, functions[2]: 0x60}, wantSizes)
		require.Equal(t, slices.Sorted(slices.Values(files)), wantFiles)
		for _, before := range []int{0, 5, 1<<20 - 3} {
			whole := append(append(bytes.Repeat([]byte{0xff}, before), raw...), "more"...)
			found, ok := Find(bytes.NewReader(whole), 0, int64(len(whole)), order)
			require.True(t, ok)
			require.Equal(t, wantSizes, sizes(found))
			part, ok := found.Files()
			require.Equal(t, wantFiles, textsIn(t, whole, part, ok))
			part, ok = found.Names()
			require.True(t, ok)
			names := strings.Split(string(whole[part.At:part.At+part.Size]), "\x00")
			for _, name := range append(slices.Clone(functions), inlined) {
				require.Contains(t, names, name)
			}
			if l.names > 0 {
				require.Equal(t, len(functions)+2, len(names), "nothing but names, and what is behind the last zero")
			}
		}
	})
}

// TestOwnProgram reads the table of this very test, whose functions are thousands.
func TestOwnProgram(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	f, err := elf.Open(self)
	require.NoError(t, err)
	defer f.Close()
	i := slices.IndexFunc(f.Sections, func(s *elf.Section) bool { return strings.HasSuffix(s.Name, ".gopclntab") })
	require.Positive(t, i)
	raw, err := f.Sections[i].Data()
	require.NoError(t, err)
	wantSizes, wantFiles := oracle(t, raw, f.Section(".text").Addr)
	own, ok := Open(bytes.NewReader(raw), 0, int64(len(raw)), f.ByteOrder)
	require.True(t, ok)
	require.Equal(t, wantSizes, sizes(own))
	part, ok := own.Files()
	require.Subset(t, textsIn(t, raw, part, ok), wantFiles)
	part, ok = own.Names()
	require.Contains(t, textsIn(t, raw, part, ok), "testing.tRunner")
}

// TestDamaged: tables with bytes changed at random are none, or what they tell lies inside.
func TestDamaged(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	each(t, func(t *testing.T, raw []byte, order binary.ByteOrder, _ layout) {
		for range 2000 {
			bad := bytes.Clone(raw)
			for range 1 + rnd.IntN(4) {
				at := []int{rnd.IntN(96), rnd.IntN(len(bad))}[rnd.IntN(2)]
				bad[at] = []byte{0, 1, 0x7f, 0x80, 0xff, byte(rnd.Uint32())}[rnd.IntN(6)]
			}
			found, ok := Open(bytes.NewReader(bad), 0, int64(len(bad)), order)
			if !ok {
				continue
			}
			require.LessOrEqual(t, len(sizes(found)), len(raw))
			for _, part := range []func() (Part, bool){found.Names, found.Files} {
				if p, ok := part(); ok {
					require.True(t, p.At >= 0 && p.Size > 0 && p.At+p.Size <= int64(len(bad)), p)
				}
			}
		}
		for _, size := range []int64{-1, 0, 8, 71, 1 << 62} {
			for _, at := range []int64{-1, 0, int64(len(raw)), 1 << 62} {
				if found, ok := Open(bytes.NewReader(raw), at, size, order); ok {
					require.Equal(t, []int64{0, 1 << 62}, []int64{at, size})
					sizes(found)
				}
			}
		}
	})
}

// TestHeaderThatLies: a part that cannot be is told, and the rest is read.
func TestHeaderThatLies(t *testing.T) {
	raw := table(layouts[0], binary.LittleEndian, 8)
	bad := bytes.Clone(raw)
	binary.LittleEndian.PutUint64(bad[8+8*(3+unitsPart):], 1<<63)
	found, ok := Open(bytes.NewReader(bad), 0, int64(len(bad)), binary.LittleEndian)
	require.True(t, ok)
	_, ok = found.Names()
	require.False(t, ok)
	_, ok = found.Files()
	require.True(t, ok)
	require.Len(t, sizes(found), len(functions))
	for _, word := range []int{0, 3 + namesPart, 3 + funcsPart} { // nothing can be read without these
		for _, v := range []uint64{1<<64 - 1, 1 << 62, uint64(len(raw)) + 1} {
			binary.LittleEndian.PutUint64(bad[8+8*word:], v)
			_, ok = Open(bytes.NewReader(bad), 0, int64(len(bad)), binary.LittleEndian)
			require.False(t, ok, "%d: %#x", word, v)
			copy(bad, raw)
		}
	}
	_, ok = Open(bytes.NewReader(raw), 0, int64(len(raw)), binary.BigEndian)
	require.False(t, ok)
}

// TestManyBeginnings is a file full of what a table begins with: the search ends soon.
func TestManyBeginnings(t *testing.T) {
	for text, order := range map[string]binary.ByteOrder{
		"\xf1\xff\xff\xff\x00\x00\x01\x08": binary.LittleEndian, "\xff\xff\xff\xf1\x00\x00\x04\x04": binary.BigEndian, "\xff\xff\xff\xff\xff\xff\xff\xff": binary.BigEndian,
		"\xff\xff\xff\x00\x00": binary.LittleEndian,
	} {
		data := []byte(strings.Repeat(text, 4<<20))
		began, tries := time.Now(), 0
		_, ok := Search(bytes.NewReader(data), 0, int64(len(data)), order, func(int64) (*Table, bool) { tries++; return nil, false })
		require.False(t, ok)
		require.LessOrEqual(t, tries, maxTries+1)
		_, ok = Find(bytes.NewReader(data), 0, int64(len(data)), order)
		require.False(t, ok)
		require.Less(t, time.Since(began), 10*time.Second)
	}
}

// endless is a file of any size that costs no memory, and counts what is read of it.
type endless struct{ read int64 }

func (e *endless) ReadAt(p []byte, _ int64) (int, error) {
	clear(p)
	e.read += int64(len(p))
	return len(p), nil
}

// TestSearchEnds: of a huge file no more than MaxScan is searched, and where nothing can be read nothing is.
func TestSearchEnds(t *testing.T) {
	e := &endless{}
	_, ok := Find(e, 4096, 1<<40, binary.LittleEndian)
	require.False(t, ok)
	require.InDelta(t, MaxScan, e.read, 1<<20)
	for _, c := range [][2]int64{{-1, 10}, {0, -1}, {0, 0}, {100, 100}} {
		_, ok := Find(io.NewSectionReader(e, 0, 10), c[0], c[1], binary.LittleEndian)
		require.False(t, ok)
	}
}

// BenchmarkFind searches 64 MiB in which a table's first bytes are everywhere but for the last of them.
func BenchmarkFind(b *testing.B) {
	data := bytes.Repeat([]byte("\xe8\x10\xff\xff\xff\x48\x8b\x04\x24\xff\xff\xff\xff\x00\x01\x02"), 4<<20)
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		b.Run(order.String(), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				Find(bytes.NewReader(data), 0, int64(len(data)), order)
			}
		})
	}
}
