package step

import (
	"path"
	"regexp"
	"slices"
)

// cxxLibrary matches what links a C++ library: its name as -l takes it, the flags of compilers that choose it, and the file itself.
var cxxLibrary = regexp.MustCompile(`^-l(stdc\+\+|supc\+\+|c\+\+)|^-l:?lib(stdc|supc|c)\+\+|^-static-libstdc\+\+$|^-stdlib=`)

// cxxArchive matches the C++ library as a file.
var cxxArchive = regexp.MustCompile(`^lib(stdc|supc|c)\+\+(abi)?\.(a|so)`)

// hasCXX reports whether some package needs a C++ compiler or library: it has C++ files, or its cgo flags say so, as they do where
// the C++ is in an archive that was compiled before.
func hasCXX(all []*goPackage) bool {
	return slices.ContainsFunc(all, func(p *goPackage) bool { return !p.Standard && (p.compilesCXX() || p.linksCXX()) })
}

// needsCXX reports whether C++ files are compiled into a program. The go command links such a program with the C++ compiler, and
// only such a program.
func needsCXX(main *goPackage, all []*goPackage) bool {
	return slices.ContainsFunc(all, func(p *goPackage) bool {
		return p.compilesCXX() && !p.Standard && (p == main || slices.Contains(main.Deps, p.ImportPath))
	})
}

func (p *goPackage) compilesCXX() bool { return len(p.CXXFiles)+len(p.SwigCXXFiles) > 0 }

// linksCXX reports whether the cgo flags speak of C++.
func (p *goPackage) linksCXX() bool {
	return len(p.CgoCXXFLAGS) > 0 || slices.ContainsFunc(p.CgoLDFLAGS, func(flag string) bool {
		return cxxLibrary.MatchString(flag) || cxxArchive.MatchString(path.Base(flag))
	})
}
