package step

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/crossgo/crossgo/advice"
	"github.com/crossgo/crossgo/plan"
)

// treeOf is the user's code for messages about a module in dir.
func treeOf(dir string) advice.Tree {
	return advice.Tree{FS: os.DirFS(plan.PathSource), Mods: os.DirFS(plan.PathModules), Root: plan.PathSource, Dir: path.Clean(dir)}
}

// explained is a go command's failure in words that say what to do, with places.
func explained(tree advice.Tree, err error) error {
	var failed *goError
	if !errors.As(err, &failed) || failed.text == "" {
		return err
	}
	return errors.New(advice.Text(advice.Sorted(tree.Failure(failed.text))))
}

// downloaded is what go mod download -json says of a module.
type downloaded struct{ Path, Version, Error string }

// notDownloaded is why modules could not be had: for each of them, since the go command's own text leaves out which it speaks of.
func notDownloaded(tree advice.Tree, out []byte, err error) error {
	all := downloads(out)
	var list []plan.Problem
	for _, m := range all {
		if m.Error != "" {
			list = append(list, tree.Failure(fmt.Sprintf("%s@%s: %s", m.Path, m.Version, m.Error))...)
		}
	}
	var failed *goError
	if errors.As(err, &failed) && failed.text != "" {
		if strings.Contains(failed.text, "updating go.sum") { // which is all it says
			list = append(list, tree.Unsummed()...)
		}
		if len(list) == 0 || slices.ContainsFunc(tree.Failure(failed.text), func(p plan.Problem) bool { return p.Where != "" }) {
			list = append(list, tree.Failure(failed.text)...)
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("the modules cannot be downloaded: %w", err)
	}
	list = advice.Sorted(list)
	if list[0].Where == "" {
		list[0].Text = "the modules cannot be downloaded: " + list[0].Text
	}
	return errors.New(advice.Text(list))
}

func downloads(out []byte) []downloaded {
	var all []downloaded
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var m downloaded
		if err := dec.Decode(&m); err != nil {
			return all
		}
		all = append(all, m)
	}
}
