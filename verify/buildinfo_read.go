package verify

import (
	"debug/buildinfo"
	"fmt"
	"io"
	"runtime/debug"
)

// wasmMagic begins a WebAssembly module.
const wasmMagic = "\x00asm"

// BuildInfo is what Go has left in an executable of any format: its modules, settings and version. A file without is an error, and so
// is one that hides it from its reader.
func BuildInfo(r io.ReaderAt, size int64) (info *debug.BuildInfo, err error) {
	defer func() {
		if p := recover(); p != nil {
			info, err = nil, fmt.Errorf("no build info can be read: %v", p) // debug/buildinfo gave up on a hostile file
		}
	}()
	head := make([]byte, len(wasmMagic))
	if _, err := r.ReadAt(head, 0); err == nil && string(head) == wasmMagic {
		return wasmBuildInfo(r, size)
	}
	return buildinfo.Read(io.NewSectionReader(r, 0, size))
}
