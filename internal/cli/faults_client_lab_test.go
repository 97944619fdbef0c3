//go:build lab

package cli_test

// clientFaults are those of the way from here to another host.
var clientFaults = []fault{}
