// Command sekisho tells the owner of a machine which of its ports the world
// can reach, what answers there and whether that is what they meant.
package main

import (
	"os"

	"sekisho/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr))
}
