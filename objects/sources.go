package objects

import "embed"

//go:embed archive.go dir.go layer.go protocol.go tree.go keeper/main.go
var sources embed.FS

// Source is a file of a Go module: its name with slashes, and its text.
type Source struct{ Name, Text string }

// Sources are the module that keeper is compiled from, as its package ./objects/keeper. This file is not in it.
func Sources() []Source {
	list := []Source{{"go.mod", "module github.com/crossgo/crossgo\n\ngo 1.24\n"}}
	for _, name := range []string{"archive.go", "dir.go", "layer.go", "protocol.go", "tree.go", "keeper/main.go"} {
		text, err := sources.ReadFile(name)
		if err != nil {
			panic(err) // it would not have been compiled
		}
		list = append(list, Source{"objects/" + name, string(text)})
	}
	return list
}
