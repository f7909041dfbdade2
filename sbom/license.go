package sbom

import (
	"slices"
	"strings"
)

// debianLicenses are the short names of Debian's copyright files (copyright-format 1.0, clause 7.1) that stand for one license of
// SPDX's list exactly.
var debianLicenses = map[string]string{
	"Apache-1.0": "Apache-1.0", "Apache-2.0": "Apache-2.0", "BSD-2-clause": "BSD-2-Clause", "BSD-3-clause": "BSD-3-Clause",
	"CC0-1.0": "CC0-1.0", "Expat": "MIT", "GPL-1": "GPL-1.0-only", "GPL-1+": "GPL-1.0-or-later",
	"GPL-2": "GPL-2.0-only", "GPL-2+": "GPL-2.0-or-later", "GPL-3": "GPL-3.0-only", "GPL-3+": "GPL-3.0-or-later",
	"ISC": "ISC", "LGPL-2": "LGPL-2.0-only", "LGPL-2+": "LGPL-2.0-or-later", "LGPL-2.1": "LGPL-2.1-only", "LGPL-2.1+": "LGPL-2.1-or-later",
	"LGPL-3": "LGPL-3.0-only", "LGPL-3+": "LGPL-3.0-or-later", "MPL-1.1": "MPL-1.1", "MPL-2.0": "MPL-2.0", "Zlib": "Zlib",
}

// license is SPDX's expression for what a package's copyright file says, or no claim where a name has no exact counterpart; then the
// comment tells Debian's names.
func license(names []string) (expression, comment string) {
	if len(names) == 0 {
		return unknown, ""
	}
	var terms []string
	for _, name := range names {
		term, ok := debianLicenses[name]
		if !ok {
			return unknown, "Debian's copyright file names: " + strings.Join(names, "; ")
		}
		terms = append(terms, term)
	}
	slices.Sort(terms)
	return strings.Join(slices.Compact(terms), " AND "), ""
}
