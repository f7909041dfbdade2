package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/verify/size"
)

// box is a rectangle of a picture, in its units.
type box struct{ X, Y, W, H float64 }

// area is a product that no machine adds to in one rounding, so that all draw the same picture.
func area(a, b float64) float64 { return float64(a * b) }

// squarify divides a box among values, sorted from the largest, so that the pieces are as near to squares as can be: rows are filled
// along the shorter side while that makes them less oblong (Bruls, Huizing, van Wijk: Squarified Treemaps, 2000).
func squarify(values []int64, in box) []box {
	var total float64
	for _, v := range values {
		total += float64(v)
	}
	var boxes []box
	for len(values) > 0 && total > 0 {
		n, sum := 1, float64(values[0])
		scale := area(in.W, in.H) / total
		side := min(in.W, in.H)
		for n < len(values) {
			grown := sum + float64(values[n])
			if oblong(values[:n+1], grown, scale, side) > oblong(values[:n], sum, scale, side) {
				break
			}
			n, sum = n+1, grown
		}
		var row []box
		row, in = lay(values[:n], sum, scale, in)
		boxes = append(boxes, row...)
		values, total = values[n:], total-sum
	}
	return boxes
}

// oblong is the worst proportion of the pieces of a row along side.
func oblong(row []int64, sum, scale, side float64) float64 {
	s, thick := area(sum, scale), area(area(sum, scale)/side, 1)
	worst := 0.0
	for _, v := range []int64{row[0], row[len(row)-1]} {
		long := area(area(float64(v), scale), side) / s
		if long > 0 && thick > 0 {
			worst = max(worst, long/thick, thick/long)
		}
	}
	return worst
}

// lay puts a row along the shorter side, and gives what is left of the box.
func lay(row []int64, sum, scale float64, in box) (boxes []box, rest box) {
	upright := in.W >= in.H // the row is a column at the left
	side := in.H
	if !upright {
		side = in.W
	}
	thick := area(sum, scale) / side
	at := 0.0
	for _, v := range row {
		long := area(float64(v), side) / sum
		if upright {
			boxes = append(boxes, box{in.X, in.Y + at, thick, long})
		} else {
			boxes = append(boxes, box{in.X + at, in.Y, long, thick})
		}
		at += long
	}
	if upright {
		return boxes, box{in.X + thick, in.Y, max(in.W-thick, 0), in.H}
	}
	return boxes, box{in.X, in.Y + thick, in.W, max(in.H-thick, 0)}
}

// group are packages that belong together, mostly a module's.
type group struct {
	name     string
	bytes    int64
	packages []size.Package
}

// Names of groups.
const (
	groupOwn   = "this program"
	groupStd   = "standard library"
	groupOther = "other modules"
)

// maxGroups is how many groups have a colour of their own.
const maxGroups = 9

// grouped are the packages by group, largest first. What is not among the largest groups is in one together.
func grouped(m size.Map) []group {
	byName := map[string]*group{}
	for _, p := range m.Packages {
		name := groupOf(p, m.Main)
		if byName[name] == nil {
			byName[name] = &group{name: name}
		}
		byName[name].add(p)
	}
	var all []group
	for _, g := range byName {
		all = append(all, *g)
	}
	byBytes := func(a, b group) int { return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.name, b.name)) }
	slices.SortFunc(all, byBytes)
	if len(all) <= maxGroups {
		return all
	}
	other := group{name: groupOther}
	for _, g := range all[maxGroups-1:] {
		other.add(size.Package{Name: g.name, Bytes: g.bytes})
	}
	all = append(all[:maxGroups-1], other)
	slices.SortFunc(all, byBytes)
	return all
}

func (g *group) add(p size.Package) {
	g.bytes += p.Bytes
	g.packages = append(g.packages, p)
}

// groupOf is the group of a package: its module. Where the file does not say modules it is a guess: import paths do not tell where the
// module's path ends, but nearly all end in one of a few ways.
func groupOf(p size.Package, main string) string {
	first, _, _ := strings.Cut(p.Name, "/")
	switch {
	case strings.HasPrefix(p.Name, "("):
		return strings.Trim(p.Name, "()")
	case p.Name == "main" || p.Module != "" && p.Module == main:
		return groupOwn
	case p.Module == size.Std || p.Module == "" && !strings.Contains(first, "."):
		return groupStd
	case p.Module != "":
		return p.Module
	}
	return guessModule(p.Name)
}

// moduleDepth is how many elements a module's path has on hosts where it is not two.
var moduleDepth = map[string]int{"github.com": 3, "gitlab.com": 3, "bitbucket.org": 3, "codeberg.org": 3, "golang.org": 3}

