// Package lib is the second module of the workspace.
package lib

// Sum adds numbers.
func Sum(numbers ...int) int {
	total := 0
	for _, n := range numbers {
		total += n
	}
	return total
}
