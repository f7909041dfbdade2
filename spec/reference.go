package spec

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
)

//go:generate go test -run TestGenerated -update .

// referenceText is the page without its tables; a line such as {{file}} stands for one.
//
//go:embed reference.md
var referenceText string

// Reference is the page docs/reference.md, made from the tables the parser uses.
func Reference() string {
	return strings.NewReplacer(
		"{{file}}\n", keySections("", fileKeys),
		"{{binary}}\n", keySections("binaries.", binaryKeys),
		"{{image}}\n", keySections("image.", imageKeys),
		"{{release}}\n", keySections("release.", releaseKeys),
		"{{releaseFile}}\n", keySections("release.files.", releaseFileKeys),
		"{{signer}}\n", keySections("release.sign.", signerKeys),
		"{{cache}}\n", keySections("cache.", cacheKeys),
		"{{verify}}\n", keySections("verify.", verifyKeys),
		"{{run}}\n", keySections("verify.run.", runKeys),
		"{{test}}\n", keySections("test.", testKeys),
		"{{expect}}\n", keySections("verify.run.expect.", expectKeys),
		"{{output}}\n", keySections("verify.run.expect.TEXT.", outputKeys),
		"{{platforms}}\n", platformTable(),
		"{{builtin}}", "`"+strings.Join(BuiltinArgs, "`, `")+"`",
		"{{ldflags}}\n", flagTable(),
	).Replace(referenceText)
}

// keySections has a section for each key. Its heading begins with where the keys stand, so that no two sections have one address.
func keySections[T any](in string, keys []key[T]) string {
	var s strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&s, "### `%s`\n\n%s\n\n| type | default | allowed | example |\n|---|---|---|---|\n| %s | %s | %s | `%s` |\n\n",
			in+k.name, k.doc.does, k.doc.typ, k.doc.def, k.doc.allowed, k.doc.example)
	}
	return strings.TrimSuffix(s.String(), "\n")
}

func platformTable() string {
	var s strings.Builder
	s.WriteString("| system | architectures |\n|---|---|\n")
	for _, row := range osRows {
		fmt.Fprintf(&s, "| %s | %s |\n", row.name, strings.Join(row.archs, ", "))
	}
	s.WriteString("\n| architecture | variants | none means |\n|---|---|---|\n")
	for _, row := range variantRows {
		fmt.Fprintf(&s, "| %s | %s | %s |\n", row.arch, strings.Join(row.variants, ", "), row.baseline+row.implied)
	}
	return s.String()
}

// flagTable lists the linker's flags: first those that are allowed, then those with a key to use instead.
func flagTable() string {
	var allowed, refused []string
	for _, f := range linkerFlags {
		switch f.owner {
		case "":
			allowed = append(allowed, "`-"+f.name+"`")
		case noKey:
			refused = append(refused, fmt.Sprintf("| `-%s` | crossgo sets it |", f.name))
		default:
			refused = append(refused, fmt.Sprintf("| `-%s` | `%s` |", f.name, strings.ReplaceAll(f.owner, ":", "")))
		}
	}
	slices.Sort(refused)
	return "Allowed are " + strings.Join(allowed, ", ") + ".\n\n| refused | use |\n|---|---|\n" + strings.Join(refused, "\n") + "\n"
}
