//go:build race && lab

package cli_test

// portion is which part of the faults is provoked under the race detector, with
// which each takes several times as long: one of so many. ./check has all of
// them without it.
const portion = 8
