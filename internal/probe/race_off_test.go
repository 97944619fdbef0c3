//go:build !race

package probe

// forgotten is nothing: pools keep what they are given.
const forgotten = 0

// portion is the whole.
const portion = 1
