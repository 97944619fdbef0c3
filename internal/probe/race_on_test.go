//go:build race

package probe

// forgotten is what the race detector adds to what is allocated: it has pools,
// as those of package regexp, forget on purpose.
const forgotten = 4 << 20
