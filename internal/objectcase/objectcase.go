// Package objectcase has objects of the go command for tests.
package objectcase

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
)

// ID is a name as the go command gives them: of an action or an object.
func ID(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// Archive is a package's archive as the Go tools write it, with members of these names. What begins with _x is C's, as cgo calls it.
func Archive(members ...string) []byte {
	var out bytes.Buffer
	out.WriteString("!<arch>\n")
	for _, name := range members {
		body := "go object linux amd64 go1.26: " + name
		if strings.HasPrefix(name, "_x") {
			body = "\x7fELF" + name
		}
		fmt.Fprintf(&out, "%-16s%-12d%-6d%-6d%-8o%-10d`\n%s", name, 0, 0, 0, 0o644, len(body), body)
		if len(body)%2 == 1 {
			out.WriteByte(0)
		}
	}
	return out.Bytes()
}
