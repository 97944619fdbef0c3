//go:build !race

package probe

// forgotten is nothing: pools keep what they are given.
const forgotten = 0
