// Command gamma uses its own module only.
package main

import "example.com/many/internal/banner"

func main() { banner.Print("gamma") }
