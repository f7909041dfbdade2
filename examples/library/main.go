// Command library is a library for programs in C: two functions, one of them with a text and a goroutine behind it.
package main

import "C"

import (
	"strings"
	"sync"
)

//export CountWords
func CountWords(text *C.char) C.int {
	var words int
	var wait sync.WaitGroup
	wait.Go(func() { words = len(strings.Fields(C.GoString(text))) })
	wait.Wait()
	return C.int(words)
}

//export Add
func Add(a, b C.long) C.long { return a + b }

// main is never called: a library has none.
func main() {}
