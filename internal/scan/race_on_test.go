//go:build race

package scan

// sweepPorts is how many ports of each host a sweep meets: the race detector is
// slow, and sees as much in a few of them.
const sweepPorts = 2047

// madeUpPart is which part of the made-up scans there is: a lane is one
// goroutine, of which the race detector sees as much in one of so many.
const madeUpPart = 8
