package verify

import (
	"fmt"
	"go/version"
	"regexp"
	"slices"
	"strings"
)

// variantRow ties one platform variant to the value of the Go variable that makes it.
type variantRow struct {
	names []string // as written in a platform; the empty name marks the baseline
	short string   // the normal form
	value string   // of GOAMD64, GOARM, …, as the build info records it
}

// variantSet holds the variants of one GOARCH.
type variantSet struct {
	env   string // "GOAMD64"
	since string // first Go release that has the variable; before it everything is the baseline
	// valid tells every value that Go documents, also those no platform asks for.
	// Go 1.26 itself lets a bad GOAMD64 or GOARM pass, builds the default and records the bad value.
	valid *regexp.Regexp
	rows  []variantRow
}

var (
	floatMips = variantSet{since: "go1.10", valid: regexp.MustCompile(`^(hardfloat|softfloat)$`), rows: []variantRow{
		{[]string{"", "hardfloat"}, "", "hardfloat"},
		{[]string{"softfloat"}, "softfloat", "softfloat"},
	}}
	power = variantSet{env: "GOPPC64", since: "go1.9", valid: regexp.MustCompile(`^power(8|9|10)$`), rows: []variantRow{
		{[]string{"", "power8"}, "", "power8"},
		{[]string{"power9"}, "power9", "power9"},
		{[]string{"power10"}, "power10", "power10"},
	}}
)

// variantSets is by GOARCH; an architecture that is missing has no variants.
var variantSets = map[string]variantSet{
	"386": {env: "GO386", since: "go1.1", valid: regexp.MustCompile(`^(sse2|softfloat)$`), rows: []variantRow{
		{[]string{"", "sse2"}, "", "sse2"},
		{[]string{"softfloat"}, "softfloat", "softfloat"},
	}},
	"amd64": {env: "GOAMD64", since: "go1.18", valid: regexp.MustCompile(`^v[1-4]$`), rows: []variantRow{
		{[]string{"", "v1"}, "", "v1"},
		{[]string{"v2"}, "v2", "v2"},
		{[]string{"v3"}, "v3", "v3"},
		{[]string{"v4"}, "v4", "v4"},
	}},
	"arm": {env: "GOARM", since: "go1.1", valid: regexp.MustCompile(`^[567](,(hard|soft)float)?$`), rows: []variantRow{
		{[]string{"v5"}, "v5", "5"},
		{[]string{"v6"}, "v6", "6"},
		{[]string{"", "v7"}, "v7", "7"},
	}},
	"arm64":    {env: "GOARM64", since: "go1.23", valid: regexp.MustCompile(`^v(8\.[0-9]|9\.[0-5])(,lse)?(,crypto)?$`), rows: arm64Rows()},
	"mips":     floatMips.named("GOMIPS"),
	"mipsle":   floatMips.named("GOMIPS"),
	"mips64":   floatMips.named("GOMIPS64"),
	"mips64le": floatMips.named("GOMIPS64"),
	"ppc64":    power,
	"ppc64le":  power,
	"riscv64": {env: "GORISCV64", since: "go1.23", valid: regexp.MustCompile(`^rva(20|22|23)u64$`), rows: []variantRow{
		{[]string{"", "rva20u64"}, "", "rva20u64"},
		{[]string{"rva22u64"}, "rva22u64", "rva22u64"},
		{[]string{"rva23u64"}, "rva23u64", "rva23u64"},
	}},
}

func (s variantSet) named(env string) variantSet {
	s.env = env
	return s
}

// arm64Rows are v8 to v8.9 and v9 to v9.5, the versions Go's GOARM64 knows.
func arm64Rows() []variantRow {
	rows := []variantRow{{[]string{"", "v8", "v8.0"}, "", "v8.0"}}
	for minor := 1; minor <= 9; minor++ {
		name := fmt.Sprintf("v8.%d", minor)
		rows = append(rows, variantRow{[]string{name}, name, name})
	}
	rows = append(rows, variantRow{[]string{"v9", "v9.0"}, "v9", "v9.0"})
	for minor := 1; minor <= 5; minor++ {
		name := fmt.Sprintf("v9.%d", minor)
		rows = append(rows, variantRow{[]string{name}, name, name})
	}
	return rows
}

// lookupVariant finds the row of a variant's name; an unknown name is an error that lists the known ones.
func lookupVariant(goarch, name string) (variantRow, error) {
	set, ok := variantSets[goarch]
	if !ok {
		if name == "" {
			return variantRow{}, nil
		}
		return variantRow{}, fmt.Errorf("unknown variant %q: %s has no variants", name, goarch)
	}
	var known []string
	for _, row := range set.rows {
		if slices.Contains(row.names, name) {
			return row, nil
		}
		known = append(known, row.names[len(row.names)-1])
	}
	return variantRow{}, fmt.Errorf("unknown variant %q of %s; known are %s", name, goarch, strings.Join(known, ", "))
}

// checkVariant compares the value that the build info records with the one that the platform means. It must be equal:
// a higher one does not run everywhere on the platform, a lower one is not what was asked for.
func checkVariant(s *subject) []Finding {
	set, ok := variantSets[s.want.GOARCH]
	if !ok || s.build == nil {
		return nil
	}
	row, err := lookupVariant(s.want.GOARCH, s.want.Variant)
	if err != nil {
		return []Finding{{Check: "variant", Level: Fail, Found: s.want.Variant, Text: err.Error()}}
	}
	found, recorded := s.build.settings[set.env]
	switch {
	case !recorded && s.build.settings["GOARCH"] != s.want.GOARCH:
		return nil // the machine or goarch check says what is wrong; there is nothing to compare here
	case !recorded && version.IsValid(s.build.goVersion) && version.Compare(s.build.goVersion, set.since) < 0:
		found = set.baseline()
	case !recorded:
		return s.unknown("variant", set.env+" "+row.value, set.env+" is not in the build info")
	}
	want := set.env + "=" + row.value
	f := Finding{Check: "variant", Level: Pass, Found: set.env + "=" + found, Want: want}
	switch {
	case !set.valid.MatchString(found):
		f.Level = Fail
		f.Text = fmt.Sprintf("build info says %s=%s, which is no value of %s, want %s", set.env, found, set.env, want)
	case set.plain(found) != row.value:
		f.Level = Fail
		f.Text = fmt.Sprintf("build info says %s=%s, want %s for %s", set.env, found, want, s.want.platform())
	default:
		f.Text = "built with " + want
	}
	return []Finding{f}
}

// baseline is the value behind the empty variant.
func (s variantSet) baseline() string {
	for _, row := range s.rows {
		if slices.Contains(row.names, "") {
			return row.value
		}
	}
	return ""
}

// defaultFloat is the float option that each GOARM means when none is written (go help environment: GOARM).
var defaultFloat = map[string]string{"5": ",softfloat", "6": ",hardfloat", "7": ",hardfloat"}

// plain drops a GOARM option that only repeats the default, so that "7,hardfloat" equals "7".
func (s variantSet) plain(value string) string {
	if s.env != "GOARM" {
		return value
	}
	number, _, _ := strings.Cut(value, ",")
	return strings.TrimSuffix(value, defaultFloat[number])
}
