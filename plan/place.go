package plan

import (
	"fmt"
	"regexp"
	"strconv"

	"github.com/crossgo/crossgo/spec"
)

// place is a position of the spec as messages show it: "crossgo.yaml:4:11".
func place(file *spec.File, pos spec.Pos) string {
	if !pos.Known() {
		return file.Name
	}
	return fmt.Sprintf("%s:%s", file.Name, pos)
}

// at is the first of the places that the user wrote.
func at(places ...spec.Pos) spec.Pos {
	for _, p := range places {
		if p.Known() {
			return p
		}
	}
	return spec.Pos{}
}

// Jobs speak of the spec by references instead of lines: a comment more at the top of the file must not change a cache
// key. Places turns them into lines when a message is shown.

func mainRef(entry, main int) string { return fmt.Sprintf("@{binaries[%d].main[%d]}", entry, main) }

func packageRef(entry, i int) string { return fmt.Sprintf("@{binaries[%d].packages[%d]}", entry, i) }

// progRef is the program that keeps objects.
const progRef = "@{cache.prog}"

// ProgPlace begins the messages of steps about the cache's program.
const ProgPlace = progRef + ": "

var reference = regexp.MustCompile(`@\{(?:binaries\[(\d+)\]\.(main|packages)\[(\d+)\]|cache\.prog|test)\}`)

// WithoutReferences is a text for where the spec is not at hand.
func WithoutReferences(text string) string {
	return withPlace.ReplaceAllString(text, "")
}

func testPlace(file *spec.File) string {
	if file.Test == nil {
		return file.Name
	}
	return place(file, file.Test.Pos)
}

var withPlace = regexp.MustCompile(reference.String() + `: `)

// Places replaces every reference in a text by the file's line and column.
func Places(file *spec.File, text string) string {
	return reference.ReplaceAllStringFunc(text, func(ref string) string {
		if ref == progRef {
			return place(file, file.Cache.Mode.Pos)
		}
		if ref == testReference {
			return testPlace(file)
		}
		m := reference.FindStringSubmatch(ref)
		entry, _ := strconv.Atoi(m[1]) // the pattern lets digits through only
		i, _ := strconv.Atoi(m[3])
		if entry >= len(file.Binaries) {
			return file.Name
		}
		b := file.Binaries[entry]
		list := b.Main
		if m[2] == "packages" {
			list = b.Packages
		}
		if i >= len(list) {
			return place(file, b.Pos)
		}
		return place(file, at(list[i].Pos, b.Pos))
	})
}
