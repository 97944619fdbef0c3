//go:build !linux

// Command bench measures sekisho beside other scanners; it needs Linux.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: network namespaces need Linux")
	os.Exit(2)
}