func guessModule(path string) string {
	elements := strings.Split(path, "/")
	depth, ok := moduleDepth[elements[0]]
	if !ok {
		depth = 2
	}
	return strings.Join(elements[:min(depth, len(elements))], "/")
}

// tile is one rectangle of the treemap.
type tile struct {
	box
	Class string // colour
	Label string // what fits into it
	Title string // all of it
	Frame bool   // of a group: its label stands above its tiles
}

// Size of the picture, and of letters in it: about what a sans serif of 11 units needs.
const (
	mapWidth, mapHeight = 1000.0, 440.0
	letter, bold, line  = 6.3, 7.3, 15.0
)

// minShare is the part of the whole that a package has to have to be drawn by itself: 1/minShare.
const minShare = 700

// treemap draws the packages of a file, those of a group together.
func treemap(m size.Map) []tile {
	groups := grouped(m)
	var total int64
	values := make([]int64, len(groups))
	for i, g := range groups {
		values[i], total = g.bytes, total+g.bytes
	}
	var tiles []tile
	for i, b := range squarify(values, box{0, 0, mapWidth, mapHeight}) {
		g := groups[i]
		text := g.name + " " + bytesText(g.bytes)
		tiles = append(tiles, tile{box: b.round(), Class: groupClass(g.name, i), Label: fit(text, b, bold), Title: text, Frame: true})
		if b.H < 3*line || b.W < 40 {
			continue
		}
		tiles = append(tiles, packageTiles(g, total, box{b.X + 2, b.Y + line + 2, b.W - 4, b.H - line - 4}, groupClass(g.name, i))...)
	}
	return tiles
}

// packageTiles are the packages of a group; small ones are one tile together.
func packageTiles(g group, total int64, in box, class string) []tile {
	slices.SortFunc(g.packages, func(a, b size.Package) int { return cmp.Or(cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Name, b.Name)) })
	n := 0
	for n < len(g.packages) && g.packages[n].Bytes > total/minShare {
		n++
	}
	shown := slices.Clone(g.packages[:n])
	if rest := g.packages[n:]; len(rest) > 0 {
		more := size.Package{Name: fmt.Sprintf("%d more", len(rest))}
		for _, p := range rest {
			more.Bytes += p.Bytes
		}
		shown = append(shown, more)
		slices.SortStableFunc(shown, func(a, b size.Package) int { return cmp.Compare(b.Bytes, a.Bytes) })
	}
	values := make([]int64, len(shown))
	for i, p := range shown {
		values[i] = p.Bytes
	}
	var tiles []tile
	for i, b := range squarify(values, in) {
		name := shown[i].Name
		tiles = append(tiles, tile{box: b.round(), Class: class, Label: fitPath(name, b), Title: name + " " + bytesText(shown[i].Bytes)})
	}
	return tiles
}

// round keeps the page small: a tenth of a unit cannot be seen.
func (b box) round() box {
	r := func(v float64) float64 { return float64(int64(area(v, 10)+0.5)) / 10 }
	return box{r(b.X), r(b.Y), max(r(b.X+b.W)-r(b.X), 0), max(r(b.Y+b.H)-r(b.Y), 0)}.tenths()
}

// tenths takes back what subtraction leaves behind the first decimal.
func (b box) tenths() box {
	r := func(v float64) float64 { return float64(int64(area(v, 10)+0.5)) / 10 }
	return box{b.X, b.Y, r(b.W), r(b.H)}
}

// fit is as much of a text in letters of a width as the box is wide, nothing where that would say nothing.
func fit(text string, in box, letter float64) string {
	n := int((in.W - 8) / letter)
	runes := []rune(text)
	switch {
	case in.H < line || n < 3:
		return ""
	case len(runes) <= n:
		return string(runes)
	}
	return string(runes[:n-1]) + "…"
}

// fitPath is the same for an import path, of which the end says most.
func fitPath(path string, in box) string {
	for {
		if len([]rune(path)) <= int((in.W-8)/letter) {
			return fit(path, in, letter)
		}
		_, rest, ok := strings.Cut(path, "/")
		if !ok {
			return fit(path, in, letter)
		}
		path = rest
	}
}

// groupClasses are the colours of groups that are in every program: they are the same on every picture.
var groupClasses = map[string]string{
	groupOwn: "own", groupStd: "std", groupOther: "rest", strings.Trim(size.Foreign, "()"): "cee", strings.Trim(size.Shared, "()"): "rest", strings.Trim(size.Others, "()"): "rest",
}

func groupClass(name string, i int) string {
	if c, ok := groupClasses[name]; ok {
		return c
	}
	return fmt.Sprintf("m%d", i%6)
}
