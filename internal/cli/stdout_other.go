//go:build !linux

package cli

import "os"

// closedOutput reports whether a stream was closed when the program started.
// Only Linux is asked.
func closedOutput(file *os.File) bool {
	_, err := file.Stat()
	return err != nil
}
