package verify

import "slices"

// Platform is the platform that Go built a program for, by its own record, in the spelling of ParsePlatform: "linux/arm/v7". It is
// empty for a file without build info, and for a platform that this package does not know. An unknown value of GOARM and the like
// gives the baseline, which the check `variant` compares.
func (f Facts) Platform() string {
	if f.Build == nil {
		return ""
	}
	settings := map[string]string{}
	for _, s := range f.Build.Settings {
		settings[s.Key] = s.Value
	}
	want := Want{GOOS: settings["GOOS"], GOARCH: settings["GOARCH"]}
	set := variantSets[want.GOARCH]
	value := set.plain(settings[set.env])
	if i := slices.IndexFunc(set.rows, func(r variantRow) bool { return r.value == value }); i >= 0 {
		want.Variant = set.rows[i].short
	}
	if _, _, _, err := ParsePlatform(want.platform()); err != nil {
		return ""
	}
	return want.platform()
}

// Platform is what the Want asks for as a user writes it: "linux/arm/v7", "linux/amd64".
func (w Want) Platform() string { return w.platform() }
