package frontend

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/spec"
)

// problem is something that is wrong for some of the targets.
type problem struct {
	err     error
	targets []string
}

// acrossTargets joins the errors of each target into one, each text once, in the order of files and their lines. What is wrong for
// some targets only names them.
func (r *request) acrossTargets(ctx context.Context, errs []error) error {
	var list []*problem
	byText := map[string]*problem{}
	for i, err := range errs {
		if err == nil {
			continue
		}
		for _, e := range flatten([]error{err}) {
			p := byText[e.Error()]
			if p == nil {
				p = &problem{err: e}
				list, byText[e.Error()] = append(list, p), p
			}
			if target := r.targets[i].String(); !slices.Contains(p.targets, target) {
				p.targets = append(p.targets, target)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b *problem) int { return advice.Compare(placeOf(a.err), placeOf(b.err)) })
	var joined []error
	for _, p := range list {
		joined = append(joined, r.withIgnored(ctx, p.named(len(r.targets))))
	}
	return errors.Join(joined...)
}

// textPlace matches the place that a text begins with.
var textPlace = regexp.MustCompile(`^([^\s:]+(?::\d+)*): `)

func placeOf(err error) string {
	if m := textPlace.FindStringSubmatch(err.Error()); m != nil {
		return m[1]
	}
	return ""
}

// named is the error with its targets behind the place, where it is not about all of them or about files that platforms differ in.
func (p *problem) named(all int) error {
	text := p.err.Error()
	var own spec.Problem
	one := len(p.targets) == 1 && strings.Contains(text, p.targets[0])
	if errors.As(p.err, &own) || one || len(p.targets) == all && !advice.ByPlatform(text) {
		return p.err
	}
	place := textPlace.FindString(text)
	return errors.New(place + "for " + strings.Join(p.targets, ", ") + ": " + cmp.Or(strings.TrimPrefix(text, place), text))
}
