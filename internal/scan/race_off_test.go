//go:build !race

package scan

// sweepPorts is how many ports of each host a sweep meets: all of them.
const sweepPorts = 65535

// madeUpPart is which part of the made-up scans there is: all of them.
const madeUpPart = 1
