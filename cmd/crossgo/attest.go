package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tonistiigi/go-csvvalue"
)

// attestTypes are the types of --attest, which are BuildKit's.
var attestTypes = []string{"provenance", "sbom"}

// attests are the options for what is to be said of the outputs, as docker buildx build writes them: "attest:sbom" and so on. A later
// flag of the same type replaces an earlier one.
func attests(values []string, sbom, provenance string) (map[string]string, error) {
	for _, short := range []struct{ kind, value string }{{"sbom", sbom}, {"provenance", provenance}} {
		if short.value != "" {
			values = append(slices.Clone(values), canonicalAttest(short.kind, short.value))
		}
	}
	attrs := map[string]string{}
	for _, value := range values {
		kind, rest, err := parseAttest(value)
		if err != nil {
			return nil, fmt.Errorf("--attest %s: %w", value, err)
		}
		delete(attrs, "attest:"+kind)
		if rest != nil {
			attrs["attest:"+kind] = strings.Join(rest, ",")
		}
	}
	return attrs, nil
}

// canonicalAttest is a short flag's value as --attest has it: --sbom, --sbom=false, --provenance=mode=max.
func canonicalAttest(kind, value string) string {
	if on, err := strconv.ParseBool(value); err == nil {
		return fmt.Sprintf("type=%s,disabled=%t", kind, !on)
	}
	return "type=" + kind + "," + value
}

// parseAttest gives the type and the other fields; nil for one that is turned off.
func parseAttest(value string) (kind string, rest []string, err error) {
	fields, err := csvvalue.Fields(value, nil)
	if err != nil {
		return "", nil, err
	}
	rest, off := []string{}, false
	for _, field := range fields {
		switch key, val, ok := strings.Cut(field, "="); {
		case !ok:
			return "", nil, fmt.Errorf("found %q, want KEY=VALUE", field)
		case key == "type":
			kind = val
		case key == "disabled":
			if off, err = strconv.ParseBool(val); err != nil {
				return "", nil, fmt.Errorf("found %q, want disabled=true or disabled=false", field)
			}
		default:
			rest = append(rest, csvField(field))
		}
	}
	if !slices.Contains(attestTypes, kind) {
		return "", nil, fmt.Errorf("type %q is unknown, known are %s", kind, strings.Join(attestTypes, ", "))
	}
	if off {
		return kind, nil, nil
	}
	return kind, rest, nil
}

// csvField quotes a field that a comma or a quote would break apart.
func csvField(field string) string {
	if !strings.ContainsAny(field, `",`) {
		return field
	}
	return `"` + strings.ReplaceAll(field, `"`, `""`) + `"`
}
