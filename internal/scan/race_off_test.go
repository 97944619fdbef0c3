//go:build !race

package scan

// sweepPorts is how many ports of each host a sweep meets: all of them.
const sweepPorts = 65535
