//go:build race

package scan

// sweepPorts is how many ports of each host a sweep meets: the race detector is
// slow, and sees as much in a few of them.
const sweepPorts = 2047
