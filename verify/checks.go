package verify

import (
	"fmt"
	"io"
	"strings"
)

// subject is one file under check.
type subject struct {
	want   Want
	file   io.ReaderAt
	size   int64
	bin    *binary
	build  *buildFacts // nil for a file without Go build info
	header header      // of a library

	functions map[string]bool // of askedFunctions those that are linked; nil where there is no table of functions
}

// platform is the wanted platform as a user writes it.
func (w Want) platform() string {
	return strings.TrimSuffix(w.GOOS+"/"+w.GOARCH+"/"+w.Variant, "/")
}

// format is the file format of the wanted system, or that of an archive of its objects.
func (w Want) format() string {
	if buildModes[w.BuildMode].role == archiveRole {
		return formatAr
	}
	if row, ok := oses[w.GOOS]; ok {
		return row.format
	}
	return "an executable"
}

// equal is the commonest check: found must be want. The text names the check in words.
func equal(id, words, found, want string) Finding {
	if found == want {
		return Finding{Check: id, Level: Pass, Found: found, Want: want, Text: words + " is " + found}
	}
	return Finding{Check: id, Level: Fail, Found: found, Want: want, Text: fmt.Sprintf("%s is %s, want %s", words, found, want)}
}

// pass is a check that held.
func pass(id, found, want, text string) []Finding {
	return []Finding{{Check: id, Level: Pass, Found: found, Want: want, Text: text}}
}

// fail is a check that did not hold.
func fail(id, found, want, text string) []Finding {
	return []Finding{{Check: id, Level: Fail, Found: found, Want: want, Text: text}}
}

// note says what could not be known.
func note(id, found, want, text string) []Finding {
	return []Finding{{Check: id, Level: Note, Found: found, Want: want, Text: text}}
}

// unknown is a note, or a failure when the file had to carry Go build info.
func (s *subject) unknown(id, want, why string) []Finding {
	level := Note
	if s.want.RequireGo {
		level = Fail
	}
	return []Finding{{Check: id, Level: level, Found: "unknown", Want: want, Text: fmt.Sprintf("cannot be known: %s, want %s", why, want)}}
}

func checkFormat(s *subject) []Finding {
	for _, m := range s.bin.members {
		if want := oses[s.want.GOOS].format; m.bin.format != want {
			return fail("format", m.bin.format, want, fmt.Sprintf("member %s is a %s object, want %s", m.name, m.bin.format, want))
		}
	}
	return []Finding{equal("format", "format", s.bin.format, s.want.format())}
}

func checkMachine(s *subject) []Finding {
	f := equal("machine", "machine", s.bin.machine, arches[s.want.GOARCH].machine)
	if f.Level == Fail && s.build != nil && s.build.settings["GOARCH"] != "" {
		f.Text += " (GOARCH=" + s.build.settings["GOARCH"] + " in build info)"
	}
	return []Finding{f}
}

func checkClass(s *subject) []Finding {
	return []Finding{equal("class", "class", fmt.Sprintf("%d-bit", s.bin.bits), fmt.Sprintf("%d-bit", arches[s.want.GOARCH].bits))}
}

func checkEndianness(s *subject) []Finding {
	return []Finding{equal("endianness", "byte order", s.bin.order, arches[s.want.GOARCH].order)}
}

// alike are systems whose files say another name than GOOS: illumos keeps the name of solaris everywhere.
var alike = map[string]string{"illumos": "solaris"}

// checkOS weighs every sign of an operating system: one that speaks for another system is a failure.
func checkOS(s *subject) []Finding {
	signs := s.bin.system
	if s.build != nil && s.build.settings["GOOS"] != "" {
		signs = append(signs[:len(signs):len(signs)], evidence{s.build.settings["GOOS"], "GOOS in build info"})
	}
	var good []string
	for _, sign := range signs {
		if sign.says != s.want.GOOS && sign.says != alike[s.want.GOOS] {
			return fail("os", sign.says, s.want.GOOS, fmt.Sprintf("system is %s (%s), want %s", sign.says, sign.why, s.want.GOOS))
		}
		good = append(good, sign.why)
	}
	if len(good) == 0 {
		return note("os", "unknown", s.want.GOOS, fmt.Sprintf("nothing in the file names its system, want %s", s.want.GOOS))
	}
	return pass("os", s.want.GOOS, s.want.GOOS, fmt.Sprintf("system is %s (%s)", s.want.GOOS, strings.Join(good, ", ")))
}
