// Package banner is a package of the first module that all commands share, and no main package.
package banner

import "fmt"

// Print prints the first line of a command.
func Print(name string) { fmt.Printf("many: ok %s\n", name) }
