// Package lab raises small networks for tests: a household with a server, a
// second PC and a router, and a vantage outside of it, each a host of its own
// in Linux namespaces with real servers in it; and a zoo of scripted and
// hostile peers that need no namespaces at all.
//
// Nothing in a lab has a way out. The test process itself is moved into an
// empty network namespace before the first test runs, and a lab proves of
// every host that each of its cables ends at another host of the same lab
// before anything is started in it. The addresses are ordinary public ones, so
// that no code under test has to relax a refusal; they lead nowhere.
//
// Tests that raise a lab carry the build tag lab and run as root.
package lab

// T is what a lab needs of a test. *testing.T and *testing.B have it; a
// program that raises a lab brings its own.
type T interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Failed() bool
	Cleanup(func())
	TempDir() string
}
