package verify

import (
	"maps"
	"slices"
	"strings"
)

// checkTags compares the build tags; their order means nothing.
func checkTags(s *subject) []Finding {
	if s.want.Tags == nil {
		return nil
	}
	want := tagWords(s.want.Tags)
	if s.build == nil {
		return s.unknown("tags", want, "there is no Go build info")
	}
	found := tagWords(strings.FieldsFunc(s.build.settings["-tags"], func(c rune) bool { return c == ',' || c == ' ' }))
	return []Finding{equal("tags", "-tags in build info", found, want)}
}

func tagWords(tags []string) string {
	if len(tags) == 0 {
		return "none"
	}
	return strings.Join(sortedNames(slices.Clone(tags)), ",")
}

// checkMainModule compares the module that the main package is in, and its version when that is asked for.
func checkMainModule(s *subject) []Finding {
	_, withVersion, _ := strings.Cut(s.want.MainModule, "@")
	return s.recorded("main-module", "main module in build info", s.want.MainModule, func(b *buildFacts) string {
		if withVersion == "" {
			return b.info.Main.Path
		}
		return b.info.Main.Path + "@" + b.info.Main.Version
	})
}

// checkSettings compares other build settings, those that must not be there too: a finding for each that is not as asked.
func checkSettings(s *subject) []Finding {
	var broken []Finding
	names := slices.Sorted(maps.Keys(s.want.Settings))
	for _, key := range names {
		want := s.want.Settings[key]
		if s.build == nil {
			return s.unknown("settings", key+"="+want, "there is no Go build info")
		}
		found, recorded := s.build.settings[key]
		if f := equal("settings", key+" in build info", settingWords(found, recorded), settingWords(want, want != "")); f.Level == Fail {
			broken = append(broken, f)
		}
	}
	if list := strings.Join(names, ", "); len(names) > 0 && len(broken) == 0 {
		return pass("settings", list, list, "as asked in the build info: "+list)
	}
	return broken
}

func settingWords(value string, recorded bool) string {
	if !recorded {
		return "not set"
	}
	return value
}

// instruments are settings that add code which only tests want.
var instruments = []string{"-asan", "-cover", "-msan", "-race"}

func checkInstrumented(s *subject) []Finding {
	if s.build == nil {
		return nil
	}
	var found []string
	for _, name := range instruments {
		if s.build.settings[name] == "true" {
			found = append(found, name)
		}
	}
	if len(found) > 0 {
		list := strings.Join(found, ", ")
		return fail("instrumented", list, "none", "was built with "+list+": it is slower, needs more memory, and is meant for tests")
	}
	return pass("instrumented", "none", "none", "was built without "+strings.Join(instruments, ", "))
}
