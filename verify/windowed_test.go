package verify

import (
	"bytes"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestWindowed: whatever is read in whatever order is what stands in the file.
func TestWindowed(t *testing.T) {
	raw := make([]byte, 3*windowSize+17)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range raw {
		raw[i] = byte(random.Uint32())
	}
	w, plain := &windowed{r: bytes.NewReader(raw)}, bytes.NewReader(raw)
	for range 2000 {
		off, size := random.Int64N(int64(len(raw))+10), random.IntN([]int{8, 100, windowSize}[random.IntN(3)])+1
		got, want := make([]byte, size), make([]byte, size)
		n, err := w.ReadAt(got, off)
		m, wantErr := plain.ReadAt(want, off)
		require.Equal(t, m, n, "%d bytes at %d", size, off)
		require.Equal(t, want, got)
		if n < size {
			require.ErrorIs(t, err, io.EOF)
			require.Error(t, wantErr)
		} else {
			require.NoError(t, err)
		}
	}
}
