package main

// titles are the cases in the order of the tables, in words.
var titles = []struct{ name, title string }{
	{cold, "empty daemon"},
	{unchanged, "nothing changed"},
	{edited, "one line edited"},
	{versionOnly, "another VERSION"},
	{stdImport, "one more std import"},
	{newModule, "one more module"},
	{onePlatform, "one more platform"},
	{exportCase, "export of the registry cache"},
	{freshSame, "fresh daemon, nothing edited"},
	{freshWritten, "the same, written to a folder"},
	{freshEdited, "fresh daemon, one line edited"},
	{freshModule, "fresh daemon, one more module"},
	{"1-binary", "1 binary, pure Go"},
	{"10-binaries", "10 binaries"},
	{"100-binaries", "100 binaries"},
	{"4-platforms", "4 platforms"},
	{"12-platforms", "12 platforms"},
	{hundredByTen, "100 binaries × 10 platforms"},
	{verifyCase, "`crossgo verify` of a program of 50 MB"},
}

// aim is how much of another's seconds crossgo may take.
type aim struct {
	name    string // of the case
	against rival
	factor  float64
	plus    float64 // seconds on top
}

var aims = []aim{
	{cold, dockerfile, 0.65, 0},
	{unchanged, dockerfile, 0.8, 0},
	{edited, dockerfile, 0.9, 0},
	{edited, bare, 1.3, 0.6},
	{freshEdited, dockerfile, 0.12, 0},
	{freshModule, dockerfile, 0.2, 0},
	{onePlatform, bare, 1.15, 0},
	{hundredByTen, bare, 1.1, 0},
}

// aimFor returns the aim of a case against a rival.
func aimFor(name string, against rival) (aim, bool) {
	for _, a := range aims {
		if a.name == name && a.against.name == against.name {
			return a, true
		}
	}
	return aim{}, false
}

// figure is a number that is no share of another's time.
type figure struct {
	title, aim string
	value      func(r Report) (string, bool) // false when it was not measured
}

// figures are in the order of the table.
var figures = []figure{
	{"empty daemon: outside `go build`", "20 s", numbers(cold, outside, inSeconds)},
	{"nothing changed: request to graph", "", numbers(unchanged, graphs, inSeconds)},
	{"nothing changed: memory of the frontend", "", numbers(unchanged, memory, mega[float64])},
	{"another VERSION, to one line edited", "1.0", versionToEdit},
	{"export of the registry cache", "", numbers(exportCase, seconds, inSeconds)},
	{"fresh daemon, nothing edited", "1 s", numbers(freshSame, seconds, inSeconds)},
	{"fresh daemon, nothing edited: pulled", "nothing", numbers(freshSame, pulled, mega[float64])},
	{"the same, written to a folder: pulled", "", numbers(freshWritten, pulled, mega[float64])},
	{"fresh daemon, one line edited: pulled", "", numbers(freshEdited, pulled, mega[float64])},
	{"fresh daemon, one more module: pulled", "120 MB", numbers(freshModule, pulled, mega[float64])},
	{"1 binary: outside `go build`", "", numbers("1-binary", outside, inSeconds)},
	{"100 binaries × 10 platforms: request to graph", "1 s", numbers(hundredByTen, graphs, inSeconds)},
	{"100 binaries × 10 platforms: memory of the frontend", "200 MB", numbers(hundredByTen, memory, mega[float64])},
	{"`crossgo verify` of a program of 50 MB", "0.3 s", numbers(verifyCase, seconds, inSeconds)},
	{"the same: memory", "100 MB", numbers(verifyCase, memory, mega[float64])},
	{"frontend image, compressed", "20 MB", frontendImage},
}

// What crossgo was measured by.
func outside(c Case) []float64 { return c.Outside }
func graphs(c Case) []float64  { return c.Graph }
func seconds(c Case) []float64 { return c.Seconds[crossgo.name] }
func memory(c Case) []float64  { return floats(c.Memory) }
func pulled(c Case) []float64  { return floats(c.Pulled[crossgo.name]) }

func floats(list []int64) []float64 {
	out := make([]float64, len(list))
	for i, n := range list {
		out[i] = float64(n)
	}
	return out
}

// numbers is the median of some numbers of a case.
func numbers(name string, of func(Case) []float64, text func(float64) string) func(Report) (string, bool) {
	return func(r Report) (string, bool) {
		c, _, ok := r.find(name)
		if !ok || len(of(c)) == 0 {
			return "", false
		}
		return text(median(of(c))), true
	}
}

// versionToEdit compares two cases of one run.
func versionToEdit(r Report) (string, bool) {
	for _, run := range r.Runs {
		one := Report{Runs: []Run{run}}
		version, _, ok1 := one.find(versionOnly)
		edit, _, ok2 := one.find(edited)
		if ok1 && ok2 {
			return ratioText(median(seconds(version)) / median(seconds(edit))), true
		}
	}
	return "", false
}

// frontendImage is the newest run's.
func frontendImage(r Report) (string, bool) {
	if len(r.Runs) == 0 || r.Runs[len(r.Runs)-1].Frontend == 0 {
		return "", false
	}
	return mega(r.Runs[len(r.Runs)-1].Frontend), true
}
