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

func ldflagsRef(entry, i int) string { return fmt.Sprintf("@{binaries[%d].ldflags[%d]}", entry, i) }

// ImagePlace is what the image stands on.
const ImagePlace = "@{image.base}"

// The other keys of the image that messages are about. Where the spec does not have the key, they lead to the image.
const (
	EntrypointPlace = "@{image.entrypoint}"
	UserPlace       = "@{image.user}"
	WorkDirPlace    = "@{image.workdir}"
)

func certificateRef(i int) string { return fmt.Sprintf("@{image.certificates[%d]}", i) }

// progRef is the program that keeps objects.
const progRef = "@{cache.prog}"

// ProgPlace begins the messages of steps about the cache's program.
const ProgPlace = progRef + ": "

func releaseFileRef(i int) string { return fmt.Sprintf("@{release.files[%d]}", i) }

// signerRef is who signs a release.
const signerRef = "@{release.signer}"

var reference = regexp.MustCompile(`@\{(?:binaries\[(\d+)\]\.(main|packages|ldflags)\[(\d+)\]|cache\.prog|image\.(?:base|entrypoint|user|workdir)|image\.certificates\[(\d+)\]|release\.signer|release\.files\[(\d+)\]|test)\}`)

// imagePlace is where the spec says what the image stands on, or what image there is.
func imagePlace(file *spec.File) string {
	if file.Image == nil {
		return file.Name
	}
	return place(file, at(file.Image.Base.Pos, file.Image.Pos))
}

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
		switch ref {
		case progRef:
			return place(file, file.Cache.Mode.Pos)
		case signerRef:
			return place(file, file.ReleaseBlock().Signer.Pos)
		case ImagePlace:
			return imagePlace(file)
		case EntrypointPlace, UserPlace, WorkDirPlace:
			return imageKeyPlace(file, ref)
		case testReference:
			return testPlace(file)
		}
		m := reference.FindStringSubmatch(ref)
		switch {
		case m[4] != "":
			return certificatePlace(file, m[4])
		case m[5] != "":
			return releaseFilePlace(file, m[5])
		}
		entry, _ := strconv.Atoi(m[1]) // the pattern lets digits through only
		i, _ := strconv.Atoi(m[3])
		if entry >= len(file.Binaries) {
			return file.Name
		}
		b := file.Binaries[entry]
		list := b.Main
		switch m[2] {
		case "packages":
			list = b.Packages
		case "ldflags":
			list = b.LDFlags
		}
		if i >= len(list) {
			return place(file, b.Pos)
		}
		return place(file, at(list[i].Pos, b.Pos))
	})
}

func releaseFilePlace(file *spec.File, index string) string {
	i, _ := strconv.Atoi(index) // the pattern lets digits through only
	block := file.ReleaseBlock()
	if i >= len(block.Files) {
		return place(file, block.Pos)
	}
	return place(file, block.Files[i].From.Pos)
}

// imageKeyPlace is the place of a key of the image, else of the image.
func imageKeyPlace(file *spec.File, ref string) string {
	if file.Image == nil {
		return file.Name
	}
	var pos spec.Pos
	switch img := file.Image; ref {
	case EntrypointPlace:
		if len(img.Entrypoint) > 0 {
			pos = img.Entrypoint[0].Pos
		}
	case UserPlace:
		pos = img.User.Pos
	case WorkDirPlace:
		pos = img.WorkDir.Pos
	}
	return place(file, at(pos, file.Image.Base.Pos, file.Image.Pos))
}

func certificatePlace(file *spec.File, index string) string {
	i, _ := strconv.Atoi(index) // the pattern lets digits through only
	if file.Image == nil || i >= len(file.Image.Certificates) {
		return imagePlace(file)
	}
	return place(file, file.Image.Certificates[i].Pos)
}
