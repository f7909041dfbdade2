// Command cxx calls C++ through cgo: containers and strings of the C++ library, and exceptions that are thrown and caught
// on the C++ side.
package main

// #cgo CXXFLAGS: -std=c++17
// #include <stdlib.h>
// #include "words.h"
import "C"

import (
	"fmt"
	"unsafe"
)

func main() {
	fmt.Println("cxx: ok")
	fmt.Println("words: " + countWords("to be or not to be"))
	fmt.Println("divide: " + divide(84, 2))
	fmt.Println("divide: " + divide(1, 0))
	fmt.Printf("unwound: %d\n", int(C.deep_throw(10)))
}

func countWords(text string) string {
	in := C.CString(text)
	defer C.free(unsafe.Pointer(in))
	return take(C.count_words(in))
}

func divide(a, b int) string {
	var result C.int
	if problem := C.checked_divide(C.int(a), C.int(b), &result); problem != nil {
		return "caught " + take(problem)
	}
	return fmt.Sprint(int(result))
}

// take copies a C string and frees it.
func take(s *C.char) string {
	defer C.free(unsafe.Pointer(s))
	return C.GoString(s)
}
