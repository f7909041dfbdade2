// Command beta uses both modules of the workspace.
package main

import (
	"fmt"

	"example.com/lib"
	"example.com/many/internal/banner"
)

func main() {
	banner.Print("beta")
	fmt.Println("sum:", lib.Sum(1, 2, 39))
}
