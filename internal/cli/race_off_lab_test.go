//go:build !race && lab

package cli_test

// portion is which part of the faults is provoked: all.
const portion = 1
