package plan

import (
	"fmt"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// variables are what ${NAME} can name: the declared args as the request or the spec sets them, and the target. An arg whose default
// names something that is not known has no value.
func variables(in Input) map[string]string {
	vars := map[string]string{
		"TARGETPLATFORM": in.Target.String(), "TARGETOS": in.Target.OS,
		"TARGETARCH": in.Target.Arch, "TARGETVARIANT": in.Target.Variant,
		"SOURCE_DATE_EPOCH": in.Args["SOURCE_DATE_EPOCH"],
	}
	for _, known := range in.VCS.Known {
		vars[known.Name] = known.Value
	}
	for _, arg := range in.File.Args {
		if v, ok := in.Args[arg.Name.V]; ok {
			vars[arg.Name.V] = v
		} else if v, err := spec.ExpandText(arg.Default.V, vars); err == nil {
			vars[arg.Name.V] = v
		}
	}
	return vars
}

// ldflags is the value of -ldflags for one binary: the user's words and ours.
func ldflags(in Input, b binary) (string, error) {
	if err := vcsRefs(in, b.entry); err != nil {
		return "", err
	}
	words, err := in.File.Binaries[b.entry].LinkerWords(variables(in))
	if err != nil {
		return "", fmt.Errorf("%s:%w", in.File.Name, err) // the error begins with line and column
	}
	_, own := b.goFlags()
	value, err := quoteFlags(append(words, own...))
	if err != nil {
		return "", fmt.Errorf("%s: ldflags: %w", b.where, err)
	}
	return value, nil
}

// quoteFlags joins words so that the go command splits them the same way again (cmd/internal/quoted of the Go
// distribution): a word that begins with a quote goes to the next quote of that kind, without escapes.
func quoteFlags(words []string) (string, error) {
	quoted := make([]string, len(words))
	for i, w := range words {
		q, err := quoteFlag(w)
		if err != nil {
			return "", err
		}
		quoted[i] = q
	}
	return strings.Join(quoted, " "), nil
}

func quoteFlag(w string) (string, error) {
	plain := w != "" && !strings.ContainsAny(w, " \t\r\n") && w[0] != '"' && w[0] != '\''
	switch {
	case plain:
		return w, nil
	case !strings.Contains(w, `"`):
		return `"` + w + `"`, nil
	case !strings.Contains(w, `'`):
		return `'` + w + `'`, nil
	}
	return "", fmt.Errorf("%q holds both kinds of quotes: the go command cannot take it", w)
}
