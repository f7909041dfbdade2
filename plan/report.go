package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/spec"
	"github.com/crossgo/crossgo/sysroot"
)

// Decision is one thing that the plan settled about a file, for people who read its report.
type Decision struct {
	Name  string `json:"name"`            // as the spec has it, where it has it: "cgo", "link"
	Value string `json:"value"`           // "musl"
	Why   string `json:"why,omitempty"`   // where the spec does not say it: "github.com/mattn/go-sqlite3 needs it"
	Where string `json:"where,omitempty"` // the line that says it: "crossgo.yaml:4:11"; a real line, since the report shows it
}

// Component is something that a file was made with.
type Component struct {
	Group   string `json:"group"` // "Go", "C toolchain", "glibc sysroot for arm64 from bookworm"
	Name    string `json:"name"`
	Version string `json:"version"`
	SHA256  string `json:"sha256,omitempty"` // of a package file, hex
}

// ReportedFile is what the plan knows of a file for its report.
type ReportedFile struct {
	Name      string     `json:"name"`
	Where     string     `json:"where"` // the line that asks for it
	Decisions []Decision `json:"decisions"`
}

// reportFiles are those of a plan whose report is asked for, alone or with a release; others carry none of it.
func reportFiles(in Input, all []binary) []ReportedFile {
	var list []ReportedFile
	if in.Select.Kind != KindReport && in.Select.Kind != KindRelease {
		return nil
	}
	for _, b := range all {
		f := ReportedFile{Name: b.name, Where: b.where}
		for _, decide := range reported {
			if d := decide(in, b, in.File.Binaries[b.entry]); d.Value != "" {
				f.Decisions = append(f.Decisions, d)
			}
		}
		list = append(list, f)
	}
	return list
}

// reported are the decisions in the order of a report. One without a value does not concern the file.
var reported = []func(Input, binary, spec.Binary) Decision{
	func(in Input, b binary, e spec.Binary) Decision {
		return said(in, "main", b.main.ImportPath, e.Main[b.main.Pattern].Pos, "every main package of the module")
	},
	func(in Input, _ binary, _ spec.Binary) Decision {
		return Decision{Name: "go", Value: in.Go.Version, Where: in.Go.Where, Why: in.Go.why()}
	},
	func(in Input, _ binary, _ spec.Binary) Decision {
		env, _ := TargetEnv(in.Target) // New has failed before where there is none
		return Decision{Name: "target", Value: strings.Join(env, " "), Why: "the platform " + in.Target.String()}
	},
	decidedCGO,
	func(in Input, b binary, e spec.Binary) Decision {
		return said(in, "buildmode", string(b.linking.mode), e.Mode.Pos, "")
	},
	decidedLibc,
	func(in Input, b binary, e spec.Binary) Decision {
		why := "default with " + string(b.linking.libc)
		if !b.cgo {
			why = "without cgo Go's linker makes it so"
		}
		return said(in, "link", string(b.linking.link), e.Link.Pos, why)
	},
	func(_ Input, b binary, _ spec.Binary) Decision {
		if !b.linking.dynamic() {
			return Decision{}
		}
		return Decision{Name: "loader", Value: b.linking.loader(), Why: fmt.Sprintf("where %s has it", b.linking.libc)}
	},
	func(in Input, b binary, e spec.Binary) Decision {
		return said(in, "packages", strings.Join(values(e.Packages), ", "), first(e.Packages), "")
	},
	decidedTags,
	func(in Input, b binary, e spec.Binary) Decision {
		return said(in, "build flags", strings.Join(in.stamped(b.compileFlags(nil)), " "), spec.Pos{}, "paths and times stay out of the file")
	},
	func(in Input, b binary, e spec.Binary) Decision {
		text, _ := ldflags(in, b) // as above
		return said(in, "ldflags", text, first(e.LDFlags), "what link needs")
	},
	func(in Input, _ binary, e spec.Binary) Decision {
		return said(in, "verify.allow", strings.Join(values(e.Verify.Allow), ", "), first(e.Verify.Allow), "")
	},
}

// said is a decision that the spec makes at pos, or else has a reason.
func said(in Input, name, value string, pos spec.Pos, why string) Decision {
	if !pos.Known() {
		return Decision{Name: name, Value: value, Why: why}
	}
	return Decision{Name: name, Value: value, Where: place(in.File, pos)}
}

func first(list []spec.Value[string]) spec.Pos {
	if len(list) == 0 {
		return spec.Pos{}
	}
	return list[0].Pos
}

func decidedCGO(in Input, b binary, e spec.Binary) Decision {
	facts := in.Facts.Binaries[b.entry]
	switch {
	case e.CGO.Pos.Known() && e.CGO.V != spec.CGOAuto:
		return said(in, "cgo", string(e.CGO.V), e.CGO.Pos, "")
	case b.cgo:
		return Decision{Name: "cgo", Value: "on", Why: "used by " + strings.Join(facts.CGOUsers, ", ")}
	}
	return Decision{Name: "cgo", Value: "off", Why: "no package outside the standard library uses it"}
}

func decidedLibc(in Input, b binary, e spec.Binary) Decision {
	value := string(b.linking.libc)
	if b.linking.floor != "" {
		value += ">=" + b.linking.floor
	}
	if b.linking.mode.Library() {
		return said(in, "libc", value, e.Libc.Pos, "the one that Go makes libraries for")
	}
	return said(in, "libc", value, e.Libc.Pos, "default for link: "+string(b.linking.link))
}

func decidedTags(in Input, b binary, e spec.Binary) Decision {
	d := said(in, "tags", strings.Join(b.tags, ","), first(e.Tags), "")
	if added := b.tags[len(b.userTags):]; len(added) > 0 {
		d.Why = strings.Join(added, " and ") + " are crossgo's: what glibc has in their place loads libraries at run time"
	}
	return d
}

// Components are what the plan's files are made with; packages are known once they are pinned.
func (p *Plan) Components() []Component {
	list := []Component{{Group: "Go", Name: "go", Version: p.Go.Version}}
	seen := map[string]bool{}
	take := func(group string, set sysroot.Set) {
		for _, pkg := range set.Packages {
			if key := set.Name + " " + pkg.Name + " " + pkg.Architecture; !seen[key] {
				seen[key] = true
				list = append(list, Component{Group: group, Name: pkg.Name, Version: pkg.Version, SHA256: pkg.SHA256})
			}
		}
	}
	for _, u := range p.Units {
		if u.C != nil {
			take("C toolchain for "+p.Build, u.C.HostSet)
		}
	}
	for _, u := range p.Units {
		if u.C != nil {
			take(fmt.Sprintf("%s sysroot for %s from %s", u.C.Kind, u.C.Target.Arch, u.C.Suite), u.C.Set)
		}
	}
	return list
}

// Report is the job of the step that completes the report of a plan with the layers, which the step finds in that order.
func (p *Plan) Report(layers []ReportLayer) ReportJob {
	job := ReportJob{
		Platform: p.Target, Build: p.Build, Components: p.Components(), Exceptions: p.Exceptions, Archives: p.Archives,
		Layers: layers,
	}
	for _, u := range p.Units {
		unit := ReportUnit{}
		for _, name := range u.Names() {
			i := slices.IndexFunc(p.Reported, func(f ReportedFile) bool { return f.Name == name })
			if i >= 0 {
				unit.Files = append(unit.Files, p.Reported[i])
			}
		}
		job.Units = append(job.Units, unit)
	}
	return job
}
