//go:build race

package probe

// forgotten is what the race detector adds to what is allocated: it has pools,
// as those of package regexp, forget on purpose.
const forgotten = 4 << 20

// portion is which part of the faults, floods and spoilt words there is under
// the race detector, with which each takes six times as long and which sees as
// much in some of them: one of so many. Each probe and test meets another one;
// ./check has them meet all without it.
const portion = 6
