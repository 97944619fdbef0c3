//go:build !race && lab

package scan_test

// raceEnabled tells that the race detector is at work, which takes memory.
const raceEnabled = false
