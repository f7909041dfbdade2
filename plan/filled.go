package plan

import (
	"fmt"
	"strings"

	"github.com/crossgo/crossgo/spec"
)

// filled is the input with every ${NAME} of the texts whose keys begin with a block's name replaced.
func (in Input) filled(block string) (Input, error) {
	file, err := in.File.Filled(variables(in), func(path string, v spec.Value[string], err error) error {
		if !strings.HasPrefix(path, block) {
			return nil
		}
		return fmt.Errorf("%s: %s: %w", place(in.File, v.Pos), path, unknownVCS(in, v, err))
	})
	in.File = file
	return in, err
}
