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
		list = append(list, wholeFailure(tree, failed.text, len(list) > 0)...)
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

// wholeFailure is what the text of the command itself is about. Of a go.sum without a line it says that it cannot write the file and
// no more; where modules have problems of their own, a text without a place says the same once more.
func wholeFailure(tree advice.Tree, text string, more bool) []plan.Problem {
	if strings.Contains(text, "updating go.sum") {
		if list := tree.Unsummed(); len(list) > 0 {
			return list
		}
	}
	list := tree.Failure(text)
	if more && !slices.ContainsFunc(list, func(p plan.Problem) bool { return p.Where != "" }) {
		return nil
	}
	return list
}
