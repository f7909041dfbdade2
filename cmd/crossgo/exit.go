package main

import "fmt"

// exitError ends the program with a code of its own. main prints err, when there is one, and exits with code.
// The codes of the verify command: 1 a file is not what it should be, 2 the command line is wrong.
type exitError struct {
	code int
	err  error // nil when everything was said on stdout already
}

// Error is the text of err, or the bare code when nothing is left to say.
func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

// Unwrap gives the cause, nil when there is none.
func (e exitError) Unwrap() error { return e.err }
