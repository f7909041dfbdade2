package sysroot

import (
	"bytes"
	"fmt"
)

const arNameSize = 15 // of the 16 bytes of a name the last is for the slash that ends it

// appendArchive adds objects to an ar archive; empty starts a new one. There is no index of symbols for them: lld reads
// the members themselves. Times and owners are 0, so the same objects give the same archive. The names of objects are
// cut to what the format has room for; a linker needs no names.
func appendArchive(archive []byte, objects []object) []byte {
	var b bytes.Buffer
	b.Write(archive)
	if b.Len() == 0 {
		b.WriteString(arMagic)
	}
	for _, o := range objects {
		pad(&b)
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", o.name[:min(len(o.name), arNameSize)]+"/", 0, 0, 0, "100644", len(o.data))
		b.Write(o.data)
	}
	pad(&b)
	return b.Bytes()
}

// pad keeps members at even offsets.
func pad(b *bytes.Buffer) {
	if b.Len()%2 == 1 {
		b.WriteByte('\n')
	}
}
