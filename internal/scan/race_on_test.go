//go:build race

package scan

// sweepPorts is how many ports of each host a sweep meets: the race detector is
// slow, and sees as much in a tenth of them.
const sweepPorts = 6553
