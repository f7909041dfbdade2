package window

import (
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// counted counts the reads of a text.
type counted struct {
	io.ReaderAt
	reads int
	bytes int64
}

func (c *counted) ReadAt(p []byte, at int64) (int, error) {
	c.reads++
	n, err := c.ReaderAt.ReadAt(p, at)
	c.bytes += int64(n)
	return n, err
}

func TestBytes(t *testing.T) {
	text := strings.Repeat("0123456789", 20_000)
	r := &counted{ReaderAt: strings.NewReader(text)}
	w := New(r, 10, 100_000)
	for off := int64(0); off+10 <= Max; off += 10 {
		require.Equal(t, "0123456789", string(w.Bytes(off, 10)))
	}
	require.Equal(t, 1, r.reads)
	require.Equal(t, "789", string(w.Bytes(99_997, 3)))
	for _, c := range [][2]int64{{-1, 1}, {0, -1}, {99_998, 3}, {1 << 62, 1}, {0, Max + 1}, {1<<63 - 1, 1}} {
		require.Nil(t, w.Bytes(c[0], c[1]), c)
	}
	require.Nil(t, New(r, -1, 10).Bytes(0, 1))
	require.Nil(t, New(r, 0, -10).Bytes(0, 1))
	require.Nil(t, New(r, 1<<62, 1<<62).Bytes(0, 1))
	require.Nil(t, New(r, int64(len(text))-4, 100).Bytes(0, 8), "it ends before")
}

// TestBudget: who jumps to and fro reads a few times the part, and no more.
func TestBudget(t *testing.T) {
	const size = 1 << 20
	r := &counted{ReaderAt: strings.NewReader(strings.Repeat("x", size))}
	w := New(r, 0, size)
	for i := range int64(100_000) {
		w.Bytes(i%2*(size/2), 4)
	}
	require.LessOrEqual(t, r.bytes, int64(4*size+16*Max))
	require.Nil(t, w.Bytes(0, 4))
}

func TestText(t *testing.T) {
	long := strings.Repeat("y", 2*maxText)
	text := "one\x00\x00two\x00" + long + "\x00end"
	w := New(strings.NewReader(text), 0, int64(len(text)))
	require.Equal(t, "one", string(w.Text(0)))
	require.Equal(t, "", string(w.Text(3)))
	require.NotNil(t, w.Text(3))
	require.Equal(t, "two", string(w.Text(5)))
	require.Equal(t, long[:maxText], string(w.Text(9)))
	require.Equal(t, "end", string(w.Text(int64(len(text))-3)))
	require.Nil(t, w.Text(int64(len(text))+1))
}
